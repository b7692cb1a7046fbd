// SPDX-License-Identifier: BSL-1.0
// Eight senders and eight receivers on one channel of Boost.Fiber beside weft's in the same run.
#include "fan.hpp"

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/unbuffered_channel.hpp>

namespace {

using boost::fibers::fiber;

template <class Channel>
void through(Channel& c) {
    std::vector<fiber> from, to;
    for (int i = 0; i < fan::width; ++i) {
        from.emplace_back([&] {
            for (int n = 0; n < fan::items / fan::width; ++n) c.push(n);
        });
        to.emplace_back([&] {
            long sum = 0;
            for (int n : c) sum += n;
            bench::keep(sum);
        });
    }
    for (fiber& f : from) f.join();
    c.close();
    for (fiber& f : to) f.join();
}

double unbuffered() {
    return bench::each(fan::items, [] {
        boost::fibers::unbuffered_channel<int> c;
        through(c);
    });
}
double buffered() {
    return bench::each(fan::items, [] {
        boost::fibers::buffered_channel<int> c(128);
        through(c);
    });
}

}  // namespace

int main() {
    return bench::compare({{"8 senders, 8 receivers", unbuffered, [] { return fan::item(0); }},
                           {"the same with capacity 128", buffered, [] { return fan::item(128); }}},
                          "Boost.Fiber", 5);
}
