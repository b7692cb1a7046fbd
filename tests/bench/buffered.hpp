// SPDX-License-Identifier: BSL-1.0
// One item through a stream with a capacity: buffered.cpp and boost_fiber_buffered.cpp measure it.
#pragma once

#include <weft/weft.hpp>

#include "bench.hpp"

namespace buffered {

constexpr int items = 2'000'000;

inline void fill(const weft::sender<int>& send) {
    for (int i = 0; i < items; ++i) send(int(i));
}

inline void loop(const weft::receiver<int>& in) {
    long sum = 0;
    for (int n : in) sum += n;
    bench::keep(sum);
}

inline void receive(const weft::receiver<int>& in) {
    long sum = 0;
    while (auto n = in.receive()) sum += *n;
    bench::keep(sum);
}

using drain = void(const weft::receiver<int>&);

template <drain Drain>
double to_a_fiber(int capacity) {
    return bench::each(items, [capacity] {
        weft::channel<int> c(static_cast<std::size_t>(capacity));
        weft::scope fibers;
        fibers.spawn([send = std::move(c.sender)] { fill(send); });
        fibers.spawn([in = std::move(c.receiver)] { Drain(in); });
        fibers.join();
    });
}

template <drain Drain>
double to_plain_code(int capacity) {
    return bench::each(items, [capacity] {
        weft::channel<int> c(static_cast<std::size_t>(capacity));
        weft::scope fibers;
        fibers.spawn([send = std::move(c.sender)] { fill(send); });
        Drain(c.receiver);
    });
}

}  // namespace buffered
