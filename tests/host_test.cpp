// SPDX-License-Identifier: BSL-1.0
// A host that owns the loop: run_ready and next_deadline.
#include <weft/weft.hpp>

#include <chrono>
#include <string>

#include <weft/scheduler.hpp>
#include <weft/virtual_clock.hpp>

#include "support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

TEST_CASE("run_ready runs what is ready now and never waits") {
    Trace trace;
    CHECK(!weft::this_thread().run_ready());
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int n : c.receiver) trace("got", n);
    });
    CHECK(!weft::this_thread().run_ready());
    CHECK(trace.text() == "");
    fibers.spawn([&] {
        for (int i = 0; i < 3; ++i) c.sender(i);
        trace("sent all");
    });
    CHECK(!weft::this_thread().run_ready());
    CHECK(trace.text() == "got 0, got 1, got 2, sent all");
    fibers.cancel();
}

TEST_CASE("one round lets every fiber that is ready at its beginning run once") {
    Trace trace;
    weft::scope fibers;
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&, i] {
            for (int turn = 0; turn < 3; ++turn) {
                trace(i);
                if (turn < 2) weft::yield();
            }
        });
    CHECK(weft::this_thread().run_ready());
    CHECK(trace.take() == "0, 1, 2");
    CHECK(weft::this_thread().run_ready());
    CHECK(trace.take() == "0, 1, 2");
    CHECK(!weft::this_thread().run_ready());
    CHECK(trace.take() == "0, 1, 2");
}

TEST_CASE("two fibers that yield for ever do not freeze the host") {
    int turns[2] = {};
    weft::scope fibers;
    for (int& mine : turns)
        fibers.spawn([&mine] {
            for (;; ++mine) weft::yield();
        });
    for (int i = 0; i < 100; ++i) CHECK(weft::this_thread().run_ready());
    for (int mine : turns) CHECK(mine >= 98);
    fibers.cancel();
}

TEST_CASE("a pair that hands over for ever does not freeze the host") {
    weft::channel<int> c;
    weft::scope fibers;
    int items = 0;
    fibers.spawn([&] {
        for (int n : c.receiver) items += n;
    });
    fibers.spawn([&] {
        for (;;) c.sender(1);
    });
    for (int i = 0; i < 10; ++i) CHECK(weft::this_thread().run_ready());
    CHECK(items > 10);
    CHECK(items < 10000);
    fibers.cancel();
}

TEST_CASE("run_ready never throws deadlock") {
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] { (void)c.receiver.receive(); });
    for (int i = 0; i < 3; ++i) CHECK(!weft::this_thread().run_ready());
    CHECK_THROWS_AS(fibers.join(), weft::deadlock);
    CHECK(!weft::this_thread().run_ready());
    fibers.cancel();
}

TEST_CASE("next_deadline is the time of the first timer") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    weft::scheduler& here = weft::this_thread();
    CHECK(!here.next_deadline());
    weft::scope fibers;
    Trace trace;
    for (int minutes : {30, 10, 20})
        fibers.spawn([&, minutes] {
            weft::sleep_for(std::chrono::minutes(minutes));
            trace(minutes);
        });
    CHECK(here.next_deadline().value() <= clock.now());  // somebody is ready
    CHECK(!here.run_ready());
    CHECK(here.next_deadline() == start + 10min);
    CHECK(!here.run_ready());
    CHECK(clock.now() == start);  // the host's loop lets time pass, not run_ready
    // The host's loop.
    while (auto next = here.next_deadline()) {
        clock.advance(*next - clock.now());
        trace("at", std::chrono::duration_cast<std::chrono::minutes>(clock.now() - start).count());
        here.run_ready();
    }
    CHECK(trace.text() == "at 10, 10, at 20, 20, at 30, 30");
}

TEST_CASE("due timers wake their fibers before the round") {
    weft::virtual_clock clock;
    weft::scope fibers;
    bool woken = false;
    fibers.spawn([&] {
        weft::sleep_for(1h);
        woken = true;
    });
    weft::this_thread().run_ready();
    clock.advance(59min);
    weft::this_thread().run_ready();
    CHECK(!woken);
    clock.advance(1min);
    weft::this_thread().run_ready();
    CHECK(woken);
}

TEST_CASE("run_ready in a fiber is one yield so a host's loop nested in a fiber goes on") {
    Trace trace;
    weft::scope fibers;
    bool quit = false;
    auto loop = fibers.spawn([&] {
        int rounds = 0;
        while (!quit) {
            weft::this_thread().run_ready();
            ++rounds;
        }
        return rounds;
    });
    fibers.spawn([&] {
        for (int i = 0; i < 3; ++i) {
            trace("other", i);
            weft::yield();
        }
        quit = true;
    });
    CHECK(loop.join() == 4);
    CHECK(trace.text() == "other 0, other 1, other 2");
}

TEST_CASE("run_ready throws cancelled in a cancelled fiber") {
    weft::scope fibers;
    auto f = fibers.spawn([] {
        for (;;) weft::this_thread().run_ready();
    });
    weft::yield();
    f.cancel();
    CHECK_THROWS_AS(f.join(), weft::no_result);
}

TEST_CASE("a failure in a fiber does not leave run_ready") {
    weft::scope fibers;
    fibers.spawn([] { throw std::runtime_error("on purpose"); });
    CHECK(!weft::this_thread().run_ready());
    CHECK(thrown_by<std::runtime_error>([&] { fibers.join(); }) == "on purpose");
}

TEST_CASE("a host may feed a consumer from its callbacks and the fibers run in its loop") {
    AllGone all;
    Trace trace;
    weft::channel<Counted> lines;
    weft::scope fibers;
    fibers.spawn([&] {
        for (Counted& n : lines.receiver) trace("line", n.value);
        trace("end");
    });
    weft::this_thread().run_ready();
    for (int i = 0; i < 3; ++i) {
        CHECK(lines.sender.try_send(Counted(i)) == weft::send_status::sent);
        CHECK(trace.text() == "");
        weft::this_thread().run_ready();
        CHECK(trace.take() == "line " + std::to_string(i));
    }
    lines.sender.close();
    weft::this_thread().run_ready();
    CHECK(trace.text() == "end");
}

TEST_CASE("fibers are listed with plain code first") {
    weft::channel<int> c(0, "c", {"made.cpp", 1});
    weft::scope fibers;
    fibers.spawn(
        [&] {
            (void)c.receiver.receive({"wait.cpp", 2});
        },
        {.name = "reader", .at = {"spawn.cpp", 3}});
    weft::yield();
    fibers.spawn([] {}, {.name = "fresh"});
    const auto all = weft::this_thread().fibers();
    REQUIRE(all.size() == 3);
    using status = weft::fiber_info::status;
    CHECK(all[0].name == "plain code");
    CHECK(all[0].state == status::running);
    CHECK(all[1].name == "reader");
    CHECK(all[1].state == status::parked);
    CHECK(all[1].spawned_at.line == 3);
    CHECK(all[1].waiting_at.line == 2);
    CHECK(all[1].waits == "to receive from channel 'c' (made at made.cpp:1)");
    CHECK(all[2].name == "fresh");
    CHECK(all[2].state == status::ready);
}
