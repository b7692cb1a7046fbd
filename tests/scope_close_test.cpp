// SPDX-License-Identifier: BSL-1.0
// Rule 14 where many scopes close at once, or one within the other: each waits as if it were alone.
#include <weft/weft.hpp>

#include "support.hpp"
#include "tools.hpp"

using test::Trace;

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
    for (int i = 0; i < test::many(500, 500); ++i)
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
