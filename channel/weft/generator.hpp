// SPDX-License-Identifier: BSL-1.0
// A function that sends, as a lazy stream that owns its fibers.
#pragma once

#include <functional>
#include <memory>
#include <tuple>

#include <weft/channel.hpp>

namespace weft {

namespace detail {

/// The producer of a generator: its function, its end of the stream, and the scope of its one fiber.
template <class T, class F, class... A>
class generating final : public source {
 public:
    template <class G, class... B>
    explicit generating(sender<T> out, G&& g, B&&... b)
        : out_(std::move(out)), call_(std::in_place, std::forward<G>(g), std::forward<B>(b)...) {}

    bool start() override {
        fiber_.emplace(place{});
        fiber_->spawn(how{.at = {}}, [this] { run(); });
        return true;
    }
    const char* kind() const noexcept override { return "generator"; }

 private:
    struct call {
        F function;
        std::tuple<A...> arguments;
        template <class G, class... B>
        explicit call(G&& g, B&&... b) : function(std::forward<G>(g)), arguments(std::forward<B>(b)...) {}
    };

    // The function, its arguments and the sender die here, in the fiber.
    void run() {
        sender<T> out = std::move(out_);
        try {
            struct call_end {
                std::optional<call>& c;
                ~call_end() { c.reset(); }
            } at_end{call_};
            std::apply(
                [&](A&... a) { std::invoke(std::move(call_->function), std::move(a)..., sink<T>(out)); },
                call_->arguments);
        } catch (...) {
            if (!out.unheard()) throw;  // else it was stopped, and this is how it ended
        }
    }

    sender<T> out_;
    std::optional<call> call_;
    std::optional<scope> fiber_;  // destroyed first: it waits
};

}  // namespace detail

/// A lazy stream: f(args..., sink<T>) runs in a fiber of its own, from the first item that is asked for, and
/// never ahead of the loop. What it throws, the loop throws.
///
///     weft::generator<int> squares([](weft::sink<int> send) { for (int i = 0;; ++i) send(i * i); });
///     for (int n : squares | std::views::take(3)) std::cout << n << '\n';
///
/// Destroying the generator ends the function: its sends throw `receiver_gone`, or `offer` gives false; if it
/// waits for something else it is cancelled; whatever leaves it after a send was refused is an
/// ordinary end. The destructor waits until it has ended. A function that was never asked for an item does
/// not run.
template <class T>
class generator {
 public:
    using iterator = typename receiver<T>::iterator;

    generator() noexcept = default;
    /// f and args are copied or moved, as std::thread takes them. Throws std::bad_alloc.
    template <class F, class... A>
        requires(!std::same_as<std::remove_cvref_t<F>, generator>) &&
                std::invocable<std::decay_t<F>, std::decay_t<A>..., sink<T>>
    explicit generator(F&& f, A&&... args) {
        using producer = detail::generating<T, std::decay_t<F>, std::decay_t<A>...>;
        channel<T> stream(0, "", place{});
        auto made = std::make_unique<producer>(std::move(stream.sender), std::forward<F>(f),
                                               std::forward<A>(args)...);
        detail::stream_core& core = *stream.receiver.end_->stream;
        core.producer = std::move(made);
        core.started = false;
        items_ = std::move(stream.receiver);
    }

    /// As receiver's. A first item, and no earlier, starts the function: that may throw std::bad_alloc.
    iterator begin(place at = place::here()) const { return items_.begin(at); }
    std::default_sentinel_t end() const noexcept { return {}; }
    std::optional<detail::taken_of<T>> receive(place at = place::here()) const
        requires detail::item_traits<T>::movable
    {
        return items_.receive(at);
    }
    bool is_closed() const noexcept { return items_.is_closed(); }

    /// The stream as a receiver, which then owns the function.
    operator receiver<T>() && { return std::move(items_); }

 private:
    friend struct detail::handles;
    receiver<T> items_;
};

}  // namespace weft
