// SPDX-License-Identifier: BSL-1.0
// Boost.Fiber's buffered_channel, whose capacity is a power of two and of which one place stays empty, beside weft's
// stream with a capacity in the same run.
#include "buffered.hpp"

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>

namespace {

using boost::fibers::fiber;
using channel = boost::fibers::buffered_channel<int>;

void fill(channel& c) {
    for (int i = 0; i < buffered::items; ++i) c.push(i);
    c.close();
}

void drain(channel& c) {
    long sum = 0;
    for (int n : c) sum += n;
    bench::keep(sum);
}

double boost_to_a_fiber(int capacity) {
    return bench::each(buffered::items, [capacity] {
        channel c(static_cast<std::size_t>(capacity));
        fiber from([&] { fill(c); });
        fiber to([&] { drain(c); });
        from.join();
        to.join();
    });
}

double boost_to_main(int capacity) {
    return bench::each(buffered::items, [capacity] {
        channel c(static_cast<std::size_t>(capacity));
        fiber from([&] { fill(c); });
        drain(c);
        from.join();
    });
}

}  // namespace

int main() {
    std::vector<bench::pair> pairs;
    for (const int n : {16, 128, 4096}) {
        const std::string by = ", capacity " + std::to_string(n);
        pairs.push_back({"fiber to fiber" + by, [n] { return boost_to_a_fiber(n); },
                         [n] { return buffered::to_a_fiber<buffered::loop>(n); }});
        pairs.push_back({"fiber to plain code" + by, [n] { return boost_to_main(n); },
                         [n] { return buffered::to_plain_code<buffered::loop>(n); }});
    }
    return bench::compare(std::move(pairs), "Boost.Fiber", 5);
}
