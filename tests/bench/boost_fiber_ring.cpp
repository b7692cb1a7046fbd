// SPDX-License-Identifier: BSL-1.0
// A ring of 1,000 of Boost.Fiber's fibers beside one of weft's in the same run.
#include "ring.hpp"

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/unbuffered_channel.hpp>

#include <memory>

namespace {

using boost::fibers::fiber;

template <class Channel>
double hop(const std::function<std::unique_ptr<Channel>()>& make) {
    std::vector<std::unique_ptr<Channel>> c;
    for (int i = 0; i < ring::fibers; ++i) c.push_back(make());
    boost::fibers::unbuffered_channel<int> last;
    std::vector<fiber> all;
    for (std::size_t i = 0; i < c.size(); ++i)
        all.emplace_back([&, in = c[i].get(), out = c[(i + 1) % c.size()].get()] {
            for (int token : *in) token < ring::hops ? out->push(token + 1) : last.push(token);
        });
    const double ns = bench::each(ring::hops, [&] {
        c.front()->push(1);
        int token = last.value_pop();
        bench::keep(token);
    });
    for (auto& one : c) one->close();
    for (fiber& f : all) f.join();
    return ns;
}

using boost::fibers::buffered_channel;
using boost::fibers::unbuffered_channel;

double unbuffered() {
    return hop<unbuffered_channel<int>>([] { return std::make_unique<unbuffered_channel<int>>(); });
}
double buffered() {
    return hop<buffered_channel<int>>([] { return std::make_unique<buffered_channel<int>>(2); });
}

}  // namespace

int main() {
    return bench::compare({{"a hop in a ring of 1,000", unbuffered, [] { return ring::hop(); }},
                           {"the same with a buffer of one", buffered, [] { return ring::hop(1); }}},
                          "Boost.Fiber", 5);
}
