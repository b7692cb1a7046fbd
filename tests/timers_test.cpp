// SPDX-License-Identifier: BSL-1.0
// Giving way and letting time pass, on a virtual clock; and the heap of timers alone.
#include <weft/weft.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <weft/timers.hpp>
#include <weft/virtual_clock.hpp>

#include "support.hpp"

using namespace std::chrono_literals;
using test::Trace;

TEST_CASE("yield returns at once if nobody else is ready") {
    weft::yield();
    weft::channel<int> never;
    weft::scope fibers;
    fibers.spawn([&] { (void)never.receiver.receive(); });
    weft::yield();
    weft::yield();
    fibers.cancel();
}

TEST_CASE("sleepers wake in the order of their times") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    Trace trace;
    weft::scope fibers;
    for (int minutes : {30, 10, 50, 20, 40})
        fibers.spawn([&, minutes] {
            weft::sleep_for(std::chrono::minutes(minutes));
            CHECK(clock.now() == start + std::chrono::minutes(minutes));
            trace(minutes);
        });
    fibers.join();
    CHECK(trace.text() == "10, 20, 30, 40, 50");
    CHECK(clock.now() == start + 50min);
}

TEST_CASE("timers of the same instant fire in the order in which they were armed") {
    weft::virtual_clock clock;
    const auto then = clock.now() + 1h;
    Trace trace;
    weft::scope fibers;
    for (int i = 0; i < 8; ++i)
        fibers.spawn([&, i] {
            if (i % 2)
                weft::sleep_until(then);
            else
                weft::sleep_for(then - clock.now());
            trace(i);
        });
    fibers.join();
    CHECK(trace.text() == "0, 1, 2, 3, 4, 5, 6, 7");
    CHECK(clock.now() == then);
}

TEST_CASE("plain code may sleep and the fibers run meanwhile") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    Trace trace;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int i = 0; i < 5; ++i) {
            weft::sleep_for(10min);
            trace("tick", i);
        }
    });
    weft::sleep_for(25min);
    trace("plain code");
    CHECK(clock.now() == start + 25min);
    fibers.join();
    CHECK(trace.text() == "tick 0, tick 1, plain code, tick 2, tick 3, tick 4");
}

TEST_CASE("without a virtual clock plain code sleeps the thread when only timers are left") {
    const auto switches = [] {
        rusage used;
        getrusage(RUSAGE_THREAD, &used);
        return used.ru_nvcsw;
    };
    const auto start = weft::clock::now();
    const auto before = switches();
    bool woke = false;
    weft::scope fibers;
    fibers.spawn([&] {
        weft::sleep_for(1ms);
        woke = true;
    });
    fibers.join();
    CHECK(woke);
    CHECK(weft::clock::now() - start >= 1ms);
    CHECK(switches() > before);
}

TEST_CASE("a sleep of nothing or less is one yield") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    Trace trace;
    weft::scope fibers;
    auto other = [&] {
        fibers.spawn([&] { trace("other"); });
        return &trace;
    };
    const weft::clock::duration lengths[] = {0s, -1s, -1h, weft::clock::duration::min()};
    for (auto length : lengths) {
        other();
        weft::sleep_for(length);
        CHECK(trace.take() == "other");
    }
    for (auto when : {start, start - 1h, weft::clock::time_point(), weft::clock::time_point::min()}) {
        other();
        weft::sleep_until(when);
        CHECK(trace.take() == "other");
    }
    CHECK(clock.now() == start);
}

TEST_CASE("a sleep beyond the end of the clock lasts for ever but not before its time") {
    weft::virtual_clock clock;
    Trace trace;
    weft::scope fibers;
    for (auto length : {weft::clock::duration::max(), weft::clock::duration::max() - 1h,
                        weft::clock::duration(std::chrono::hours(24 * 365 * 200))})
        fibers.spawn([&, length] {
            weft::sleep_for(length);
            trace("this never comes");
        });
    fibers.spawn([] { weft::sleep_until(weft::clock::time_point::max()); });
    weft::sleep_for(std::chrono::hours(24 * 365));
    CHECK(trace.text() == "");
    fibers.cancel();
    fibers.join();
    CHECK(trace.text() == "");
}

TEST_CASE("a sleeper that is cancelled leaves its timer") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    weft::scope fibers;
    std::vector<weft::fiber<void>> all;
    for (int i = 0; i < 50; ++i)
        all.push_back(fibers.spawn([i] { weft::sleep_for(std::chrono::minutes(1 + i * 7 % 50)); }));
    weft::yield();
    for (int i = 0; i < 50; ++i)
        if (1 + i * 7 % 50 != 13) all[i].cancel();
    fibers.join();
    CHECK(clock.now() == start + 13min);
    CHECK(!weft::this_thread().next_deadline());
}

TEST_CASE("the destructor of a scope does not wait for a timer") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    Trace trace;
    {
        weft::scope fibers;
        fibers.spawn([&] {
            weft::sleep_for(1h);
            trace("this never comes");
        });
    }
    CHECK(clock.now() == start);
    CHECK(trace.text() == "");
}

TEST_CASE("virtual clocks nest and the innermost counts") {
    weft::virtual_clock outer;
    const auto start = outer.now();
    {
        weft::virtual_clock inner;
        CHECK(inner.now() == start);
        weft::sleep_for(1h);
        CHECK(inner.now() == start + 1h);
    }
    CHECK(outer.now() == start);
    weft::sleep_for(2h);
    CHECK(outer.now() == start + 2h);
}

TEST_CASE("the heap of timers agrees with a sorted list") {
    struct entry : weft::detail::timer {
        int armed = 0;
    };
    const auto before = [](const entry* a, const entry* b) {
        return std::pair(a->when, a->armed) < std::pair(b->when, b->armed);
    };
    std::mt19937 random(2026);
    for (int round = 0; round < 60; ++round) {
        weft::detail::timer_heap heap;
        std::vector<std::unique_ptr<entry>> all;
        std::vector<entry*> model;  // sorted
        const unsigned instants = 1u << (random() % 12);
        int armed = 0;
        for (int step = 0; step < 600; ++step) {
            CHECK(heap.empty() == model.empty());
            if (!model.empty()) CHECK(&heap.first() == model.front());
            const auto what = random() % 8;
            if (what < (step < 300 ? 5u : 2u) || model.empty()) {
                // A timer may be armed again after it has been removed.
                entry* e = nullptr;
                if (!all.empty() && random() % 2) {
                    e = all[random() % all.size()].get();
                    if (std::find(model.begin(), model.end(), e) != model.end()) e = nullptr;
                }
                if (!e) e = all.emplace_back(std::make_unique<entry>()).get();
                e->when = weft::clock::time_point(weft::clock::duration(random() % instants));
                e->armed = armed++;
                heap.add(*e);
                model.insert(std::upper_bound(model.begin(), model.end(), e, before), e);
            } else {
                const std::size_t which = what == 7 ? 0 : random() % model.size();
                heap.remove(*model[which]);
                model.erase(model.begin() + static_cast<std::ptrdiff_t>(which));
            }
        }
        for (entry* e : model) {
            REQUIRE(&heap.first() == e);
            heap.remove(*e);
        }
        CHECK(heap.empty());
    }
}
