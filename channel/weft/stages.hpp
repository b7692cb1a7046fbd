// SPDX-License-Identifier: BSL-1.0
// Stages that many pipelines need: filter, merge, zip and batch.
//
// - Each takes receivers or generators, owns them from then on, and gives one lazy stream. Nothing runs
//   before its first item is asked for. When its last loop is left, or it is destroyed, whatever it owns
//   ends, back to the first source.
// - What a source fails with, or a function given to a stage throws, comes out at the end of the stage, after
//   the items that were there before.
// - They are ordinary functions that loop and send; write your own the same way. What std::views does
//   exactly, such as transform, take and take_while, is not here. demos/stages.cpp has an example of each.
#pragma once

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <weft/channel.hpp>
#include <weft/deadline.hpp>
#include <weft/generator.hpp>

namespace weft {

namespace detail {

template <class S>
struct source_traits {};
template <class T>
struct source_traits<receiver<T>> {
    using item = T;
};
template <class T>
struct source_traits<generator<T>> {
    using item = T;
};

/// A receiver or a generator, that a stage can own.
template <class S>
concept owned_source = requires { typename source_traits<S>::item; };
template <class S>
using item_from = typename source_traits<S>::item;

template <owned_source S>
receiver<item_from<S>> as_receiver(S&& from) {
    return std::move(from);
}

template <class T, class P>
struct filtering {
    P keep;
    void operator()(receiver<T> from, sink<T> out) {
        for (auto& item : from)
            if (std::invoke(keep, item)) out(static_cast<T&&>(item));
    }
};

// A source that fails cuts the common stream short, and those who wait in it come before the failure.
template <class T>
struct merging {
    static void pass_on(receiver<T> from, sender<T> out) {
        for (auto& item : from) out(static_cast<T&&>(item));
    }
    void operator()(std::vector<receiver<T>> sources, sink<T> out) const {
        channel<T> all(0, "merge", place{});
        scope fibers;
        for (receiver<T>& from : sources)
            fibers.spawn(how{.name = "merge", .at = {}}, pass_on, std::move(from), all.sender.clone(place{}));
        all.sender.close();
        for (auto& item : all.receiver) out(static_cast<T&&>(item));
    }
};

template <class... T>
struct zipping {
    void operator()(receiver<T>... from, sink<std::tuple<T...>> out) const {
        const auto send_all = [&out](auto&&... at) {
            while (((at != std::default_sentinel) && ...)) {
                out(std::tuple<T...>(static_cast<T&&>(*at)...));
                (++at, ...);
            }
        };
        send_all(from.begin(place{})...);
    }
};

template <class T>
struct batching {
    using items = std::vector<taken_of<T>>;
    std::size_t most;
    clock::duration max_wait;

    void operator()(receiver<T> from, sink<items> out) const {
        auto at = from.begin(place{});
        while (at != std::default_sentinel) {
            items batch;
            try {
                collect(at, batch);
            } catch (const cancelled&) {
                throw;
            } catch (...) {
                if (!batch.empty()) out(std::move(batch));
                throw;
            }
            out(std::move(batch));
        }
    }

 private:
    // There is one item, and others may come.
    void collect(typename receiver<T>::iterator& at, items& batch) const {
        const deadline limit(max_wait);
        try {
            do {
                batch.push_back(static_cast<T&&>(*at));
                ++at;
            } while (batch.size() < most && at != std::default_sentinel);
        } catch (const timed_out&) {
            if (!limit.passed()) throw;  // it is the source's
        }
    }
};

}  // namespace detail

/// The items for which keep(item) is true. Exact: unlike std::views::filter it never looks for an item before
/// it is asked for one. Items are lent on, never copied or moved, so the loop may reply to whoever sent them.
///
///     for (line& l : weft::filter(lines_of(file), [](const line& l) { return !l.empty(); })) use(l);
template <detail::owned_source S, class P>
    requires std::predicate<P&, detail::object_of<detail::item_from<S>>&>
[[nodiscard]] generator<detail::item_from<S>> filter(S from, P keep) {
    using T = detail::item_from<S>;
    return generator<T>(detail::filtering<T, P>{std::move(keep)}, detail::as_receiver(std::move(from)));
}

/// The items of all sources, in the order in which they arrive; it ends when all of them have ended. Each
/// source has a fiber that fetches its next item, and no more than that, while others are in use. Items are
/// lent on.
///
/// When a source fails the items that wait are followed by that failure, and the other sources are closed.
///
///     for (event& e : weft::merge(keyboard(), network(), timer())) handle(e);
template <detail::owned_source S, detail::owned_source... More>
    requires(std::same_as<detail::item_from<S>, detail::item_from<More>> && ...)
[[nodiscard]] generator<detail::item_from<S>> merge(S first, More... others) {
    using T = detail::item_from<S>;
    std::vector<receiver<T>> sources;
    sources.reserve(1 + sizeof...(More));
    sources.push_back(detail::as_receiver(std::move(first)));
    (sources.push_back(detail::as_receiver(std::move(others))), ...);
    return generator<T>(detail::merging<T>(), std::move(sources));
}
/// The same for as many as there are; of none it ends at once.
template <detail::owned_source S>
[[nodiscard]] generator<detail::item_from<S>> merge(std::vector<S> from) {
    using T = detail::item_from<S>;
    std::vector<receiver<T>> sources;
    sources.reserve(from.size());
    for (S& source : from) sources.push_back(detail::as_receiver(std::move(source)));
    return generator<T>(detail::merging<T>(), std::move(sources));
}

/// A tuple of the next item of each source, moved out of it (of a T& the reference); it ends with the first
/// source that has ended, and then what was fetched from those before it stays with its senders (and is lost
/// if it was in a buffer). The sources are asked one after the other, and each sender goes on when the next
/// tuple is asked for: a fiber that feeds two of them needs a capacity.
///
///     for (auto& [name, size] : weft::zip(names(), sizes())) print(name, size);
template <detail::owned_source... S>
    requires(sizeof...(S) > 0) && (detail::item_traits<detail::item_from<S>>::movable && ...)
[[nodiscard]] generator<std::tuple<detail::item_from<S>...>> zip(S... from) {
    return generator<std::tuple<detail::item_from<S>...>>(detail::zipping<detail::item_from<S>...>(),
                                                          detail::as_receiver(std::move(from))...);
}

/// Vectors of `n` items, moved out of the source (of a T& std::reference_wrapper). A vector is sent with
/// fewer when `max_wait` has passed since its first item came (zero or less: with that one alone), and when
/// the source ends or fails. Never an empty one. Throws std::invalid_argument if n is 0.
///
///     for (std::vector<row>& rows : weft::batch(all_rows(), 1000, 50ms)) database.insert(rows);
template <detail::owned_source S>
    requires detail::item_traits<detail::item_from<S>>::movable
[[nodiscard]] generator<std::vector<detail::taken_of<detail::item_from<S>>>> batch(
    S from, std::size_t n, clock::duration max_wait = clock::duration::max()) {
    using T = detail::item_from<S>;
    if (n == 0) throw std::invalid_argument("weft: a batch of no items; give it room for at least one");
    return generator<std::vector<detail::taken_of<T>>>(detail::batching<T>{n, max_wait},
                                                       detail::as_receiver(std::move(from)));
}

}  // namespace weft
