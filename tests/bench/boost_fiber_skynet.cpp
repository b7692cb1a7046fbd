// SPDX-License-Identifier: BSL-1.0
// Skynet on Boost.Fiber beside weft's in the same run; a hundred thousand leaves, since each of its fibers takes a stack
// when it is spawned.
#include "skynet.hpp"

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>

namespace {

using boost::fibers::fiber;
using channel = boost::fibers::buffered_channel<long>;

constexpr long leaves = skynet::leaves / 10;

boost::fibers::pooled_fixedsize_stack stacks(16 * 1024);

void sum(long first, long size, channel& out) {
    if (size == 1) {
        out.push(first);
        return;
    }
    channel sums(16);
    for (int i = 0; i < 10; ++i)
        fiber(boost::fibers::launch::dispatch, std::allocator_arg, stacks, sum, first + i * (size / 10),
              size / 10, std::ref(sums))
            .detach();
    long all = 0;
    for (int i = 0; i < 10; ++i) all += sums.value_pop();
    out.push(all);
}

double boost_skynet() {
    return bench::each(1, [] {
        channel out(2);
        sum(0, leaves, out);
        skynet::check(out.value_pop(), leaves);
    });
}

}  // namespace

int main() {
    return bench::compare(
        {{"a hundred thousand leaves", boost_skynet,
          [] { return bench::each(1, [] { skynet::check(skynet::joined(0, leaves), leaves); }); }}},
        "Boost.Fiber", 3);
}
