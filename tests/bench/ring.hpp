// SPDX-License-Identifier: BSL-1.0
// A token that goes round a ring of 1,000 fibers: ring.cpp and boost_fiber_ring.cpp measure a hop.
#pragma once

#include <weft/weft.hpp>

#include "bench.hpp"

namespace ring {

constexpr int fibers = 1'000;
constexpr int hops = 1'000'000;

inline void pass_on(const weft::receiver<int>& in, const weft::sender<int>& out) {
    while (auto token = in.receive()) out(*token + 1);
}

/// Whoever comes to the last hop keeps the token, and tells.
inline void pass_on_or_tell(const weft::receiver<int>& in, const weft::sender<int>& out,
                            const weft::sender<int>& last) {
    while (auto token = in.receive()) *token < hops ? out(*token + 1) : last(int(*token));
}

inline double hop(int capacity = 0) {
    const auto made = static_cast<std::size_t>(capacity);
    weft::channel<int> first(made), last;
    weft::scope all;
    weft::receiver<int> in = std::move(first.receiver);
    for (int i = 1; i < fibers; ++i) {
        weft::channel<int> next(made);
        all.spawn(pass_on, std::move(in), std::move(next.sender));
        in = std::move(next.receiver);
    }
    all.spawn(pass_on_or_tell, std::move(in), first.sender.clone(), std::move(last.sender));
    weft::yield();  // they are there
    return bench::each(hops, [&] {
        first.sender(1);
        int token = last.receiver.receive().value();
        bench::keep(token);
    });
}

}  // namespace ring
