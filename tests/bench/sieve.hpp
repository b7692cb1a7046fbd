// SPDX-License-Identifier: BSL-1.0
// The first 2,000 primes through a chain of filters: sieve.cpp and boost_fiber_sieve.cpp measure it.
#pragma once

#include <weft/weft.hpp>

#include "bench.hpp"

#include <cstdlib>

namespace sieve {

constexpr int primes = 2'000;
constexpr int last_prime = 17'389;

/// Ends the process if the work was not done.
inline void check(int last) {
    if (last == last_prime) return;
    std::fprintf(stderr, "the last prime is %d and not %d\n", last, last_prime);
    std::exit(1);
}

inline void numbers(const weft::sender<int>& out) {
    for (int n = 2;; ++n) out(int(n));
}

inline void filter(const weft::receiver<int>& in, int prime, const weft::sender<int>& out) {
    for (int n : in)
        if (n % prime != 0) out(int(n));
}

/// Until the last of them is there; the end of the fibers, which is that of cancelled ones, does not count.
inline double all(int capacity = 0) {
    const auto made = static_cast<std::size_t>(capacity);
    weft::channel<int> first(made);
    weft::receiver<int> in = std::move(first.receiver);
    weft::scope fibers;
    int prime = 0;
    const double ns = bench::each(1, [&] {
        fibers.spawn(numbers, std::move(first.sender));
        for (int i = 0; i < primes; ++i) {
            prime = in.receive().value();
            weft::channel<int> next(made);
            fibers.spawn(filter, std::move(in), prime, std::move(next.sender));
            in = std::move(next.receiver);
        }
    });
    check(prime);
    in.close();
    fibers.cancel();
    return ns;
}

}  // namespace sieve
