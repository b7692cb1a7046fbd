// SPDX-License-Identifier: BSL-1.0
// The items that wait in a stream without their senders, first in, first out.
//
// Not for users; they give a channel a capacity.
//
// - An item lies in a node, and stays in it from the send to the end of its use: a loop looks at it there.
// - A node is free, or being filled, or waits in the queue, or is in the hands of somebody who receives.
//   There is one for each item that may wait and one for each receiver, so none is missing while there is
//   room; but a select on a receiver within its own loop holds a second one.
// - `used` counts the nodes that wait or are being filled: those that the capacity is about.
// - All nodes for the capacity are one block, of which a page is touched when it is first needed.
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

    /// Makes room for `count` more items. Throws std::length_error if so many can never be, and std::bad_alloc.
    void add(std::size_t count);

    /// A node to be filled, counted as used; null: none is free.
    item_node* take() noexcept {
        item_node* n = free_;
        if (n)
            free_ = n->next;
        else if (fresh_ != fresh_end_) {
            n = reinterpret_cast<item_node*>(fresh_);
            fresh_ += stride_;
        } else
            return nullptr;
        ++used;
        return n;
    }
    /// A node that is not used any more is free for others.
    void give(item_node& n) noexcept {
        n.next = free_;
        free_ = &n;
    }
    /// A filled node waits.
    void push(item_node& n) noexcept {
        n.next = nullptr;
        if (first)
            last_->next = &n;
        else
            first = &n;
        last_ = &n;
    }
    /// The first node, in the hands of the caller from now on. There is one.
    item_node& pop() noexcept {
        item_node& n = *first;
        first = n.next;
        --used;
        return n;
    }
    /// A node that was popped waits again, before all others.
    void unpop(item_node& n) noexcept {
        n.next = first;
        if (!first) last_ = &n;
        first = &n;
        ++used;
    }

    item_node* first = nullptr;
    std::size_t used = 0;

 private:
    struct block;
    item_node* last_;  // no value while none waits
    item_node* free_ = nullptr;
    char* fresh_ = nullptr;  // nodes never used yet
    char* fresh_end_ = nullptr;
    std::size_t alignment_;  // of items, and of blocks
    std::size_t stride_;  // from one node to the next
    block* blocks_ = nullptr;
};

}  // namespace weft::detail
