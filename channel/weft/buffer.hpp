// SPDX-License-Identifier: BSL-1.0
// The items that wait in a stream without their senders, first in, first out.
//
// Not for users; they give a channel a capacity.
//
// - An item lies in a place, and stays in it from the send to the end of its use: a loop looks at it there.
//   There is one place for each item that may wait and one for each receiver, so none is missing while there
//   is room; but a select on a receiver within its own loop holds a second one.
// - A ring has the addresses of the places. Its positions are numbered on and on, and taken modulo its size:
//       [popped, pushed)   of items that wait
//       [pushed, given)    of free places
//       [given, popped + size of the ring)   none: the places are being filled, in the hands of somebody who
//                          receives, or were never used yet
//   So to send is to fill the place at `pushed` and to count it; a list of places would have each step wait
//   for the one before it.
// - All places for the capacity, and the ring, are one block, of which a page is touched when it is first
//   needed.
#pragma once

#include <weft/export.hpp>
#include <weft/item.hpp>

namespace weft::detail {

class WEFT_API item_buffer {
 public:
    explicit item_buffer(const item_operations& operations) noexcept;
    ~item_buffer();
    item_buffer(const item_buffer&) = delete;
    item_buffer& operator=(const item_buffer&) = delete;

    /// Makes room for `count` more items. Throws std::length_error if so many can never be, and
    /// std::bad_alloc.
    void add(std::size_t count);

    bool empty() const noexcept { return pushed_ == popped_; }
    /// How many wait.
    std::size_t waiting() const noexcept { return pushed_ - popped_; }
    /// How many wait or are being filled: those that the capacity is about.
    std::size_t used() const noexcept { return waiting() + filling_; }

    /// Whether there is a free place. Then the next one can be filled, and counted by push_next(), if nobody
    /// else comes in between.
    bool has_next() noexcept { return pushed_ != given_ || carve(); }
    void* next() noexcept { return ring_[pushed_ & mask_]; }
    void push_next() noexcept { ++pushed_; }

    /// A free place out of the ring, to be filled in whatever time it takes; null: none is free.
    void* take() noexcept {
        if (!has_next()) [[unlikely]]
            return nullptr;
        ++filling_;
        return ring_[--given_ & mask_];
    }
    /// What was taken is full and waits; or is in somebody's hands.
    void push(void* item) noexcept {
        --filling_;
        ring_[given_++ & mask_] = ring_[pushed_ & mask_];
        ring_[pushed_++ & mask_] = item;
    }
    void hand_out() noexcept { --filling_; }

    /// An item that lies in no place of the buffer waits, where none has places: see stream_core::lay().
    void lay(void* item) noexcept {
        ring_[pushed_++ & mask_] = item;
        given_ = pushed_;
    }

    /// The first item, in the hands of the caller from now on. There is one.
    void* pop() noexcept { return ring_[popped_++ & mask_]; }
    /// The same for a place in the caller's hands.
    void* exchange(void* place) noexcept {
        void* item = pop();
        give(place);
        return item;
    }
    /// An item that was popped waits again, before all others.
    void unpop(void* item) noexcept { ring_[--popped_ & mask_] = item; }
    /// A place in somebody's hands is free for others; or the one that the stream itself has for its first
    /// receiver.
    void give(void* place) noexcept { ring_[given_++ & mask_] = place; }

 private:
    struct block;
    bool carve() noexcept;

    // No two of the numbers side by side: a compiler that counts both up as one wide value makes the
    // processor wait.
    std::size_t popped_ = 0;
    void** ring_ = &only_;
    std::size_t pushed_ = 0;
    std::size_t mask_ = 0;
    std::size_t given_ = 0;
    void* only_ = nullptr;  // the ring of a stream without a capacity and with one receiver
    std::size_t filling_ = 0;
    std::size_t stride_;  // from one place to the next
    std::size_t places_ = 1;
    std::size_t alignment_;  // of blocks
    char* fresh_ = nullptr;  // places never used yet
    char* fresh_end_ = nullptr;
    block* blocks_ = nullptr;
};

}  // namespace weft::detail
