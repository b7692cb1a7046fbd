// SPDX-License-Identifier: BSL-1.0
// Boost.Fiber's unbuffered_channel and fibers, beside weft's in the same run.
#include <weft/weft.hpp>

#include "bench.hpp"

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include <boost/fiber/unbuffered_channel.hpp>

namespace {

using boost::fibers::fiber;
using boost::fibers::unbuffered_channel;

constexpr int items = 500'000;
constexpr int spawned = 100'000;
constexpr int alive = 10'000;

using bench::each;

void fill(unbuffered_channel<int>& c) {
    for (int i = 0; i < items; ++i) c.push(i);
    c.close();
}

void drain(unbuffered_channel<int>& c) {
    long sum = 0;
    for (int n : c) sum += n;
    bench::keep(sum);
}

double boost_to_a_fiber() {
    return each(items, [] {
        unbuffered_channel<int> c;
        fiber from([&] { fill(c); });
        fiber to([&] { drain(c); });
        from.join();
        to.join();
    });
}

double boost_to_main() {
    return each(items, [] {
        unbuffered_channel<int> c;
        fiber from([&] { fill(c); });
        drain(c);
        from.join();
    });
}

// Stacks from a pool: what it does best with.
boost::fibers::pooled_fixedsize_stack stacks(64 * 1024);

double boost_spawn() {
    return each(spawned, [] {
        for (int i = 0; i < spawned; ++i) fiber(std::allocator_arg, stacks, [] {}).join();
    });
}

double boost_alive() {
    return each(alive, [] {
        std::vector<fiber> fibers;
        fibers.reserve(alive);
        for (int i = 0; i < alive; ++i) fibers.emplace_back(std::allocator_arg, stacks, [] {});
        for (fiber& f : fibers) f.join();
    });
}

void fill(const weft::sender<int>& send) {
    for (int i = 0; i < items; ++i) send(int(i));
}

void drain(const weft::receiver<int>& in) {
    long sum = 0;
    for (int n : in) sum += n;
    bench::keep(sum);
}

double weft_to_a_fiber() {
    return each(items, [] {
        weft::channel<int> c;
        weft::scope fibers;
        fibers.spawn([send = std::move(c.sender)] { fill(send); });
        fibers.spawn([in = std::move(c.receiver)] { drain(in); });
        fibers.join();
    });
}

double weft_to_main() {
    return each(items, [] {
        weft::channel<int> c;
        weft::scope fibers;
        fibers.spawn([send = std::move(c.sender)] { fill(send); });
        drain(c.receiver);
    });
}

double weft_spawn() {
    return each(spawned, [] {
        weft::scope fibers;
        for (int i = 0; i < spawned; ++i) fibers.spawn([] {}).join();
    });
}

double weft_alive() {
    return each(alive, [] {
        weft::scope fibers;
        for (int i = 0; i < alive; ++i) fibers.spawn([] {});
        fibers.join();
    });
}

}  // namespace

int main() {
    return bench::compare({{"one item, fiber to fiber", boost_to_a_fiber, weft_to_a_fiber},
                           {"one item, fiber to plain code", boost_to_main, weft_to_main},
                           {"spawn and join", boost_spawn, weft_spawn},
                           {"spawn and join, 10,000 at once", boost_alive, weft_alive}},
                          "Boost.Fiber");
}
