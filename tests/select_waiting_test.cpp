// SPDX-License-Identifier: BSL-1.0
// Rule 24: a select that waits, and whoever comes to meet it.
#include <weft/weft.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "select_support.hpp"

using test::AllGone;
using test::Counted;
using test::ignore;
using test::nothing;
using test::Trace;
using weft::on;
using weft::otherwise;

namespace {

/// A fiber waits in a select to receive from the second of three channels; `serve` does something about it.
void expect_received(std::size_t capacity, const std::function<void(weft::channel<int>&)>& serve) {
    Trace trace;
    weft::channel<int> a(capacity), b(capacity), c(capacity);
    weft::scope fibers;
    fibers.spawn([&] {
        const std::size_t place = weft::select(
            on(a.receiver, ignore), on(b.receiver, [&](int n) { trace("got", n); }), on(c.receiver, ignore));
        trace("place", place);
    });
    weft::yield();
    CHECK(trace.text() == "");
    serve(b);
    fibers.join();
    CHECK(trace.text() == "got 5, place 1");
    // The others are rid of it.
    for (auto* left : {&a, &c}) {
        if (capacity == 0) CHECK(left->sender.try_send(1) == weft::send_status::full);
        if (capacity > 0) CHECK(left->sender.size() == 0);
    }
}

/// The same, and it waits to send.
void expect_sent(std::size_t capacity, const std::function<int(weft::channel<int>&)>& take) {
    Trace trace;
    weft::channel<int> a(capacity), b(capacity), c(capacity);
    for (auto* full : {&a, &b, &c})
        while (full->sender.try_send(5) == weft::send_status::sent) {
        }
    weft::scope fibers;
    fibers.spawn([&] {
        const std::size_t place = weft::select(
            on(a.sender, 1, nothing), on(b.sender, 5, [&] { trace("sent"); }), on(c.sender, 1, nothing));
        trace("place", place);
    });
    weft::yield();
    CHECK(trace.text() == "");
    CHECK(take(b) == 5);
    fibers.join();
    CHECK(trace.text() == "sent, place 1");
    for (auto* left : {&a, &c}) {
        CHECK(left->receiver.size() == capacity);
        for (std::size_t i = 0; i < capacity; ++i) CHECK(left->receiver.try_receive() == 5);
        CHECK(!left->receiver.try_receive());
    }
}

}  // namespace

TEST_CASE("A select that finds something ready waits nowhere") {
    weft::channel<int> a, b, stored(1);
    stored.sender(1);
    CHECK(weft::select(on(a.receiver, ignore), on(stored.receiver, ignore), on(b.sender, 1, nothing)) == 1);
    CHECK(weft::select(on(a.receiver, ignore), on(b.sender, 1, nothing), otherwise(nothing)) == 2);
    CHECK(a.sender.try_send(1) == weft::send_status::full);
    CHECK(!b.receiver.try_receive());
}

TEST_CASE("A select that waits to receive is woken by whatever sends") {
    for (std::size_t capacity = 0; capacity <= 3; ++capacity) {
        expect_received(capacity, [](auto& c) { c.sender(5); });
        expect_received(capacity, [](auto& c) { CHECK(c.sender.offer(5)); });
        expect_received(capacity, [](auto& c) { CHECK(c.sender.try_send(5) == weft::send_status::sent); });
        expect_received(capacity, [](auto& c) { weft::sink<long>{c.sender}(5L); });
        expect_received(capacity, [](auto& c) { CHECK(weft::select(on(c.sender, 5, nothing)) == 0); });
        expect_received(capacity, [](auto& c) {
            CHECK(weft::select(on(c.sender, 5, nothing), otherwise(nothing)) == 0);
        });
    }
}

TEST_CASE("A select that waits to send is woken by whatever receives") {
    for (std::size_t capacity = 0; capacity <= 3; ++capacity) {
        expect_sent(capacity, [](auto& c) { return c.receiver.receive().value_or(-1); });
        expect_sent(capacity, [](auto& c) { return c.receiver.try_receive().value_or(-1); });
        expect_sent(capacity, [capacity](auto& c) {
            int got = -1;
            for (int n : c.receiver) {
                got = n;
                break;
            }
            if (capacity == 0) CHECK(!c.receiver.try_receive());  // comes back: the sender goes on
            return got;
        });
        expect_sent(capacity, [](auto& c) {
            int got = -1;
            CHECK(weft::select(on(c.receiver, [&](int n) { got = n; })) == 0);
            return got;
        });
        expect_sent(capacity, [](auto& c) {
            int got = -1;
            CHECK(weft::select(on(c.receiver, [&](int n) { got = n; }), otherwise(nothing)) == 0);
            return got;
        });
    }
}

TEST_CASE("Plain code waits in a select and the fibers run meanwhile") {
    Trace trace;
    weft::channel<int> a, b;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int i = 0; i < 3; ++i) trace("working"), weft::yield();
        b.sender(1);
    });
    CHECK(weft::select(on(a.receiver, ignore), on(b.receiver, [&](int n) { trace("got", n); })) == 1);
    CHECK(trace.text() == "working, working, working, got 1");
}

TEST_CASE("Two selects meet whichever of them came first") {
    for (const bool sender_first : {true, false}) {
        AllGone at_end;
        Trace trace;
        weft::channel<Counted> a, b, c;
        weft::scope fibers;
        const auto sends = [&] {
            trace("sent", weft::select(on(a.sender, Counted(1), nothing), on(b.sender, Counted(2), nothing)));
        };
        const auto receives = [&] {
            trace("received", weft::select(on(c.receiver, [](Counted&) {}),
                                           on(b.receiver, [&](Counted& item) { trace("got", item.value); })));
        };
        sender_first ? fibers.spawn(sends) : fibers.spawn(receives);
        sender_first ? fibers.spawn(receives) : fibers.spawn(sends);
        fibers.join();
        CHECK((trace.text() == "got 2, received 1, sent 1" || trace.text() == "got 2, sent 1, received 1"));
    }
}

