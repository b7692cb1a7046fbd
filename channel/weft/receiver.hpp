// SPDX-License-Identifier: BSL-1.0
// The receiving end of a stream: a range to loop over.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>

#include <weft/sender.hpp>

namespace weft {

namespace detail {
struct handles;
}

/// Receives the items of a stream, in a loop or one by one.
///
/// It is an input range: `for (T& item : receiver)`. The loop variable is the very object that was sent,
/// and what the loop writes into it the sender sees; it is valid until the loop comes back. The producer
/// is never ahead: comparing with end() or dereferencing fetches, and `++` gives the item back, so
/// `std::views::take(3)` makes it produce three.
///
/// `break` pauses the stream, and a later loop goes on with the next item; the loop over a temporary
/// receiver ends it. When the last receiver is gone, senders are told.
///
/// A receiver has one loop at a time; clone() it for more. A moved-from or default-constructed
/// receiver is empty; to receive from it throws std::logic_error.
template <class T>
class receiver {
    using object = detail::object_of<T>;

 public:
    /// Move-only; may outlive the receiver, whose stream it then finds at its end.
    class iterator {
     public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = std::remove_cv_t<object>;
        using difference_type = std::ptrdiff_t;
        using reference = object&;

        iterator() noexcept = default;
        iterator(iterator&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
        iterator& operator=(iterator&& other) noexcept {
            std::swap(end_, other.end_);
            return *this;
        }
        WEFT_HOT ~iterator() {
            if (end_) end_->stream->leave_loop(*end_);
        }

        /// The item. Waits for it if need be; throws as operator== does, and std::logic_error at the end.
        WEFT_HOT object& operator*() const {
            if (!there() && !fetch()) [[unlikely]]
                detail::throw_misuse("weft: the stream has ended; there is no item to look at");
            return *static_cast<object*>(end_->item);
        }
        WEFT_HOT object* operator->() const { return std::addressof(**this); }
        /// Gives the item back. If nobody looked at it, it is fetched first.
        WEFT_HOT iterator& operator++() {
            if (there() || fetch()) [[likely]]
                end_->item = nullptr;
            return *this;
        }
        WEFT_HOT void operator++(int) { ++*this; }
        /// Whether the stream has ended. Waits for the next item if need be: meanwhile the sender of the last
        /// one goes on.
        ///
        /// Throws what the stream failed with; `cancelled`, `timed_out`, `deadlock` as any wait does.
        WEFT_HOT bool operator==(std::default_sentinel_t) const {
            return !there() && !(end_ && end_->template fetch<T>());
        }

     private:
        friend class receiver;
        explicit iterator(detail::receiver_end& end) noexcept : end_(&end) {}
        WEFT_HOT bool there() const noexcept { return end_ && end_->item; }
        /// For those who do not compare first. A loop does, and has one place from where it switches.
        WEFT_COLD bool fetch() const { return end_ && end_->template fetch<T>(); }

        detail::receiver_end* end_ = nullptr;
    };

    receiver() noexcept = default;
    /// Throws std::logic_error inside the receiver's own loop; wakes those who wait in it with the same.
    receiver(receiver&& other) {
        if (other.end_) other.end_->stream->moved(*other.end_);
        end_ = std::exchange(other.end_, nullptr);
    }
    receiver& operator=(receiver&& other) {
        if (this == &other) return *this;
        receiver old(std::move(other));  // which goes last, since that may wait for a generator's end
        std::swap(end_, old.end_);
        return *this;
    }
    ~receiver() { discard(); }

    /// Starts a loop, or goes on where the last one was left. Does not wait. Throws std::logic_error if a
    /// loop is there already.
    iterator begin(place at = place::here()) const {
        detail::receiver_end& e = filled();
        e.stream->begin_loop(e, at);
        return iterator(e);
    }
    std::default_sentinel_t end() const noexcept { return {}; }

