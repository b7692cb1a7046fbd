// SPDX-License-Identifier: BSL-1.0
// Cancelling a fiber, wherever it is and whatever its habits (rule 22).
#include <weft/weft.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <string>

#include <weft/virtual_clock.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

namespace {

bool refused(const std::function<void()>& wait) {
    try {
        wait();
        return false;
    } catch (const weft::cancelled&) {
        return true;
    }
}

/// Runs `habit` in a fiber, cancels it when it is parked, and waits for its end.
template <class F>
auto cancel_when_parked(F&& habit) {
    weft::scope fibers;
    auto f = fibers.spawn(std::forward<F>(habit));
    weft::yield();
    CHECK(!f.done());
    f.cancel();
    return f.join();
}

}  // namespace

TEST_CASE("cancelling wakes a fiber that is parked wherever it waits") {
    AllGone all;
    using namespace std::chrono_literals;
    weft::virtual_clock clock;
    const auto then = clock.now();
    weft::channel<Counted> c, lonely;
    weft::scope fibers, others;
    auto waiter = others.spawn([&] { (void)lonely.receiver.receive(); });
    weft::generator<int> parked([&](weft::sink<int> send) {
        (void)lonely.receiver.receive();
        send(1);
    });
    const std::function<void()> waits[] = {
        [&] { c.sender(Counted(1)); },
        [&] { (void)lonely.receiver.receive(); },
        [&] {
            for (Counted& n : lonely.receiver) n.value = 0;
        },
        [&] { weft::sleep_for(1h); },
        [&] { weft::sleep_until(weft::clock::time_point::max()); },
        [&] { waiter.join(); },
        [&] { others.join(); },
        [&] { (void)parked.receive(); },
        [&] { weft::yield(); },
    };
    for (const auto& wait : waits) {
        auto f = fibers.spawn([&, mine = Counted()] { return refused(wait); });
        weft::yield();
        f.cancel();
        f.cancel();  // twice is as good as once
        CHECK(f.join() == true);
    }
    CHECK(clock.now() == then);
    // Nothing is left behind in the queues.
    auto g = fibers.spawn([&] { return c.receiver.receive().value().value; });
    c.sender(Counted(3));
    CHECK(g.join() == 3);
    others.cancel();
}

TEST_CASE("every wait that a cancelled fiber enters throws again") {
    using namespace std::chrono_literals;
    cancel_when_parked([] {
        weft::channel<int> c;
        weft::scope fibers;
        auto f = fibers.spawn([] { weft::yield(); });
        weft::generator<int> numbers([](weft::sink<int> send) { send(1); });
        for (int i = 0; i < 3; ++i) {
            CHECK(refused([] { weft::yield(); }));
            CHECK(refused([] { weft::sleep_for(1h); }));
            CHECK(refused([] { weft::sleep_for(0s); }));
            CHECK(refused([&] { c.sender(1); }));
            CHECK(refused([&] { (void)c.receiver.receive(); }));
            CHECK(refused([&] {
                for (int n : c.receiver) CHECK(n == 0);
            }));
            CHECK(refused([&] { (void)numbers.receive(); }));
            CHECK(refused([&] { f.join(); }));
            CHECK(refused([&] { fibers.join(); }));
            CHECK(!c.sender.offer(1));
        }
    });
}

TEST_CASE("a fiber may be cancelled before it starts and while it is ready and by itself and after its end") {
    Trace trace;
    weft::scope fibers;
    auto runs = [&] {
        trace("runs");
        weft::yield();
        trace("goes on");
    };
    auto before = fibers.spawn(runs);
    before.cancel();
    CHECK_THROWS_AS(before.join(), weft::no_result);
    CHECK(trace.take() == "runs");

    auto ready = fibers.spawn(runs);
    weft::yield();
    ready.cancel();
    CHECK_THROWS_AS(ready.join(), weft::no_result);
    CHECK(trace.take() == "runs");

    weft::fiber<void> self;
    self = fibers.spawn([&] {
        self.cancel();
        runs();
    });
    CHECK_THROWS_AS(self.join(), weft::no_result);
    CHECK(trace.take() == "runs");

    auto after = fibers.spawn(runs);
    fibers.join();
    after.cancel();
    after.join();
    CHECK(trace.take() == "runs, goes on");
}

TEST_CASE("in a cancelled fiber offer returns false and is never counted") {
    AllGone all;
    weft::channel<Counted> c;
    weft::scope fibers;
    auto f = fibers.spawn([&] {
        int refusals = 0;
        Counted mine(4);
        for (int i = 0; i < 5000; ++i) refusals += !c.sender.offer(std::move(mine));
        CHECK(mine.value == 4);
        return refusals;
    });
    f.cancel();
    CHECK(f.join() == 5000);
    // Nor where nobody listens.
    c.receiver.close();
    auto g = fibers.spawn([&] {
        int refusals = 0;
        for (int i = 0; i < 5000; ++i) refusals += !c.sender.offer(Counted(1));
        return refusals;
    });
    CHECK(g.join() == 5000);
}

