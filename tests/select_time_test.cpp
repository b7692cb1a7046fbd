// SPDX-License-Identifier: BSL-1.0
// `after`, deadlines, cancelling and deadlocks of a select.
#include <weft/weft.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <weft/virtual_clock.hpp>

#include "select_support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::contains;
using test::Counted;
using test::ignore;
using test::nothing;
using test::thrown_by;
using test::Trace;
using weft::after;
using weft::on;
using weft::otherwise;

TEST_CASE("after is chosen when nothing else was possible for so long") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    bool fired = false;
    weft::channel<int> c;
    CHECK(weft::select(on(c.receiver, ignore), on(c.sender, 1, nothing), after(1h, [&] { fired = true; })) ==
          2);
    CHECK(fired);
    CHECK(clock.now() == start + 1h);
    CHECK(weft::select(after(2h, nothing)) == 0);  // a sleep
    CHECK(clock.now() == start + 3h);
    // It waits no more.
    CHECK(c.sender.try_send(1) == weft::send_status::full);
    CHECK(!c.receiver.try_receive());
}

TEST_CASE("after is not chosen when an item came before and it is disarmed then") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    weft::channel<int> c, stored(1);
    stored.sender(1);
    CHECK(weft::select(after(1h, nothing), on(stored.receiver, ignore)) == 1);
    CHECK(!weft::this_thread().next_deadline());
    weft::scope fibers;
    fibers.spawn([&] {
        weft::sleep_for(59min);
        c.sender(1);
    });
    CHECK(weft::select(after(1h, nothing), on(c.receiver, ignore)) == 1);
    fibers.join();
    CHECK(!weft::this_thread().next_deadline());
    CHECK(clock.now() == start + 59min);
}

TEST_CASE("Of several afters the shortest counts and of equal ones the first") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    weft::channel<int> c;
    CHECK(weft::select(after(3h, nothing), after(1h, nothing), on(c.receiver, ignore), after(1h, nothing)) ==
          1);
    CHECK(clock.now() == start + 1h);
    CHECK(weft::select(after(1h, nothing), after(0h, nothing)) == 1);
    CHECK(clock.now() == start + 1h);
}

TEST_CASE("An after of no end waits for an item all the same") {
    weft::virtual_clock clock;
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] {
        weft::sleep_for(24h * 365);
        c.sender(1);
    });
    for (const auto length : {weft::clock::duration::max(), weft::clock::duration::max() - 1h}) {
        if (length != weft::clock::duration::max()) c.sender.close();
        CHECK(weft::select(after(length, nothing), on(c.receiver, ignore, nothing)) == 1);
    }
}

TEST_CASE("When the time and an item come at one instant the time wins: timers fire before anybody runs") {
    for (const bool sleeper_first : {true, false}) {
        weft::virtual_clock clock;
        Trace trace;
        weft::channel<int> c;
        weft::scope fibers;
        const auto sends = [&] {
            weft::sleep_for(1h);
            trace(c.sender.try_send(1) == weft::send_status::sent ? "sent" : "too late");
        };
        const auto selects = [&] {
            trace("place", weft::select(on(c.receiver, ignore), after(1h, nothing)));
        };
        sleeper_first ? fibers.spawn(sends) : fibers.spawn(selects);
        sleeper_first ? fibers.spawn(selects) : fibers.spawn(sends);
        fibers.join();
        CHECK(trace.text() == (sleeper_first ? "too late, place 1" : "place 1, too late"));
    }
}

TEST_CASE("Selects whose times come at one instant go on in the order in which they began") {
    weft::virtual_clock clock;
    Trace trace;
    weft::channel<int> c;
    weft::scope fibers;
    for (int n = 0; n < 4; ++n)
        fibers.spawn([&, n] {
            if (n % 2)
                weft::sleep_for(1h);
            else
                weft::select(on(c.receiver, ignore), after(1h, nothing));
            trace(n);
        });
    fibers.join();
    CHECK(trace.text() == "0, 1, 2, 3");
}

TEST_CASE("An after counts from the beginning also where the select has to look anew") {
    struct Stubborn {
        int left;
        explicit Stubborn(int n) : left(n) {}
        Stubborn(Stubborn&& other) : left(other.left) {
            if (other.left-- > 0) throw 1;
        }
    };
    weft::virtual_clock clock;
    const auto start = clock.now();
    weft::channel<Stubborn> c;
    weft::scope fibers;
    auto waits = fibers.spawn([&] {
        CHECK(weft::select(on(c.sender, Stubborn(9), nothing), after(1h, nothing)) == 1);
        CHECK(clock.now() == start + 1h);
    });
    for (int i = 0; i < 5; ++i) {
        weft::sleep_for(10min);
        CHECK_THROWS_AS(c.receiver.receive(), int);
    }
    waits.join();
}

TEST_CASE("A loop with a steady after is a heartbeat") {
    weft::virtual_clock clock;
    Trace trace;
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([send = std::move(c.sender)] {
        for (const auto pause : {25min, 5min, 12min}) {
            weft::sleep_for(pause);
            send(1);
        }
    });
    while (weft::select(on(
                            c.receiver, [&](int) { trace("item"); }, [&] { trace("end"); }),
                        after(10min, [&] { trace("beat"); })) != std::size_t(-1) &&
           !contains(trace.text(), "end")) {
    }
    CHECK(trace.text() == "beat, beat, item, item, beat, item, end");
}

