// SPDX-License-Identifier: BSL-1.0
// Who runs when (rules 19 and 20).
#include <weft/weft.hpp>

#include <chrono>
#include <string>
#include <vector>

#include <weft/virtual_clock.hpp>

#include "support.hpp"

using test::Trace;

TEST_CASE("fibers start when the thread next waits in the order in which they were spawned") {
    Trace trace;
    weft::scope fibers;
    for (int i = 0; i < 4; ++i) fibers.spawn([&, i] { trace("fiber", i); });
    trace("not yet");
    fibers.join();
    CHECK(trace.text() == "not yet, fiber 0, fiber 1, fiber 2, fiber 3");
}

TEST_CASE("a lent item is handed over at once and when the borrower comes back its lender is next") {
    Trace trace;
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&, in = std::move(c.receiver)] {
        for (int n : in) trace("borrower", n);
        trace("borrower ends");
    });
    fibers.spawn([&, send = std::move(c.sender)] {
        for (int i = 0; i < 3; ++i) {
            send(i);
            trace("lender", i);
        }
    });
    fibers.spawn([&] { trace("bystander"); });
    fibers.join();
    CHECK(trace.text() ==
          "borrower 0, lender 0, borrower 1, lender 1, borrower 2, lender 2, bystander, borrower ends");
}

TEST_CASE("a fiber that was handed a moved item runs in the order in which it became ready") {
    Trace trace;
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&, in = std::move(c.receiver)] {
        while (auto n = in.receive()) trace("got", *n);
    });
    fibers.spawn([&, send = std::move(c.sender)] {
        send(1);
        trace("sent");
    });
    fibers.spawn([&] { trace("bystander"); });
    fibers.join();
    CHECK(trace.text() == "sent, bystander, got 1");
}

TEST_CASE("after 64 hand-overs in a row the next goes through the queue") {
    weft::channel<int> c;
    weft::scope fibers;
    int hand_overs = 0;
    std::vector<int> between;
    fibers.spawn([&, in = std::move(c.receiver)] {
        for (int n : in) hand_overs += n;  // one to lend it
    });
    fibers.spawn([&, send = std::move(c.sender)] {
        for (int i = 0; i < 1000; ++i) {
            send(1);
            ++hand_overs;  // one to give it back
        }
    });
    fibers.spawn([&] {
        for (int i = 0; i < 10; ++i) {
            hand_overs = 0;
            weft::yield();
            between.push_back(hand_overs);
        }
    });
    fibers.join();
    // Whoever's turn it is comes through the queue; 64 hand-overs follow.
    for (int n : between) CHECK(n == 1 + 64);
}

TEST_CASE("a busy pair can not starve the rest") {
    weft::channel<int> c;
    weft::scope fibers;
    int items = 0;
    bool enough = false;
    int turns[5] = {};
    for (int& mine : turns)
        fibers.spawn([&] {
            while (!enough) {
                ++mine;
                weft::yield();
            }
        });
    fibers.spawn([&, in = std::move(c.receiver)] {
        for (int n : in) items += n;
    });
    fibers.spawn([&, send = std::move(c.sender)] {
        for (int i = 0; i < 6400; ++i) send(1);
        enough = true;
    });
    fibers.join();
    CHECK(items == 6400);
    for (int mine : turns) CHECK(mine >= 2 * 6400 / 65);
}

TEST_CASE("a busy generator read by plain code can not starve the rest") {
    int turns = 0;
    bool enough = false;
    weft::scope fibers;
    fibers.spawn([&] {
        while (!enough) {
            ++turns;
            weft::yield();
        }
    });
    weft::generator<int> numbers([](weft::sink<int> send) {
        for (int i = 0;; ++i) send(i);
    });
    for (int n : numbers)
        if (n == 6400) break;
    enough = true;
    CHECK(turns >= 2 * 6400 / 65);
}

