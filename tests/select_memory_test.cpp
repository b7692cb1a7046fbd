// SPDX-License-Identifier: BSL-1.0
// Rules 24 and 26: a select allocates nothing, and the clauses that lose leave nothing behind.
//
// This program counts every allocation.
#include <weft/weft.hpp>

#include <chrono>
#include <cstddef>
#include <utility>

#include <weft/virtual_clock.hpp>

#include "allocations.hpp"
#include "select_support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::allocations;
using test::Counted;
using test::ignore;
using test::nothing;
using weft::after;
using weft::on;
using weft::otherwise;

TEST_CASE("A select allocates nothing whether it waits or not") {
    AllGone at_end;
    weft::virtual_clock clock;
    weft::channel<Counted> a, b, stored(2), never, full;
    weft::scope fibers;
    const Counted lvalue(3);
    bool over = false;
    const auto partner = [&] {
        while (!over) {
            weft::select(on(never.receiver, ignore), on(a.sender, Counted(1), nothing));
            weft::select(on(b.receiver, ignore), on(never.receiver, ignore));
        }
    };
    auto other = fibers.spawn(partner);
    const auto everything = [&] {
        for (int i = 0; i < 100; ++i) {
            weft::select(on(a.receiver, ignore), on(never.receiver, ignore));
            weft::yield();  // now it waits to receive
            weft::select(on(b.sender, lvalue, nothing), on(full.sender, Counted(1), nothing));
            weft::select(on(stored.sender, Counted(1), nothing), otherwise(nothing));
            weft::select(on(stored.receiver, ignore), otherwise(nothing));
            weft::select(on(never.receiver, ignore), on(stored.receiver, ignore), after(1s, nothing));
            weft::select(on(never.receiver, ignore), on(full.sender, Counted(1), nothing),
                         otherwise(nothing));
        }
    };
    everything();
    const long before = allocations;
    everything();
    CHECK(allocations == before);
    over = true;
    other.cancel();
}

TEST_CASE("After many rounds the clauses that lost have left neither waiters nor memory") {
    AllGone at_end;
    const int rounds = test::watched() ? 2000 : 100000;
    weft::virtual_clock clock;
    weft::channel<Counted> wins, loses[3];
    weft::scope fibers;
    auto sender = fibers.spawn([&] {
        while (wins.sender.offer(Counted(1))) {
        }
    });
    weft::yield();
    long before = 0;
    int won = 0;
    for (int i = 0; i < rounds; ++i) {
        if (i == rounds / 2) before = allocations;
        const std::size_t place = weft::select(
            on(loses[0].receiver, ignore), on(loses[1].sender, Counted(2), nothing),
            on(loses[2].receiver, ignore), on(wins.receiver, [&](Counted&) { ++won; }),
            on(loses[2].sender, Counted(3), nothing), on(loses[0].receiver, ignore), after(1h, nothing));
        CHECK(place == 3);
    }
    CHECK(allocations == before);
    CHECK(won == rounds);
    for (auto& left : loses) {
        CHECK(left.sender.try_send(Counted(1)) == weft::send_status::full);
        CHECK(!left.receiver.try_receive());
    }
    // Nor timers.
    CHECK(weft::this_thread().next_deadline().value_or(clock.now()) <= clock.now());
    wins.receiver.close();
    sender.join();
    CHECK(!weft::this_thread().next_deadline());
    // And all of it works on.
    fibers.spawn([&] {
        for (auto& left : loses) left.sender(Counted(4));
    });
    for (auto& left : loses) CHECK(left.receiver.receive()->value == 4);
}

TEST_CASE("Many cancelled selects leave nothing behind") {
    AllGone at_end;
    const int rounds = test::watched() ? 200 : 5000;
    weft::channel<Counted> a, b;
    for (int i = 0; i < rounds; ++i) {
        weft::scope fibers;
        for (int n = 0; n < 3; ++n)
            fibers.spawn([&] {
                weft::select(on(a.receiver, ignore), on(b.sender, Counted(1), nothing),
                             on(b.receiver, ignore), on(a.receiver, ignore), after(1h, nothing));
            });
        if (i % 2) weft::yield();
        fibers.cancel();
    }
    for (auto* left : {&a, &b}) {
        CHECK(left->sender.try_send(Counted(1)) == weft::send_status::full);
        CHECK(!left->receiver.try_receive());
    }
    CHECK(!weft::this_thread().next_deadline());
}

TEST_CASE("A select for whose item there is no memory looks anew") {
    if (test::valgrind() || test::thread_sanitizer) return;  // which have their own allocations
    weft::virtual_clock clock;
    weft::channel<int> a(1);
    std::size_t chosen = 7;
    const auto starved = [&] {
        weft::scope inner;
        inner.spawn([&] { chosen = weft::select(on(a.receiver, ignore), after(1ms, nothing)); });
        weft::yield();
        test::until_failure = 0;
        CHECK_THROWS_AS(a.sender(3), std::bad_alloc);
        test::until_failure = -1;
        weft::sleep_for(5ms);
    };
    weft::scope fibers;
    fibers.spawn([&] {
        for (int first : a.receiver) {  // which has the one place,
            CHECK(first == 1);
            weft::select(on(a.receiver, [&](int) { starved(); }));  // and this the other
            break;
        }
    });
    a.sender(1);
    a.sender(2);
    fibers.join();
    CHECK(chosen == 1);
}