TEST_CASE("Two fibers that select to send into each other's channel and to receive from their own meet") {
    weft::channel<int> a, b;
    int received[2] = {}, sent[2] = {};
    weft::scope fibers;
    const auto work = [&](int me, weft::channel<int>& mine, weft::channel<int>& theirs) {
        for (int i = 0; i < 1000; ++i)
            weft::select(on(theirs.sender, int(me), [&] { ++sent[me]; }), on(mine.receiver, [&](int who) {
                             CHECK(who == 1 - me);
                             ++received[me];
                         }));
    };
    fibers.spawn([&] { work(0, a, b); });
    fibers.spawn([&] { work(1, b, a); });
    fibers.join();
    CHECK(sent[0] + received[0] == 1000);
    CHECK(sent[0] == received[1]);
    CHECK(sent[1] == received[0]);
}

TEST_CASE("Selects and receives and loops that wait are served first come first served") {
    Trace trace;
    weft::channel<int> c, other;
    weft::scope fibers;
    for (int n = 0; n < 6; ++n)
        fibers.spawn([&, n, in = c.receiver.clone()] {
            if (n % 3 == 0) {
                weft::select(on(other.receiver, ignore), on(in, [&](int i) { trace(n, "got", i); }));
            } else if (n % 3 == 1) {
                if (auto i = in.receive()) trace(n, "got", *i);
            } else {
                for (int i : in) {
                    trace(n, "got", i);
                    break;
                }
            }
        });
    weft::yield();
    for (int i = 0; i < 6; ++i) {
        c.sender(int(i));
        weft::yield();
    }
    CHECK(trace.text() == "0 got 0, 1 got 1, 2 got 2, 3 got 3, 4 got 4, 5 got 5");
}

TEST_CASE("Selects and sends that wait are served first come first served") {
    for (std::size_t capacity = 0; capacity <= 2; ++capacity) {
        Trace trace;
        weft::channel<int> c(capacity), other;
        for (std::size_t i = 0; i < capacity; ++i) c.sender(100);
        weft::scope fibers;
        for (int n = 0; n < 6; ++n)
            fibers.spawn([&, n, send = c.sender.clone()] {
                if (n % 2)
                    send(int(n));
                else
                    weft::select(on(other.sender, 9, nothing), on(send, int(n), nothing));
            });
        weft::yield();
        c.sender.close();
        for (int n : c.receiver)
            if (n < 100) trace(n);
        CHECK(trace.text() == "0, 1, 2, 3, 4, 5");
    }
}

TEST_CASE("A value handed to a waiting select is its own: nobody can take it away") {
    Trace trace;
    weft::channel<int> a, b;
    weft::scope fibers;
    fibers.spawn([&] {
        weft::select(on(a.receiver, [&](int n) { trace("a", n); }),
                     on(b.receiver, [&](int n) { trace("b", n); }));
    });
    weft::yield();
    CHECK(a.sender.try_send(1) == weft::send_status::sent);
    // It waits no more, neither here nor there, though it has not run.
    CHECK(a.sender.try_send(2) == weft::send_status::full);
    CHECK(b.sender.try_send(3) == weft::send_status::full);
    CHECK(!a.receiver.try_receive());
    fibers.join();
    CHECK(trace.text() == "a 1");
}

TEST_CASE("Items that are selected from channels of any capacities keep their order and none is lost") {
    for (std::size_t left = 0; left <= 3; ++left)
        for (std::size_t right = 0; right <= 3; ++right)
            for (const bool selects : {true, false}) {
                AllGone at_end;
                std::vector<int> got[2], sent[2];
                weft::channel<Counted> a(left), b(right);
                weft::scope fibers;
                fibers.spawn([&, selects, to_a = std::move(a.sender), to_b = std::move(b.sender)] {
                    for (int i = 0; i < 50; ++i) {
                        if (!selects) to_a(Counted(i)), sent[0].push_back(i);
                        weft::select(on(to_a, Counted(100 + i), [&] { sent[0].push_back(100 + i); }),
                                     on(to_b, Counted(200 + i), [&] { sent[1].push_back(200 + i); }));
                        if (i % 7 == 0) weft::yield();
                    }
                });
                while (weft::select(on(a.receiver, [&](Counted& n) { got[0].push_back(n.value); }),
                                    on(b.receiver, [&](Counted& n) { got[1].push_back(n.value); })) !=
                       std::size_t(-1)) {
                }
                fibers.join();
                for (int i : {0, 1}) CHECK(got[i] == sent[i]);
                CHECK(got[0].size() + got[1].size() == (selects ? 50u : 100u));
            }
}

TEST_CASE("A chain of fibers that select passes every item on in order") {
    constexpr int length = 10;
    std::vector<weft::channel<int>> links;
    for (int i = 0; i <= length; ++i) links.emplace_back(static_cast<std::size_t>(i % 3));
    weft::channel<int> never;
    weft::scope fibers;
    for (int i = 0; i < length; ++i)
        fibers.spawn([&never, in = std::move(links[i].receiver), out = std::move(links[i + 1].sender)] {
            std::optional<int> next;
            while (weft::select(on(in, [&](int n) { next = n; })) == 0)
                CHECK(weft::select(on(never.receiver, ignore), on(out, std::move(*next), nothing)) == 1);
        });
    fibers.spawn([send = std::move(links[0].sender)] {
        for (int i = 0; i < 100; ++i) send(int(i));
    });
    int expected = 0;
    for (int n : links[length].receiver) CHECK(n == expected++);
    CHECK(expected == 100);
}
