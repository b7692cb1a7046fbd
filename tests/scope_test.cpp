// SPDX-License-Identifier: BSL-1.0
// A scope owns its fibers (rule 14). How they end by failure is in failure_test.cpp.
#include <weft/weft.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::Trace;

namespace {

/// Parks until it is cancelled, and says so.
void wait_for_ever(Trace& trace, const char* name) {
    weft::channel<int> never;
    try {
        (void)never.receiver.receive();
    } catch (const weft::cancelled&) {
        trace(name, "cancelled");
        throw;
    }
}

}  // namespace

TEST_CASE("a fiber never outlives its scope") {
    AllGone all;
    Trace trace;
    {
        weft::scope fibers;
        for (int i = 0; i < 3; ++i)
            fibers.spawn([&, mine = Counted(i)] {
                struct end {
                    Trace& t;
                    ~end() { t("unwound"); }
                } at_end{trace};
                wait_for_ever(trace, "it is");
            });
    }
    CHECK(Counted::live == 0);
    CHECK(trace.text() == "it is cancelled, unwound, it is cancelled, unwound, it is cancelled, unwound");
}

TEST_CASE("the destructor lets the thread run on until the fibers of the scope are all parked") {
    Trace trace;
    {
        weft::scope fibers;
        fibers.spawn([&] {
            for (int i = 0; i < 3; ++i) {
                weft::yield();
                trace("turn", i);
            }
            wait_for_ever(trace, "then");
        });
        trace("leaving");
    }
    CHECK(trace.text() == "leaving, turn 0, turn 1, turn 2, then cancelled");
}

TEST_CASE("work that needs no waiting from outside is finished by the destructor") {
    AllGone all;
    int sum = 0;
    {
        weft::channel<int> numbers, doubled;
        weft::scope fibers;
        fibers.spawn([send = std::move(numbers.sender)] {
            for (int i = 1; i <= 1000; ++i) send(i);
        });
        fibers.spawn([in = std::move(numbers.receiver), out = std::move(doubled.sender)] {
            for (int n : in) out(2 * n);
        });
        fibers.spawn([&sum, in = std::move(doubled.receiver), mine = Counted()] {
            for (int n : in) sum += n;
        });
    }
    CHECK(sum == 1001000);
}

TEST_CASE("a further round that wakes one of the fibers puts the cancel off") {
    Trace trace;
    weft::channel<int> c;
    weft::scope outer;
    {
        weft::scope inner;
        inner.spawn([&] {
            for (int n : c.receiver) trace("got", n);
            trace("end of stream");
        });
        outer.spawn([&] {
            weft::yield();  // in the first round the receiver is parked and nobody wakes it
            trace("sending");
            c.sender(1);
            c.sender(2);
            c.sender.close();
        });
    }
    CHECK(trace.text() == "sending, got 1, got 2, end of stream");
}

TEST_CASE("fibers of scopes that its fibers opened count as its own") {
    Trace trace;
    {
        weft::scope outer;
        outer.spawn([&] {
            weft::scope inner;
            inner.spawn([&] {
                for (int i = 0; i < 5; ++i) weft::yield();
                trace("inner is done");
            });
            inner.join();
            trace("outer is done");
        });
    }
    CHECK(trace.text() == "inner is done, outer is done");
}

TEST_CASE("when an exception leaves the block the scope cancels at once") {
    AllGone all;
    Trace trace;
    try {
        weft::scope fibers;
        fibers.spawn([&, mine = Counted()] {
            trace("started");
            weft::yield();
            trace("this never comes");
        });
        throw std::runtime_error("out");
    } catch (const std::runtime_error& e) {
        trace("caught", e.what());
    }
    CHECK(trace.text() == "started, caught out");
}

TEST_CASE("a scope on a normal exit inside a destructor during unwinding does not cancel at once") {
    Trace trace;
    struct on_unwinding {
        Trace& trace;
        ~on_unwinding() {
            weft::scope fibers;
            fibers.spawn([this] {
                weft::yield();
                trace("in the destructor");
                weft::yield();
                trace("to its end");
            });
        }
    };
    try {
        on_unwinding guard{trace};
        throw std::runtime_error("out");
    } catch (const std::runtime_error&) {
        trace("caught");
    }
    CHECK(trace.text() == "in the destructor, to its end, caught");
}

