// SPDX-License-Identifier: BSL-1.0
// Rule 14 where many scopes close at once, or one within the other: each waits as if it were alone, and the work does
// not grow faster than their number.
#include <weft/weft.hpp>

#include <algorithm>
#include <ctime>
#include <string>

#include "support.hpp"

using test::Trace;

namespace {

template <class F>
double processor_time(F&& run) {
    const std::clock_t start = std::clock();
    run();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// Eight times as many must not take thirty-two times as long; what is quadratic takes sixty-four. The smallest of a few
// counts, against what else the machine does.
template <class F>
double least(F&& run) {
    double best = processor_time(run);
    for (int i = 0; i < 4; ++i) best = std::min(best, processor_time(run));
    return best;
}

void side_by_side(int n) {
    weft::scope fibers;
    for (int i = 0; i < n; ++i)
        fibers.spawn([] {
            weft::scope own;
            own.spawn([] { weft::yield(); });
        });
    fibers.join();
}

void nested(int n) {
    if (n == 0) return;
    weft::scope own;
    own.spawn(nested, n - 1);
}

weft::generator<int> layers(int n) {
    weft::generator<int> g([](weft::sink<int> send) {
        for (int i = 0;; ++i) send(int(i));
    });
    for (int i = 0; i < n; ++i)
        g = weft::generator<int>([in = std::move(g)](weft::sink<int> send) {
            for (int item : in) send(int(item));
        });
    return g;
}

}  // namespace

TEST_CASE("a scope within a scope that closes is left to finish its work") {
    Trace trace;
    weft::channel<int> never;
    {
        weft::scope outer;
        outer.spawn([&] {
            weft::scope inner;
            inner.spawn([&] {
                for (int i = 0; i < 200; ++i) weft::yield();
                trace("inner work done");
            });
            inner.spawn([&] { (void)never.receiver.receive(); });
        });
        outer.spawn([&] {
            struct end {
                Trace& trace;
                ~end() { trace("outer cancelled"); }
            } at_end{trace};
            (void)never.receiver.receive();
        });
    }
    CHECK(trace.text() == "inner work done, outer cancelled");
}

TEST_CASE("a fiber that is woken behind many others puts the cancel off") {
    Trace trace;
    weft::channel<int> c;
    weft::scope others;
    for (int i = 0; i < 500; ++i)
        others.spawn([] {
            for (int n = 0; n < 20; ++n) weft::yield();
        });
    {
        weft::scope fibers;
        fibers.spawn([&] {
            for ([[maybe_unused]] int n : c.receiver) {
            }
            trace("all received");
        });
        others.spawn([&] {
            for (int i = 0; i < 10; ++i) c.sender(int(i));
            c.sender.close();
        });
    }
    CHECK(trace.text() == "all received");
}

TEST_CASE("a cancel reaches a fiber that waits for scopes to close within the one it closes") {
    Trace trace;
    weft::channel<int> never;
    weft::scope fibers;
    auto outer = fibers.spawn([&] {
        weft::scope s;
        s.spawn([&] {
            weft::scope t;
            t.spawn([&] {
                for (;;) weft::yield();
            });
        });
    });
    for (int i = 0; i < 20; ++i) weft::yield();
    CHECK_FALSE(outer.done());
    outer.cancel();
    for (int i = 0; i < 20; ++i) weft::yield();
    CHECK(outer.done());
}

TEST_CASE("the work of closing many scopes grows with their number") {
    CHECK(least([] { side_by_side(4000); }) < 32 * least([] { side_by_side(500); }));
}

TEST_CASE("the work of closing nested scopes grows with their number") {
    nested(1600);  // the stacks are there
    CHECK(least([] { nested(1600); }) < 32 * least([] { nested(200); }));
}

TEST_CASE("the work of dropping nested generators grows with their number") {
    const auto drop = [](int n) {
        auto g = layers(n);
        CHECK(g.receive() == 0);
    };
    drop(2000);
    CHECK(least([&] { drop(2000); }) < 32 * least([&] { drop(250); }));
}
