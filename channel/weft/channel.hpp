// SPDX-License-Identifier: BSL-1.0
// A channel: a sender, a receiver, and nothing in between.
#pragma once

#include <new>
#include <stdexcept>

#include <weft/receiver.hpp>
#include <weft/scope.hpp>
#include <weft/sender.hpp>
#include <weft/sink.hpp>
#include <weft/sleep.hpp>

namespace weft {

namespace detail {

/// A receiver's end with room for an item of its own, as try_send() needs it.
template <class T>
struct receiver_end_of final : receiver_end {
    union {
        T own;
    };
    receiver_end_of() noexcept { slot = std::addressof(own); }
    ~receiver_end_of() {}
};
template <class T>
    requires(std::is_lvalue_reference_v<T> || !item_traits<T>::movable)
struct receiver_end_of<T> final : receiver_end {};

/// A stream of Ts and its first two ends: one block of memory.
template <class T>
class stream final : public stream_core {
 public:
    stream(const char* name, place made) : stream_core(operations_for<T>, name, made) {
        sender_.embedded = true;
        open_sender(sender_, made);
        open_receiver(receiver_, made);
    }
    sender_end& first_sender() noexcept { return sender_; }
    receiver_end& first_receiver() noexcept { return receiver_; }

 private:
    void destroy() noexcept override { delete this; }
    void free_end(receiver_end& e) noexcept override {
        if (&e != &receiver_) delete static_cast<receiver_end_of<T>*>(&e);
    }
    void free_end(sender_end& e) noexcept override {
        if (!e.embedded) delete &e;
    }

    sender_end sender_;
    receiver_end_of<T> receiver_;
};

}  // namespace detail

/// One stream: what goes into `sender` comes out of `receiver`, first in, first out.
///
///     weft::channel<std::string> lines;
///     weft::scope fibers;
///     fibers.spawn([send = std::move(lines.sender)] { send("One"); send("Two"); });
///     for (std::string& line : lines.receiver) std::cout << line << '\n';
///
/// The ends are handles to shared state and may be moved apart and die in any order. All of it belongs to the
/// thread that made the channel.
template <class T>
struct channel {
    /// `name`, which is not copied, stands in reports.
    explicit channel(std::size_t capacity = 0, const char* name = "", place at = place::here())
        : channel(make(capacity, name, at)) {}

    weft::sender<T> sender;
    weft::receiver<T> receiver;

 private:
    explicit channel(detail::stream<T>& stream) noexcept
        : sender(stream, stream.first_sender()), receiver(stream.first_receiver()) {}

    static detail::stream<T>& make(std::size_t capacity, const char* name, place at) {
        if (capacity != 0)
            throw std::invalid_argument("weft: this channel has no buffer; make it with capacity 0");
        return *new detail::stream<T>(name, at);
    }
};

template <class T>
sender<T> sender<T>::clone(place at) const {
    if (!stream_) detail::core_here().raise(detail::outcome::empty, true);
    detail::check_thread(stream_->owner);
    auto* end = new detail::sender_end;
    stream_->open_sender(*end, at);
    return sender(*stream_, *end);
}

template <class T>
receiver<T> receiver<T>::clone(place at) const {
    detail::receiver_end& e = filled();
    detail::check_thread(e.stream->owner);
    if (!e.open) detail::core_here().raise(detail::outcome::empty, true);
    auto* end = new detail::receiver_end_of<T>;
    e.stream->open_receiver(*end, at);
    return receiver(*end);
}

template <class T>
void* sender<T>::deliver(detail::record& to, std::remove_reference_t<T>& item) {
    if (to.takes) {
        detail::take<T>(*static_cast<std::optional<detail::taken_of<T>>*>(to.item), detail::erase(item));
        return nullptr;
    }
    if constexpr (is_reference) {
        return detail::erase(item);
    } else {
        auto& end = *static_cast<detail::receiver_end_of<T>*>(
            static_cast<detail::receiver_end*>(const_cast<void*>(to.end)));
        ::new (end.slot) T(std::move(item));
        end.owns = true;
        return end.slot;
    }
}

}  // namespace weft