TEST_CASE("a fiber that swallows 1000 thrown refusals is named and the process aborts") {
    for (const char* what : {"cancelled", "receiver_gone"}) {
        const test::Ended ended = test::run_death("swallows_refusals", what);
        CHECK(ended.signal == SIGABRT);
        CHECK(ended.errors ==
              "thrown 1000 times\n"
              "weft: fiber 'stubborn' (spawned at here.cpp:3) has swallowed 1000 refusals in a row and waits "
              "again; let "
              "`cancelled` and `receiver_gone` leave the function, or stop when offer returns false\n");
    }
}

TEST_CASE("refusals are counted anew after a wait that was not refused") {
    weft::channel<int> gone, c;
    gone.receiver.close();
    weft::scope fibers;
    fibers.spawn([&] {
        for (int n : c.receiver) CHECK(n >= 0);
    });
    for (int i = 0; i < 5; ++i) {
        for (int n = 0; n < 900; ++n) CHECK_THROWS_AS(gone.sender(1), weft::receiver_gone);
        c.sender(i);
        weft::channel<int> end;
        auto f = fibers.spawn([&] { end.sender(1); });
        (void)end.receiver.receive();
    }
}

TEST_CASE("while an exception is in flight send and yield and sleep return at once") {
    AllGone all;
    using namespace std::chrono_literals;
    Trace trace;
    weft::virtual_clock clock;
    weft::channel<Counted> c, gone;
    gone.receiver.close();
    struct on_unwinding {
        Trace& trace;
        weft::channel<Counted>&c, &gone;
        ~on_unwinding() {
            c.sender(Counted(1));
            gone.sender(Counted(1));
            weft::yield();
            weft::sleep_for(1h);
            // What must give a value throws.
            CHECK(refused([&] { (void)c.receiver.receive(); }));
            CHECK(!c.sender.offer(Counted(2)));
            trace("destructor is through");
        }
    };
    weft::scope fibers;
    auto f = fibers.spawn([&] {
        on_unwinding guard{trace, c, gone};
        (void)c.receiver.receive();
    });
    weft::yield();
    f.cancel();
    CHECK_THROWS_AS(f.join(), weft::no_result);
    CHECK(trace.text() == "destructor is through");
}

TEST_CASE("destructors of scopes and generators and consumers still wait in a cancelled fiber") {
    AllGone all;
    Trace trace;
    cancel_when_parked([&] {
        try {
            weft::channel<int> never;
            weft::scope inner;
            inner.spawn([&, mine = Counted()] {
                struct slow {
                    Trace& trace;
                    ~slow() {
                        for (int i = 0; i < 3; ++i) weft::yield();
                        trace("inner has ended");
                    }
                } guard{trace};
                (void)never.receiver.receive();
            });
            weft::generator<int> numbers([&, mine = Counted()](weft::sink<int> send) {
                while (send.offer(1)) {
                }
                trace("generator has ended");
            });
            weft::consumer<int> feed([&, mine = Counted()](weft::receiver<int> in) {
                for (int n : in) CHECK(n == 1);
                trace("consumer has ended");
            });
            feed(numbers.receive().value());
            (void)never.receiver.receive();
        } catch (const weft::cancelled&) {
            trace("cancelled");
        }
    });
    // The consumer's stream was cut short by the exception: what its loop threw is reported, not lost.
    CHECK(test::contains(trace.text(), "inner has ended"));
    CHECK(test::contains(trace.text(), "generator has ended"));
    CHECK(Counted::live == 0);
}

TEST_CASE("while an item is lent its sender stays until the borrower is done with it") {
    AllGone all;
    Trace trace;
    weft::channel<Counted> c;
    weft::scope fibers;
    auto lender = fibers.spawn([&, send = std::move(c.sender)] {
        send(Counted(1));
        trace("the borrower is done");
        CHECK(refused([&] { send(Counted(2)); }));
    });
    const auto loop = [&] {
        for (Counted& item : c.receiver) {
            lender.cancel();
            for (int i = 0; i < 3; ++i) weft::yield();
            CHECK(!lender.done());
            trace("still lent", item.value);
        }
    };
    CHECK_THROWS_AS(loop(), weft::stream_failed);  // the producer was cancelled: cut short
    lender.join();
    CHECK(trace.text() == "still lent 1, the borrower is done");
}

TEST_CASE("a loop that was left gives a cancelled sender free") {
    AllGone all;
    weft::channel<Counted> c;
    weft::scope fibers;
    auto lender = fibers.spawn([&] { return refused([&] { c.sender(Counted(1)); }); });
    for (Counted& item : c.receiver) {
        CHECK(item.value == 1);
        break;
    }
    weft::yield();
    CHECK(!lender.done());  // paused
    lender.cancel();
    CHECK(lender.join() == true);
}
