// SPDX-License-Identifier: BSL-1.0
// The door for other threads: what they post is received like a stream.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <weft/channel.hpp>
#include <weft/incoming.hpp>
#include <weft/post_box.hpp>
#include <weft/select.hpp>

namespace weft {

template <class T>
class inbox;

namespace detail {

/// A post, and its item in a place that is found from the item.
template <class T>
class post_of final : public post {
 public:
    template <class U>
    explicit post_of(U&& u) {
        item = ::new (place_.bytes) T(std::forward<U>(u));
        place_.is_in = this;
    }
    ~post_of() override {
        if (place_.is_in) std::destroy_at(static_cast<T*>(item));
    }
    static post_of& of(void* item) noexcept {
        return *reinterpret_cast<place*>(static_cast<std::byte*>(item) - offsetof(place, bytes))->is_in;
    }
    /// The item has been destroyed.
    static void free(void* item) noexcept {
        post_of& self = of(item);
        self.place_.is_in = nullptr;
        delete &self;
    }

 private:
    struct place {
        post_of* is_in;
        alignas(T) std::byte bytes[sizeof(T)];
    };
    place place_;
};

template <class T>
class incoming_of final : public incoming {
 public:
    incoming_of(std::shared_ptr<post_box> from, stream_core& stream, sender<T> to) noexcept
        : incoming(std::move(from), stream), to_(std::move(to)) {
        stream.take_from_elsewhere(&post_of<T>::free);
    }

 private:
    post& post_of_item(void* item) const noexcept override { return post_of<T>::of(item); }

    sender<T> to_;
};

/// Whoever posts keeps the box, even if it waits and all others go.
template <class T, class U>
send_status deliver(const std::shared_ptr<post_box> to, U&& item, bool may_wait, place at) {
    if (const send_status s = to->ask(may_wait, at); s != send_status::sent) return s;
    struct undo {
        post_box* box;
        ~undo() {
            if (box) box->take_back();
        }
    } unless_made{to.get()};
    post_ptr made = std::make_unique<post_of<T>>(std::forward<U>(item));
    unless_made.box = nullptr;
    to->put(std::move(made));
    return send_status::sent;
}

}  // namespace detail

/// Posts to an inbox, from any thread. Copies are posters too: when the last one is gone, so that nobody can
/// post any more, the inbox closes. A poster may outlive its inbox and the thread of that, and then finds it
/// closed.
///
/// Like a shared_ptr: one poster is for one thread at a time, and its copies for others. A moved-from one is
/// empty, and so closed.
template <class T>
class poster {
 public:
    poster() noexcept = default;
    poster(const poster& other) noexcept : poster(other.box_) {}
    poster(poster&&) noexcept = default;
    poster& operator=(poster other) noexcept {
        std::swap(box_, other.box_);
        return *this;
    }
    ~poster() { close(); }

    /// As inbox::post() and inbox::try_post().
    bool post(T&& item, place at = place::here()) const {
        return box_ && detail::deliver<T>(box_, std::move(item), true, at) == send_status::sent;
    }
    bool post(const T& item, place at = place::here()) const
        requires std::is_copy_constructible_v<T>
    {
        return box_ && detail::deliver<T>(box_, item, true, at) == send_status::sent;
    }
    [[nodiscard]] send_status try_post(T&& item) const {
        return box_ ? detail::deliver<T>(box_, std::move(item), false, {}) : send_status::closed;
    }
    [[nodiscard]] send_status try_post(const T& item) const
        requires std::is_copy_constructible_v<T>
    {
        return box_ ? detail::deliver<T>(box_, item, false, {}) : send_status::closed;
    }
    /// Whether posting is in vain.
    bool is_closed() const noexcept { return !box_ || box_->closed(); }
    /// Is a poster no more.
    void close() noexcept {
        if (auto box = std::exchange(box_, nullptr)) box->close_poster();
    }

 private:
    friend class inbox<T>;
    explicit poster(std::shared_ptr<detail::post_box> box) noexcept : box_(std::move(box)) {
        if (box_) box_->open_poster();
    }

    std::shared_ptr<detail::post_box> box_;
};

/// A stream whose items come from other threads: they post, and the thread that made the inbox receives, in a
/// loop, by receive() or in a select, as from any stream.
///
///     weft::inbox<reading> readings;
///     std::thread sensor([to = readings.poster()] { while (auto r = measure()) if (!to.post(*r)) break; });
///     for (reading& r : readings) print(r);  // ends when the last poster is gone
///
/// A post wakes the thread that waits, and a host through scheduler::fd(); where nobody waits it costs no
/// system call. Items are received in the order in which they were posted, and destroyed by the receiving
/// thread, but for those that are dropped. A post happens before it is received.
///
/// A post leaves the inbox when somebody gets it, and not before: those who wait for one in the order in which they
/// came. A loop and a handler look at the item where the poster has put it; receive() moves it out, and an item whose
/// move throws is the first again. Who has to wait gets std::system_error if no descriptor can be had.
///
/// While a fiber waits for a post, the thread is not in a deadlock: there may be others. So close the inbox, or
/// let all posters go, when nothing will come any more.
///
/// Posting may be done from any thread; all else belongs to the thread that made the inbox. Destroying it
/// closes it: who posts, or waits to, is refused.
template <class T>
class inbox {
    static_assert(std::is_object_v<T> && std::is_move_constructible_v<T>,
                  "the items of an inbox travel without their sender: no references, and movable");

