// SPDX-License-Identifier: BSL-1.0
// Boost.Coroutine2's pull_type beside weft's generator, in the same run.
#include <weft/weft.hpp>

#include "bench.hpp"

#include <boost/coroutine2/all.hpp>

namespace {

using coroutine = boost::coroutines2::coroutine<int>;

constexpr int items = 1'000'000;
constexpr int made = 20'000;

using bench::each;

double boost_items() {
    return each(items, [] {
        coroutine::pull_type numbers([](coroutine::push_type& send) {
            for (int i = 0; i < items; ++i) send(i);
        });
        long sum = 0;
        for (int n : numbers) sum += n;
        bench::keep(sum);
    });
}

double boost_made() {
    return each(made, [] {
        for (int i = 0; i < made; ++i) {
            coroutine::pull_type one([](coroutine::push_type& send) { send(1); });
            for (int n : one) bench::keep(n);
        }
    });
}

double weft_items() {
    return each(items, [] {
        weft::generator<int> numbers([](weft::sink<int> send) {
            for (int i = 0; i < items; ++i) send(int(i));
        });
        long sum = 0;
        for (int n : numbers) sum += n;
        bench::keep(sum);
    });
}

double weft_made() {
    return each(made, [] {
        for (int i = 0; i < made; ++i) {
            weft::generator<int> one([](weft::sink<int> send) { send(1); });
            for (int n : one) bench::keep(n);
        }
    });
}

}  // namespace

int main() {
    return bench::compare({{"one item of a generator", boost_items, weft_items},
                           {"a generator of one item, made and ended", boost_made, weft_made}},
                          "Boost.Coroutine2");
}
