// SPDX-License-Identifier: BSL-1.0
// A tree of fibers with a million leaves, ten children each, that add up the numbers of the leaves: skynet.cpp and
// boost_fiber_skynet.cpp measure it.
#pragma once

#include <weft/weft.hpp>

#include "bench.hpp"

#include <array>
#include <cstdlib>

namespace skynet {

constexpr long leaves = 1'000'000;

/// Ends the process if the work was not done.
inline void check(long sum, long size = leaves) {
    if (sum == size * (size - 1) / 2) return;
    std::fprintf(stderr, "the sum is %ld\n", sum);
    std::exit(1);
}

/// Each child returns its sum.
inline long joined(long first, long size) {
    if (size == 1) return first;
    weft::scope fibers;
    std::array<weft::fiber<long>, 10> children;
    for (auto& child : children) {
        child = fibers.spawn(joined, first, size / 10);
        first += size / 10;
    }
    long sum = 0;
    for (auto& child : children) sum += child.join();
    return sum;
}

/// Each child sends its sum.
inline void sent(long first, long size, weft::sink<long> out) {
    if (size == 1) return out(long(first));
    weft::channel<long> sums(10);
    weft::scope fibers;
    for (int i = 0; i < 10; ++i)
        fibers.spawn(sent, first + i * (size / 10), size / 10, weft::sink<long>(sums.sender));
    long sum = 0;
    for (int i = 0; i < 10; ++i) sum += sums.receiver.receive().value();
    out(long(sum));
}

/// Each child adds its sum where the parent wants it.
inline void added(long first, long size, long& to) {
    if (size == 1) {
        to += first;
        return;
    }
    weft::scope fibers;
    long sum = 0;
    for (int i = 0; i < 10; ++i) fibers.spawn(added, first + i * (size / 10), size / 10, std::ref(sum));
    fibers.join();
    to += sum;
}

inline double by_join() {
    return bench::each(1, [] { check(joined(0, leaves)); });
}

inline double by_channel() {
    return bench::each(1, [] {
        weft::channel<long> sum(1);
        sent(0, leaves, sum.sender);
        check(sum.receiver.receive().value());
    });
}

inline double by_scope() {
    return bench::each(1, [] {
        long sum = 0;
        added(0, leaves, sum);
        check(sum);
    });
}

}  // namespace skynet