 public:
    using iterator = typename receiver<T>::iterator;

    /// Up to `capacity` posts wait, and `policy` says what happens to more. Throws std::invalid_argument if no
    /// post could wait, and std::bad_alloc.
    explicit inbox(std::size_t capacity = 128, when_full policy = when_full::wait, const char* name = "",
                   place at = place::here())
        : box_(std::make_shared<detail::post_box>(capacity, policy, name, at)) {
        channel<T> stream(1, name, at);
        detail::stream_core& core = *detail::handles::end_of(stream.receiver)->stream;
        core.producer = std::make_unique<detail::incoming_of<T>>(box_, core, std::move(stream.sender));
        core.started = false;
        items_ = std::move(stream.receiver);
    }
    inbox(inbox&& other) noexcept(false) : items_(std::move(other.items_)) { box_.swap(other.box_); }
    inbox& operator=(inbox&& other) noexcept(false) {
        items_ = std::move(other.items_);
        box_ = std::move(other.box_);
        return *this;
    }

    /// A handle to post with, from any thread. Once there was one, the inbox closes with the last of them.
    weft::poster<T> poster() const noexcept { return weft::poster<T>(box_); }

    /// Posts from any thread, while it is certain that the inbox is there. False: nobody will receive it, or,
    /// as it was chosen, there is no place for it; the item is still the caller's then.
    ///
    /// Where posts wait for a place: a thread without fibers blocks; a fiber parks, and is refused as by
    /// offer() if it is cancelled, a deadline passes, or all fibers of the inbox's thread wait for each other.
    /// Throws only what copying or moving the item throws, std::bad_alloc, and std::system_error.
    bool post(T&& item, place at = place::here()) const {
        return detail::deliver<T>(box(), std::move(item), true, at) == send_status::sent;
    }
    bool post(const T& item, place at = place::here()) const
        requires std::is_copy_constructible_v<T>
    {
        return detail::deliver<T>(box(), item, true, at) == send_status::sent;
    }
    /// The same without waiting, and telling full from closed.
    [[nodiscard]] send_status try_post(T&& item) const {
        return detail::deliver<T>(box(), std::move(item), false, {});
    }
    [[nodiscard]] send_status try_post(const T& item) const
        requires std::is_copy_constructible_v<T>
    {
        return detail::deliver<T>(box(), item, false, {});
    }

    /// As receiver's.
    iterator begin(place at = place::here()) const { return items_.begin(at); }
    std::default_sentinel_t end() const noexcept { return {}; }
    std::optional<T> receive(place at = place::here()) const { return items_.receive(at); }
    std::optional<T> try_receive() const { return items_.try_receive(); }
    bool is_closed() const noexcept {
        return !box_ || items_.is_closed() || (box_->over() && items_.size() == 0);
    }

    /// Lets nothing more in; what has been posted is still received, and then the stream ends.
    void close() noexcept {
        if (box_) box_->close();
    }
    /// How many items were dropped so far.
    std::size_t dropped() const noexcept { return box_ ? box_->dropped() : 0; }

    /// The stream as a receiver, which then owns the receiving end.
    operator receiver<T>() && { return std::move(items_); }

 private:
    template <class U, class F>
        requires detail::handler_of<F, U>
    friend auto on(const inbox<U>& from, F&& f, place at);
    template <class U, class F, class E>
        requires detail::handler_of<F, U> && std::invocable<E&>
    friend auto on(const inbox<U>& from, F&& f, E&& ended, place at);

    const std::shared_ptr<detail::post_box>& box() const {
        if (!box_) detail::throw_misuse("weft: this inbox was moved from; use the object it was moved to");
        return box_;
    }

    std::shared_ptr<detail::post_box> box_;
    receiver<T> items_;
};

/// As for a receiver.
template <class T, class F>
    requires detail::handler_of<F, T>
auto on(const inbox<T>& from, F&& f, place at = place::here()) {
    return on(from.items_, std::forward<F>(f), at);
}
template <class T, class F, class E>
    requires detail::handler_of<F, T> && std::invocable<E&>
auto on(const inbox<T>& from, F&& f, E&& ended, place at = place::here()) {
    return on(from.items_, std::forward<F>(f), std::forward<E>(ended), at);
}

}  // namespace weft