    /// Waits for an item and moves it out; its sender goes on at once. Nothing at the end of the stream.
    /// Gives a std::reference_wrapper for a receiver<T&>: the object has to stay longer than the send.
    ///
    /// Throws what the stream failed with, each time; `cancelled`, `timed_out`, `deadlock` as any wait does;
    /// and what moving the item throws: then the item stays with its sender, first in line.
    WEFT_HOT std::optional<detail::taken_of<T>> receive(place at = place::here()) const
        requires detail::item_traits<T>::movable
    {
        detail::receiver_end& e = filled();
        detail::stream_core& stream = *e.stream;
        const waiting_call hold(e);
        std::optional<detail::taken_of<T>> item;
        detail::found_item found;
        detail::outcome came_to = detail::outcome::done;
        if (detail::record* next = stream.take<T>(e, item, at, found, came_to)) {
            auto& s = *detail::this_core;
            detail::record& me = *s.current;
            detail::jump(s, me, *next);
            came_to = me.result;
            if (came_to == detail::outcome::done && !me.takes) {
                found.lender = me.peer;
                found.stored = me.peer ? nullptr : me.item;
            }
        }
        if (item) return item;
        if (found.lender || found.stored)
            move_out(stream, item, found);
        else if (came_to != detail::outcome::ended)
            stream.nothing_came(came_to);
        return item;
    }

    /// The item of a sender that waits, moved out; nothing if none does. Never waits. Works from any code of
    /// the thread, fiber or not. is_closed() tells empty from ended. Throws what the stream failed with.
    std::optional<detail::taken_of<T>> try_receive() const
        requires detail::item_traits<T>::movable
    {
        detail::receiver_end& e = filled();
        const waiting_call hold(e);  // the move may park
        std::optional<detail::taken_of<T>> item;
        const auto found = e.stream->take_ready(e);
        if (found.lender || found.stored) move_out(*e.stream, item, found);
        return item;
    }

    /// Another receiver of the same stream: each item goes to one of them, first come, first served. Throws
    /// std::bad_alloc, and std::logic_error if this one is closed.
    receiver clone(place at = place::here()) const;

    /// Stops listening. Inside its own loop the item stays valid until the loop comes back, and then the
    /// loop ends.
    void close() noexcept {
        if (end_ && end_->open) end_->stream->close_receiver(*end_);
    }

    /// How many items wait in the buffer, and how many can; 0 of an empty receiver.
    std::size_t size() const noexcept { return end_ ? end_->stream->buffer.used() : 0; }
    std::size_t capacity() const noexcept { return end_ ? end_->stream->capacity() : 0; }

    /// Whether nothing will come any more: the stream has ended or failed and no item waits, or this
    /// receiver is closed or empty.
    bool is_closed() const noexcept { return !end_ || !end_->open || end_->stream->over(); }

 private:
    friend struct channel<T>;
    friend class generator<T>;
    friend struct detail::handles;
    explicit receiver(detail::receiver_end& end) noexcept : end_(&end) {}

    detail::receiver_end& filled() const {
        if (!end_) [[unlikely]]
            detail::core_here().raise(detail::outcome::empty, true);
        return *end_;
    }
    void discard() noexcept {
        if (!end_) return;
        detail::receiver_end& e = *std::exchange(end_, nullptr);
        detail::stream_core& stream = *e.stream;
        if (e.open) stream.close_receiver(e);
        stream.drop(e);
    }
    /// Keeps the stream for a call that waits in it.
    struct waiting_call {
        detail::receiver_end& end;
        explicit waiting_call(detail::receiver_end& e) noexcept : end(e) { end.hold(); }
        ~waiting_call() { end.stream->drop(end); }
        waiting_call(const waiting_call&) = delete;
        waiting_call& operator=(const waiting_call&) = delete;
    };
    static void move_out(detail::stream_core& stream, std::optional<detail::taken_of<T>>& item,
                         const detail::found_item& found) {
        struct undo {
            detail::stream_core& stream;
            const detail::found_item* found;
            ~undo() {
                if (found) stream.put_back(*found);
            }
        } unless_moved{stream, &found};
        detail::take<T>(item, found.lender ? found.lender->item : found.stored);
        unless_moved.found = nullptr;
        stream.release(found);
    }

    detail::receiver_end* end_ = nullptr;
};

}  // namespace weft

// How many items wait is not how many will come.
template <class T>
inline constexpr bool std::ranges::disable_sized_range<weft::receiver<T>> = true;
