// SPDX-License-Identifier: BSL-1.0
// A function that receives, fed by code that is called back.
#pragma once

#include <memory>

#include <weft/channel.hpp>

namespace weft {

/// The inverse of a generator: f(args..., receiver<T>) runs in a fiber of its own and is fed by calls.
///
///     weft::consumer<std::string_view> feed([&](weft::receiver<std::string_view> in) { parse(in); });
///     void on_data(std::string_view buf) { feed(buf); }
///     feed.finish();
///
/// Destroying it closes the stream and waits until f has ended, as a scope does; what f failed with is
/// reported on stderr unless finish() was called. Destroyed by an exception it cuts the stream short.
template <class T>
class consumer {
    static constexpr bool is_reference = std::is_lvalue_reference_v<T>;

 public:
    consumer() noexcept = default;
    /// f and args are copied or moved, as std::thread takes them. f starts when something is fed, or the
    /// thread waits for something else. Throws std::bad_alloc.
    template <class F, class... A>
        requires(!std::same_as<std::remove_cvref_t<F>, consumer>) &&
                std::invocable<std::decay_t<F>, std::decay_t<A>..., receiver<T>>
    explicit consumer(F&& f, A&&... args) : state_(std::make_unique<state>()) {
        channel<T> stream(0, "", place{});
        state_->ended = state_->fiber.spawn(how{.at = {}}, run_with<std::decay_t<F>>{std::forward<F>(f)},
                                            std::forward<A>(args)..., std::move(stream.receiver));
        state_->send = std::move(stream.sender);
    }
    consumer(consumer&&) noexcept = default;
    consumer& operator=(consumer&&) noexcept = default;

    /// Lends `item` to the function, and returns when it wants another. Throws as sender::operator() does:
    /// `receiver_gone` if the function has ended; why, finish() tells.
    void operator()(T&& item, place at = place::here()) const { filled().send(std::forward<T>(item), at); }
    void operator()(const T& item, place at = place::here()) const
        requires(!is_reference && std::is_copy_constructible_v<T>)
    {
        filled().send(item, at);
    }
    /// As sender::offer().
    [[nodiscard]] bool offer(T&& item, place at = place::here()) const noexcept {
        return state_ && state_->send.offer(std::forward<T>(item), at);
    }
    [[nodiscard]] bool offer(const T& item, place at = place::here()) const
        noexcept(std::is_nothrow_copy_constructible_v<T>)
        requires(!is_reference && std::is_copy_constructible_v<T>)
    {
        return state_ && state_->send.offer(item, at);
    }

    /// Closes the stream and waits until the function has ended; throws what it failed with. Does nothing
    /// the second time.
    void finish(place at = place::here()) {
        state& s = filled();
        s.send.close();
        if (s.finished) return;
        try {
            s.ended.join(at);
        } catch (const no_result&) {
            // It stopped listening, or was cancelled: an ordinary end.
        } catch (...) {
            s.finished = s.ended.done();  // else this is about the waiting, and it can be done again
            throw;
        }
        s.finished = true;
    }

 private:
    template <class F>
    struct run_with {
        F function;
        template <class... A>
        void operator()(A&&... a) && {
            std::invoke(std::move(function), std::forward<A>(a)...);
        }
    };
    // The sender goes first, so that the scope waits for a function that has been told.
    struct state {
        scope fiber{place{}};
        weft::fiber<void> ended;
        bool finished = false;
        sender<T> send;
    };
    state& filled() const {
        if (!state_) detail::core_here().raise(detail::outcome::empty, true);
        return *state_;
    }

    std::unique_ptr<state> state_;
};

}  // namespace weft