TEST_CASE("An after keeps a select alive whose streams have all ended") {
    weft::virtual_clock clock;
    weft::channel<int> early, late;
    early.sender.close();
    weft::scope fibers;
    fibers.spawn([&] {
        weft::sleep_for(10min);
        late.sender.close();
    });
    CHECK(weft::select(on(early.receiver, ignore), on(late.receiver, ignore), after(1h, nothing)) == 2);
}

TEST_CASE("A deadline ends a select like any wait and it leaves all queues") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    weft::channel<int> a, b(1);
    {
        weft::deadline soon(1h);
        CHECK_THROWS_AS(weft::select(on(a.receiver, ignore), on(b.receiver, ignore), after(2h, nothing)),
                        weft::timed_out);
        CHECK(clock.now() == start + 1h);
        CHECK(b.sender.try_send(1) == weft::send_status::sent);
        CHECK_THROWS_AS(weft::select(on(b.receiver, ignore)), weft::timed_out);
    }
    CHECK(a.sender.try_send(1) == weft::send_status::full);
    CHECK(weft::select(on(a.receiver, ignore), on(b.receiver, ignore)) == 1);
    CHECK(!weft::this_thread().next_deadline());
    // One that is nearer than the deadline, and an item that comes in time.
    weft::deadline later(1h);
    CHECK(weft::select(on(a.receiver, ignore), after(59min, nothing)) == 1);
    weft::scope fibers;
    fibers.spawn([&] { a.sender(1); });
    CHECK(weft::select(on(a.receiver, ignore)) == 0);
}

TEST_CASE("A select whose item is lent outlasts the deadline and one whose loop was left does not") {
    for (const bool leaves : {true, false}) {
        weft::virtual_clock clock;
        weft::channel<int> c, other;
        weft::scope fibers;
        auto waits = fibers.spawn([&, leaves] {
            weft::deadline soon(1h);
            const auto once = [&] { weft::select(on(other.receiver, ignore), on(c.sender, 1, nothing)); };
            if (leaves)
                CHECK_THROWS_AS(once(), weft::timed_out);
            else
                once();
            CHECK_THROWS_AS(weft::yield(), weft::timed_out);
            c.sender.close();
        });
        weft::yield();
        for ([[maybe_unused]] int n : c.receiver) {
            if (leaves) break;
            weft::sleep_for(2h);
        }
        waits.join();
    }
}

TEST_CASE("A select that is cancelled leaves all queues and commits nothing") {
    AllGone at_end;
    weft::virtual_clock clock;
    weft::channel<Counted> a, b, full(1);
    full.sender(Counted(0));
    weft::scope fibers;
    auto waits = fibers.spawn([&] {
        weft::select(on(a.receiver, ignore), on(b.sender, Counted(1), nothing),
                     on(full.sender, Counted(2), nothing), on(a.receiver, ignore), after(1h, nothing));
    });
    weft::yield();
    waits.cancel();
    CHECK(a.sender.try_send(Counted(1)) == weft::send_status::full);
    CHECK(!b.receiver.try_receive());
    CHECK(full.receiver.try_receive()->value == 0);
    CHECK(full.receiver.size() == 0);
    CHECK_THROWS_AS(waits.join(), weft::no_result);
    CHECK(!weft::this_thread().next_deadline());
}

TEST_CASE("A select that has an item when it is cancelled handles it") {
    int got = 0;
    weft::channel<int> a, b;
    weft::scope fibers;
    auto waits = fibers.spawn([&] {
        weft::select(on(a.receiver, ignore), on(b.receiver, [&](int n) { got = n; }));
        weft::select(on(a.receiver, ignore));
    });
    weft::yield();
    CHECK(b.sender.try_send(5) == weft::send_status::sent);
    waits.cancel();
    CHECK_THROWS_AS(waits.join(), weft::no_result);
    CHECK(got == 5);
}

TEST_CASE("The text of a deadlock gives all clauses of a select and where it waits") {
    weft::channel<int> a(0, "a", {"made.cpp", 1}), b(0, "b", {"made.cpp", 2}), ended;
    ended.sender.close();
    weft::scope fibers({"scope.cpp", 1});
    auto waits = fibers.spawn(
        [&] {
            weft::select(on(a.receiver, ignore, {"wait.cpp", 7}), on(ended.receiver, ignore),
                         on(b.sender, 1, nothing, {"wait.cpp", 8}));
        },
        {.name = "chooser", .at = {}});
    const std::string text = thrown_by<weft::deadlock>([&] {
        weft::select(on(b.sender, 2, nothing, {"plain.cpp", 1}), on(b.sender, 2, nothing));
    });
    CHECK(contains(
        text, "  plain code waits at plain.cpp:1 in a select: to send on channel 'b' (made at made.cpp:2), "
              "to send on channel 'b' (made at made.cpp:2)\n"));
    CHECK(contains(text,
                   "  fiber 'chooser' waits at wait.cpp:7 in a select: to receive from channel 'a' (made at "
                   "made.cpp:1), to send on channel 'b' (made at made.cpp:2)\n"));
    // The scheduler can be used on, and plain code waits for nothing any more.
    CHECK(b.receiver.receive() == 1);
    CHECK(!b.receiver.try_receive());
    waits.join();
}
