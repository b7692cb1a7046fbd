// SPDX-License-Identifier: BSL-1.0
// Many fibers at once: nothing is lost, and what each costs does not grow with their number.
#include <weft/weft.hpp>

#include <time.h>

#include <algorithm>
#include <cstddef>

#include "support.hpp"
#include "tools.hpp"

using test::AllGone;
using test::Counted;

namespace {

// Of this thread: what else the machine does is not counted.
double seconds_worked() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

TEST_CASE("a value passes through a chain of 10000 fibers") {
    AllGone all;
    const int stages = test::many(10'000, 500);
    weft::channel<Counted> first;
    weft::receiver<Counted> last = std::move(first.receiver);
    weft::scope fibers;
    for (int i = 0; i < stages; ++i) {
        weft::channel<Counted> next;
        fibers.spawn(
            [](weft::receiver<Counted> in, weft::sender<Counted> out) {
                for (Counted& c : in) out(Counted(c.value + 1));
            },
            std::move(last), std::move(next.sender));
        last = std::move(next.receiver);
    }
    fibers.spawn([send = std::move(first.sender)] {
        for (int i = 0; i < 3; ++i) send(Counted(i));
    });
    int expected = stages;
    for (Counted& c : last) CHECK(c.value == expected++);
    CHECK(expected == stages + 3);
    fibers.join();
}

TEST_CASE("100000 fibers can be parked at once") {
    AllGone all;
    const int many = test::many(100'000, 1000);
    weft::channel<int> c;
    long sum = 0, ended = 0;
    weft::scope fibers;
    for (int i = 0; i < many; ++i)
        fibers.spawn([in = c.receiver.clone(), kept = Counted(i), &sum, &ended] {
            for (int n : in) sum += n;
            ++ended;
        });
    weft::yield();
    CHECK(Counted::live == many);
    for (int i = 0; i < many; ++i) c.sender(1);
    CHECK(ended == 0);
    c.sender.close();
    fibers.join();
    CHECK(sum == many);
    CHECK(ended == many);
}

TEST_CASE("a parked fiber takes little more than a page") {
    if (test::watched()) return;
    constexpr int many = 20'000;
    weft::channel<int> c;
    weft::scope fibers;
    for (int i = 0; i < 100; ++i) fibers.spawn([] {});
    fibers.join();
    const std::size_t before = test::resident_bytes();
    for (int i = 0; i < many; ++i)
        fibers.spawn([in = c.receiver.clone()] {
            for (int n : in) CHECK(n == 0);
        });
    weft::yield();
    // At most 4.6 KiB in a build with optimisation; without, frames are larger.
    CHECK((test::resident_bytes() - before) / many < 9 * 1024);
    c.sender.close();
    fibers.join();
}

// Ratios, not times: of the same work with ten times as many fibers waiting.
TEST_CASE("what an item costs does not grow with the number of parked fibers") {
    if (test::watched()) return;
    auto cost = [](int parked) {
        weft::channel<int> crowd, c;
        weft::scope fibers;
        for (int i = 0; i < parked; ++i)
            fibers.spawn([in = crowd.receiver.clone()] {
                for (int n : in) CHECK(n == 0);
            });
        fibers.spawn([send = std::move(c.sender)] {
            for (int i = 0; i < 1'000'000; ++i)
                if (!send.offer(int(i))) return;
        });
        weft::yield();
        double best = 1e9;
        for (int round = 0; round < 20; ++round) {
            const double start = seconds_worked();
            int left = 5000;
            for (int n : c.receiver)
                if (n < 0 || --left == 0) break;
            best = std::min(best, seconds_worked() - start);
        }
        c.receiver.close();
        crowd.sender.close();
        fibers.join();
        return best;
    };
    const double few = cost(100);
    CHECK(cost(10'000) < 5 * few);
}

// Against fibers that only yield: so the size of caches does not count.
TEST_CASE("waking the receivers of a stream takes each no longer for their number") {
    if (test::watched()) return;
    constexpr int many = 10'000;
    auto best_of = [](auto spawn) {
        double best = 1e9;
        for (int round = 0; round < 4; ++round) {
            weft::channel<int> c;
            weft::scope fibers;
            for (int i = 0; i < many; ++i) spawn(fibers, c);
            weft::yield();
            const double start = seconds_worked();
            c.sender.close();
            fibers.join();
            best = std::min(best, seconds_worked() - start);
        }
        return best;
    };
    const double looping = best_of([](weft::scope& fibers, weft::channel<int>& c) {
        fibers.spawn([in = c.receiver.clone()] {
            for (int n : in) CHECK(n == 0);
        });
    });
    const double yielding = best_of([](weft::scope& fibers, weft::channel<int>&) {
        fibers.spawn([] {
            weft::yield();
            weft::yield();
        });
    });
    CHECK(looping < 10 * yielding);
}