TEST_CASE("two fibers that only yield can not starve the rest") {
    bool enough = false;
    int yields = 0;
    weft::channel<int> c;
    weft::scope fibers;
    for (int i = 0; i < 2; ++i)
        fibers.spawn([&] {
            while (!enough) {
                ++yields;
                weft::yield();
            }
        });
    fibers.spawn([&, send = std::move(c.sender)] {
        for (int i = 0; i < 10; ++i) send(i);
    });
    int got = 0;
    while (auto n = c.receiver.receive()) ++got;
    enough = true;
    CHECK(got == 10);
    CHECK(yields < 100);
}

TEST_CASE("timers are looked at no less often than every 64 hand-overs") {
    using namespace std::chrono_literals;
    weft::virtual_clock clock;
    weft::channel<int> c;
    weft::scope fibers;
    bool woken = false;
    int after = 0;
    fibers.spawn([&] {
        weft::sleep_for(1h);
        woken = true;
    });
    weft::yield();
    SUBCASE("by a busy pair") {
        fibers.spawn([&, in = std::move(c.receiver)] {
            for (int n : in) after += n;
        });
        fibers.spawn([&, send = std::move(c.sender)] {
            for (int i = 0; i < 100; ++i) send(0);
            CHECK(!woken);
            clock.advance(1h);
            while (!woken && after < 1000) send(2);
        });
        fibers.join();
        CHECK(after <= 66);
    }
    SUBCASE("by two fibers that only yield") {
        for (int i = 0; i < 2; ++i)
            fibers.spawn([&] {
                for (int n = 0; n < 100; ++n) weft::yield();
                CHECK(!woken);
                if (clock.now() < weft::clock::now() + 30min) clock.advance(1h);
                for (; !woken && after < 1000; ++after) weft::yield();
            });
        fibers.join();
        CHECK(after <= 130);
    }
    CHECK(woken);
}

TEST_CASE("yield lets every fiber that is ready run once") {
    Trace trace;
    weft::scope fibers;
    for (int i = 0; i < 4; ++i)
        fibers.spawn([&, i] {
            for (int turn = 0; turn < 3; ++turn) {
                trace(i);
                weft::yield();
            }
        });
    weft::yield();
    CHECK(trace.take() == "0, 1, 2, 3");
    weft::yield();
    CHECK(trace.take() == "0, 1, 2, 3");
    fibers.join();
    CHECK(trace.take() == "0, 1, 2, 3");
}

namespace {

/// A program with a bit of everything: lending, moving, yielding, cancelling, several senders and receivers.
std::string everything() {
    Trace trace;
    {
        weft::channel<int> a, b;
        weft::scope fibers;
        for (int s = 0; s < 3; ++s)
            fibers.spawn([&trace, s, send = a.sender.clone()] {
                for (int i = 0; i < 40; ++i) {
                    send(100 * s + i);
                    if (i % 7 == s) weft::yield();
                    trace("s", s);
                }
            });
        a.sender.close();
        for (int r = 0; r < 2; ++r)
            fibers.spawn([&trace, r, in = a.receiver.clone(), out = b.sender.clone()] {
                for (int n : in) {
                    trace("r", r, n);
                    if (n % 3 == 0) out(n);
                }
            });
        b.sender.close();
        fibers.spawn([&] {
            for (int turn = 0;; ++turn) {
                trace("idler", turn);
                weft::yield();
            }
        });
        while (auto n = b.receiver.receive()) trace("got", *n);
        fibers.cancel();
    }
    return trace.text();
}

}  // namespace

TEST_CASE("same program same order every time") {
    const std::string first = everything();
    CHECK(first.size() > 1000);
    // Whatever ran before: the count of hand-overs starts anew with each turn of the queue.
    for (int before = 1; before < 200; before += 13) {
        weft::generator<int> numbers([](weft::sink<int> send) {
            for (int i = 0;; ++i) send(i);
        });
        int left = before;
        for (int n : numbers)
            if (n >= 0 && --left == 0) break;
        weft::yield();
        CHECK(everything() == first);
    }
}
