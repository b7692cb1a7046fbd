// SPDX-License-Identifier: BSL-1.0
// The prime sieve on Boost.Fiber beside weft's in the same run.
#include "sieve.hpp"

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/unbuffered_channel.hpp>

#include <memory>

namespace {

using boost::fibers::channel_op_status;
using boost::fibers::fiber;

template <class Channel>
double all(const std::function<std::shared_ptr<Channel>()>& make) {
    std::vector<fiber> fibers;
    auto in = make();
    int prime = 0;
    const double ns = bench::each(1, [&] {
        fibers.emplace_back([out = in] {
            for (int n = 2; out->push(n) == channel_op_status::success; ++n) {
            }
        });
        for (int i = 0; i < sieve::primes; ++i) {
            prime = in->value_pop();
            auto next = make();
            fibers.emplace_back([in, prime, out = next] {
                for (int n : *in)
                    if (n % prime != 0 && out->push(n) != channel_op_status::success) break;
                in->close();
                out->close();
            });
            in = next;
        }
    });
    sieve::check(prime);
    in->close();
    for (fiber& f : fibers) f.join();
    return ns;
}

using boost::fibers::buffered_channel;
using boost::fibers::unbuffered_channel;

double unbuffered() {
    return all<unbuffered_channel<int>>([] { return std::make_shared<unbuffered_channel<int>>(); });
}
double buffered() {
    return all<buffered_channel<int>>([] { return std::make_shared<buffered_channel<int>>(16); });
}

}  // namespace

int main() {
    return bench::compare({{"the first 2,000 primes", unbuffered, [] { return sieve::all(); }},
                           {"the same with capacity 16", buffered, [] { return sieve::all(16); }}},
                          "Boost.Fiber", 5);
}
