// SPDX-License-Identifier: BSL-1.0
// Eight senders and eight receivers on one stream: fan.cpp and boost_fiber_fan.cpp measure an item.
#pragma once

#include <weft/weft.hpp>

#include "bench.hpp"

namespace fan {

constexpr int items = 1'000'000;
constexpr int width = 8;

inline void fill(const weft::sender<int>& send) {
    for (int i = 0; i < items / width; ++i) send(int(i));
}

inline void drain(const weft::receiver<int>& in) {
    long sum = 0;
    for (int n : in) sum += n;
    bench::keep(sum);
}

inline double item(int capacity) {
    return bench::each(items, [capacity] {
        weft::channel<int> c(static_cast<std::size_t>(capacity));
        weft::scope fibers;
        for (int i = 0; i < width; ++i) {
            fibers.spawn([send = c.sender.clone()] { fill(send); });
            fibers.spawn([in = c.receiver.clone()] { drain(in); });
        }
        c.sender.close();
        c.receiver.close();
        fibers.join();
    });
}

}  // namespace fan