TEST_CASE("a spawned function always runs if only to its first wait") {
    Trace trace;
    SUBCASE("cancelled before it started") {
        weft::scope fibers;
        auto f = fibers.spawn([&] {
            trace("runs");
            weft::yield();
            trace("this never comes");
        });
        f.cancel();
        fibers.join();
    }
    SUBCASE("in a scope that is cancelled") {
        weft::scope fibers;
        fibers.spawn(wait_for_ever, std::ref(trace), "the first");
        weft::yield();
        fibers.cancel();
        fibers.spawn([&] {
            trace("runs");
            weft::yield();
            trace("this never comes");
        });
        fibers.join();
        CHECK(trace.take() == "the first cancelled, runs");
        trace("runs");
    }
    SUBCASE("in a scope that ends at once") {
        weft::scope().spawn([&] { trace("runs"); });
    }
    CHECK(trace.text() == "runs");
}

TEST_CASE("join waits for all and leaves the scope usable") {
    Trace trace;
    weft::scope fibers;
    fibers.join();
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 2; ++i)
            fibers.spawn([&, i] {
                for (int n = 0; n <= i; ++n) weft::yield();
                trace("fiber", i);
            });
        fibers.join();
        trace("joined");
    }
    CHECK(trace.text() == "fiber 0, fiber 1, joined, fiber 0, fiber 1, joined, fiber 0, fiber 1, joined");
}

TEST_CASE("join waits also for fibers that are spawned meanwhile") {
    int ended = 0;
    weft::scope fibers;
    std::function<void(int)> spawn_another = [&](int left) {
        weft::yield();
        if (left > 0) fibers.spawn([&, left] { spawn_another(left - 1); });
        ++ended;
    };
    fibers.spawn([&] { spawn_another(9); });
    fibers.join();
    CHECK(ended == 10);
}

TEST_CASE("a scope may be joined by several") {
    Trace trace;
    weft::scope joiners, fibers;
    weft::channel<int> gate;
    fibers.spawn([&] {
        (void)gate.receiver.receive();
        trace("ended");
    });
    for (int i = 0; i < 3; ++i)
        joiners.spawn([&, i] {
            fibers.join();
            trace("joiner", i);
        });
    weft::yield();
    CHECK(trace.text() == "");
    gate.sender(1);
    fibers.join();
    trace("plain code");
    joiners.join();
    CHECK(trace.text().substr(0, 36) == "ended, joiner 0, joiner 1, joiner 2,");
}

TEST_CASE("a cancelled scope stays so until it is empty") {
    Trace trace;
    weft::scope fibers;
    fibers.cancel();  // empty: nothing to cancel
    fibers.spawn([&] {
        weft::yield();
        trace("ran to its end");
        wait_for_ever(trace, "first");
    });
    weft::yield();
    weft::yield();
    fibers.cancel();
    for (int i = 0; i < 2; ++i)
        fibers.spawn([&] {
            trace("late");
            weft::yield();
            trace("this never comes");
        });
    fibers.join();
    CHECK(trace.take() == "ran to its end, first cancelled, late, late");
    fibers.spawn([&] {
        weft::yield();
        trace("usable again");
    });
    fibers.join();
    CHECK(trace.text() == "usable again");
}

TEST_CASE("cancel wakes the youngest fiber first") {
    Trace trace;
    std::optional<weft::scope> fibers(std::in_place);
    for (const char* name : {"one", "two", "three"})
        fibers->spawn([&trace, name] { wait_for_ever(trace, name); });
    weft::yield();
    SUBCASE("by the call") {
        fibers->cancel();
        fibers->join();
    }
    SUBCASE("by the destructor") { fibers.reset(); }
    CHECK(trace.text() == "three cancelled, two cancelled, one cancelled");
}
