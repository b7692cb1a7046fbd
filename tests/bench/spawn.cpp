// SPDX-License-Identifier: BSL-1.0
// Spawn, run and join an empty fiber: one after the other, and 10,000 of them alive at once.
#include <weft/weft.hpp>

#include "bench.hpp"

namespace {

double sequential() {
    constexpr int count = 500'000;
    weft::scope fibers;
    const double start = bench::seconds();
    for (int i = 0; i < count; ++i) fibers.spawn([] {}).join();
    return (bench::seconds() - start) * 1e9 / count;
}

double scope_joined() {
    constexpr int count = 500'000;
    weft::scope fibers;
    const double start = bench::seconds();
    for (int i = 0; i < count; ++i) {
        fibers.spawn([] {});
        fibers.join();
    }
    return (bench::seconds() - start) * 1e9 / count;
}

double alive_at_once() {
    constexpr int count = 10'000, rounds = 20;
    weft::scope fibers;
    const double start = bench::seconds();
    for (int r = 0; r < rounds; ++r) {
        for (int i = 0; i < count; ++i) fibers.spawn([] {});
        fibers.join();
    }
    return (bench::seconds() - start) * 1e9 / (count * rounds);
}

double alive_and_parked() {
    constexpr int count = 10'000, rounds = 20;
    weft::scope fibers;
    const double start = bench::seconds();
    for (int r = 0; r < rounds; ++r) {
        for (int i = 0; i < count; ++i) fibers.spawn([] { weft::yield(); });
        fibers.join();
    }
    return (bench::seconds() - start) * 1e9 / (count * rounds);
}

}  // namespace

int main() {
    return bench::print({{"spawn, run, join", sequential},
                         {"spawn, run, join by the scope", scope_joined},
                         {"one of 10,000 alive", alive_at_once},
                         {"one of 10,000 alive, each on its stack", alive_and_parked}});
}
