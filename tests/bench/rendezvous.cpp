// SPDX-License-Identifier: BSL-1.0
// One item lent through an unbuffered stream: what a loop and a send cost together.
#include <weft/weft.hpp>

#include "bench.hpp"

namespace {

constexpr int items = 2'000'000;

template <class F>
double per_item(F&& run, int count = items) {
    const double start = bench::seconds();
    run();
    return (bench::seconds() - start) * 1e9 / count;
}

void count_up(const weft::sender<int>& send) {
    for (int i = 0; i < items; ++i) send(int(i));
}

double to_plain_code() {
    return per_item([] {
        weft::channel<int> c;
        weft::scope fibers;
        fibers.spawn([send = std::move(c.sender)] {
            for (int i = 0; i < items; ++i) send(int(i));
        });
        long sum = 0;
        for (int& n : c.receiver) sum += n;
        bench::keep(sum);
    });
}

double to_a_fiber() {
    return per_item([] {
        weft::channel<int> c;
        weft::scope fibers;
        fibers.spawn([send = std::move(c.sender)] {
            for (int i = 0; i < items; ++i) send(int(i));
        });
        fibers.spawn([in = std::move(c.receiver)] {
            long sum = 0;
            for (int& n : in) sum += n;
            bench::keep(sum);
        });
        fibers.join();
    });
}

double generator() {
    return per_item([] {
        weft::generator<int> numbers([](weft::sink<int> send) {
            for (int i = 0; i < items; ++i) send(int(i));
        });
        long sum = 0;
        for (int& n : numbers) sum += n;
        bench::keep(sum);
    });
}

[[gnu::noinline]] void produce(weft::sink<int> send) {
    for (int i = 0; i < items; ++i) send(int(i));
}

double converting_sink() {
    return per_item([] {
        weft::generator<long> numbers([](weft::sink<long> send) { produce(send); });
        long sum = 0;
        for (long& n : numbers) sum += n;
        bench::keep(sum);
    });
}

double send_in_a_function() {
    return per_item([] {
        weft::channel<int> c;
        weft::scope fibers;
        fibers.spawn([send = std::move(c.sender)] { count_up(send); });
        long sum = 0;
        for (int& n : c.receiver) sum += n;
        bench::keep(sum);
    });
}

struct large {
    char bytes[200];
};

double lent_struct() {
    return per_item([] {
        weft::generator<large> structs([](weft::sink<large> send) {
            large l{};
            for (int i = 0; i < items; ++i) {
                l.bytes[i % 200] = 1;
                send(std::move(l));
            }
        });
        long sum = 0;
        for (large& l : structs) sum += l.bytes[7];
        bench::keep(sum);
    });
}

double receive() {
    return per_item([] {
        weft::channel<int> c;
        weft::scope fibers;
        fibers.spawn([send = std::move(c.sender)] {
            for (int i = 0; i < items; ++i) send(int(i));
        });
        long sum = 0;
        while (auto n = c.receiver.receive()) sum += *n;
        bench::keep(sum);
    });
}

}  // namespace

int main() {
    return bench::print({{"fiber to fiber", to_a_fiber},
                         {"fiber to plain code", to_plain_code},
                         {"generator", generator},
                         {"through a converting sink", converting_sink},
                         {"send in a function of its own", send_in_a_function},
                         {"a struct of 200 bytes, lent", lent_struct},
                         {"receive()", receive}});
}
