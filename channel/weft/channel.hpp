// SPDX-License-Identifier: BSL-1.0
// A channel: a sender, a receiver, and nothing in between unless a capacity is given.
#pragma once

#include <cstddef>
#include <new>
#include <stdexcept>
#include <type_traits>

#include <weft/receiver.hpp>
#include <weft/scope.hpp>
#include <weft/sender.hpp>
#include <weft/sink.hpp>
#include <weft/sleep.hpp>

namespace weft {

namespace detail {

/// A stream of Ts and its first two ends: one block of memory.
template <class T>
class stream final : public stream_core {
 public:
    stream(std::size_t capacity, const char* name, place made)
        : stream_core(operations_for<T>, capacity, name, made) {
        if constexpr (storable<T>) buffer.give(in_hand_.bytes);
        sender_.embedded = true;
        open_sender(sender_, made);
        open_receiver(receiver_, made);
    }
    sender_end& first_sender() noexcept { return sender_; }
    receiver_end& first_receiver() noexcept { return receiver_; }

 private:
    void destroy() noexcept override { delete this; }
    void free_end(receiver_end& e) noexcept override {
        if (&e != &receiver_) delete &e;
    }
    void free_end(sender_end& e) noexcept override {
        if (!e.embedded) delete &e;
    }

    // For the first receiver: an item in its hands.
    struct alignas(object_of<T>) room {
        std::byte bytes[sizeof(object_of<T>)];
    };
    struct nothing {};

    sender_end sender_;
    alignas(64) receiver_end receiver_;
    std::conditional_t<storable<T>, room, nothing> in_hand_;
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
        if (capacity != 0 && !detail::storable<T>)
            throw std::invalid_argument(
                "weft: a buffer can not keep references, nor items that can not be moved; use capacity 0");
        return *new detail::stream<T>(capacity, name, at);
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
    if constexpr (detail::storable<T>) e.stream->provide_for_receiver();
    auto* end = new detail::receiver_end;
    e.stream->open_receiver(*end, at);
    return receiver(*end);
}

}  // namespace weft
