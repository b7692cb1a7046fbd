// SPDX-License-Identifier: BSL-1.0
// The sending end of a stream.
#pragma once

#include <utility>

#include <weft/hand_over.hpp>

namespace weft {

template <class T>
struct channel;
template <class T>
class generator;
template <class T>
class consumer;
template <class T>
class sink;
template <class T>
class receiver;

namespace detail {
template <class T, class F, class... A>
class generating;
struct handles;
}// namespace detail

/// Sends items of type T into a stream, and closes it by going away: the stream ends when its last sender is
/// gone.
///
/// Sending lends: the loop at the other end works on the very object that was sent, and the call returns
/// when the loop comes back for another. So T need not be movable; an lvalue is copied first. A
/// sender<T&> lends the caller's own object.
///
/// A sender that is destroyed by an exception, or in a cancelled fiber, ends the stream as failed: its
/// receivers get the items that wait, then what the fiber failed with or `stream_failed`.
///
/// A moved-from, closed or default-constructed sender is empty; to send with it throws std::logic_error.
/// Destroying, closing or moving a sender in which another fiber waits wakes that one with
/// std::logic_error.
template <class T>
class sender {
    static_assert(detail::item<T>, "weft: a stream's items are objects (not const, no arrays) or T&");
    static constexpr bool is_reference = std::is_lvalue_reference_v<T>;

 public:
    sender() noexcept = default;
    sender(sender&& other) noexcept
        : stream_(std::exchange(other.stream_, nullptr)), end_(std::exchange(other.end_, nullptr)) {
        if (stream_) stream_->moved(*end_);
    }
    sender& operator=(sender&& other) noexcept {
        if (this == &other) return *this;
        if (stream_) stream_->close_sender(*end_, true);
        stream_ = std::exchange(other.stream_, nullptr);
        end_ = std::exchange(other.end_, nullptr);
        if (stream_) stream_->moved(*end_);
        return *this;
    }
    ~sender() {
        if (stream_) stream_->close_sender(*end_, true);
    }

    /// Lends `item` where it stands; waits until a receiver has taken it and, if that is a loop, comes back
    /// for another. An item that nobody took still belongs to the caller, unmoved.
    ///
    /// Throws `receiver_gone` if the last receiver is gone, also one whose loop had the item when it was
    /// left; `cancelled`, `timed_out` and `deadlock` as any wait does. While an exception is in flight in
    /// this fiber it returns instead of throwing the first three, so destructors may send.
    WEFT_HOT void operator()(T&& item, place at = place::here()) const {
        if (const auto came_to = send(item, at); came_to != detail::outcome::done) [[unlikely]] {
            detail::stream_core::refused(came_to, false);
            detail::core_here().raise(came_to, false);
        }
    }
    /// Copies `item` first, and lends the copy.
    WEFT_HOT void operator()(const T& item, place at = place::here()) const
        requires(!is_reference && std::is_copy_constructible_v<T>)
    {
        T copy(item);
        (*this)(std::move(copy), at);
    }

    /// As operator(), but false tells of a receiver that is gone, a cancelled fiber, a passed deadline, or a
    /// deadlock, and of an empty sender. False means stop; the item may have been delivered. This is the form
    /// for C callbacks and destructors. An item whose move into a buffer throws ends the stream with what it
    /// threw, as nobody else can be told.
    [[nodiscard]] WEFT_HOT bool offer(T&& item, place at = place::here()) const noexcept {
        const auto came_to = send(item, at);
        if (came_to == detail::outcome::done) [[likely]]
            return true;
        detail::stream_core::refused(came_to, true);
        return false;
    }
    [[nodiscard]] WEFT_HOT bool offer(const T& item, place at = place::here()) const
        noexcept(std::is_nothrow_copy_constructible_v<T>)
        requires(!is_reference && std::is_copy_constructible_v<T>)
    {
        T copy(item);
        return offer(std::move(copy), at);
    }

    /// Moves `item` to a receiver that waits for one; never waits. Works from any code of the thread, fiber
    /// or not. The receiver runs when its turn comes. For a sender<T&> the object must stay until the
    /// receiver's loop comes back.
    ///
    /// Throws what moving the item throws, and then the receiver waits on; std::logic_error if empty.
    [[nodiscard]] send_status try_send(T&& item) const
        requires detail::item_traits<T>::movable
    {
        if (!stream_) detail::core_here().raise(detail::outcome::empty, true);
        return stream_->try_send(detail::erase(item));
    }
    [[nodiscard]] send_status try_send(const T& item) const
        requires(!is_reference && std::is_copy_constructible_v<T>)
    {
        T copy(item);
        return try_send(std::move(copy));
    }

    /// How many items wait in the buffer, and how many can; 0 of an empty sender.
    std::size_t size() const noexcept { return stream_ ? stream_->buffer.used() : 0; }
    std::size_t capacity() const noexcept { return stream_ ? stream_->capacity() : 0; }

    /// Another sender of the same stream; the stream ends when all are gone. Throws std::bad_alloc.
    sender clone(place at = place::here()) const;

    /// Ends the stream in order, if this is its last sender, and leaves the sender empty. Never waits.
    void close() noexcept {
        if (!stream_) return;
        detail::stream_core* stream = std::exchange(stream_, nullptr);
        stream->close_sender(*std::exchange(end_, nullptr), false);
    }
    /// Ends the stream as failed: receivers get the items that wait, then `cause`, each time they ask; null
    /// stands for `stream_failed`. Other senders are told as if the receiver were gone.
    void fail(std::exception_ptr cause) noexcept {
        if (!stream_) return;
        stream_->fail(cause);
        close();
    }

 private:
    friend struct channel<T>;
    template <class, class, class...>
    friend class detail::generating;
    friend class sink<T>;
    friend struct detail::handles;
    sender(detail::stream_core& stream, detail::sender_end& end) noexcept : stream_(&stream), end_(&end) {}

    /// Whether a send was refused because nobody listens.
    bool unheard() const noexcept { return end_ && end_->unheard; }

    WEFT_HOT detail::outcome send(std::remove_reference_t<T>& item, place at) const noexcept {
        if (!stream_) [[unlikely]]
            return detail::outcome::empty;
        return stream_->template send<T>(item, *end_, at);
    }

    detail::stream_core* stream_ = nullptr;
    detail::sender_end* end_ = nullptr;
};

}  // namespace weft
