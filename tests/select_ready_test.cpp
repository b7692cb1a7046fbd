// SPDX-License-Identifier: BSL-1.0
// Rule 24: what select() does where something is possible at once; and `otherwise`, which never waits.
#include <weft/weft.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <weft/virtual_clock.hpp>

#include "support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::Counted;
using test::Trace;
using weft::after;
using weft::on;
using weft::otherwise;

TEST_CASE("A select does the clause that is ready and gives its place") {
    for (std::size_t ready = 0; ready < 3; ++ready) {
        Trace trace;
        weft::channel<int> c[3];
        weft::scope fibers;
        fibers.spawn([&] { c[ready].sender(int(7)); });
        weft::yield();
        const std::size_t place = weft::select(on(c[0].receiver, [&](int n) { trace("0 got", n); }),
                                               on(c[1].receiver, [&](int n) { trace("1 got", n); }),
                                               on(c[2].receiver, [&](int n) { trace("2 got", n); }));
        CHECK(place == ready);
        CHECK(trace.text() == std::to_string(ready) + " got 7");
    }
}

TEST_CASE("A select sends where somebody waits for an item") {
    for (const bool loops : {true, false}) {
        Trace trace;
        weft::channel<int> a, b;
        weft::scope fibers;
        fibers.spawn([&, loops, in = std::move(b.receiver)] {
            if (loops)
                for (int n : in) trace("got", n);
            else
                while (auto n = in.receive()) trace("got", *n);
        });
        weft::yield();
        CHECK(weft::select(on(a.sender, 1, [&] { trace("a"); }), on(b.sender, 2, [&] { trace("b"); })) == 1);
        weft::yield();
        CHECK(trace.text().size() == std::string("b, got 2").size());
        CHECK(test::contains(trace.text(), "got 2"));
        CHECK(test::contains(trace.text(), "b"));
    }
}

TEST_CASE("otherwise is chosen only if no clause is ready wherever it stands") {
    // Each of three channels has an item or not, and `otherwise` stands first, in the middle or last.
    for (unsigned filled = 0; filled < 8; ++filled) {
        for (int where = 0; where < 3; ++where) {
            weft::channel<int> c[3] = {weft::channel<int>(1), weft::channel<int>(1), weft::channel<int>(1)};
            for (int i = 0; i < 3; ++i)
                if (filled >> i & 1) c[i].sender(int(i));
            int got = -1;
            auto take = [&](int n) { got = n; };
            auto other = otherwise([&] { got = 9; });
            auto a = on(c[0].receiver, take), b = on(c[1].receiver, take), d = on(c[2].receiver, take);
            const std::size_t place = where == 0   ? weft::select(other, a, b, d)
                                      : where == 1 ? weft::select(a, other, b, d)
                                                   : weft::select(a, b, d, other);
            if (filled == 0) {
                CHECK(got == 9);
                CHECK(place == (where == 2 ? 3u : static_cast<unsigned>(where)));
            } else {
                CHECK((got >= 0 && got < 3));
                CHECK((filled >> got & 1) == 1);
            }
        }
    }
}

TEST_CASE("Of two otherwise the first counts and of otherwise and after the former") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    Trace trace;
    weft::channel<int> c;
    for (int i = 0; i < 5; ++i)
        CHECK(weft::select(on(c.receiver, [](int) {}), otherwise([&] { trace("first"); }),
                           otherwise([&] { trace("second"); })) == 1);
    CHECK(trace.take() == "first, first, first, first, first");
    for (const auto delay : {1h, 0h, -1h})
        CHECK(weft::select(after(delay, [&] { trace("after"); }), otherwise([&] { trace("at once"); })) == 1);
    CHECK(trace.text() == "at once, at once, at once");
    CHECK(clock.now() == start);
}

TEST_CASE("after with zero or less is chosen at once unless something is ready") {
    weft::virtual_clock clock;
    const auto start = clock.now();
    for (const weft::clock::duration delay : {weft::clock::duration(0), weft::clock::duration(-1),
                                              weft::clock::duration(-1h), weft::clock::duration::min()}) {
        Trace trace;
        weft::channel<int> c(1);
        weft::scope fibers;
        fibers.spawn([&] { trace("somebody else"); });
        const auto once = [&] {
            return weft::select(after(delay, [&] { trace("after"); }),
                                on(c.receiver, [&](int n) { trace("got", n); }));
        };
        CHECK(once() == 0);
        c.sender(1);
        CHECK(once() == 1);
        CHECK(once() == 0);
        CHECK(trace.text() == "after, got 1, after");
    }
    CHECK(clock.now() == start);
}

TEST_CASE("A select with otherwise never parks in a fiber nor in plain code") {
    for (const bool in_fiber : {true, false}) {
        Trace trace;
        weft::channel<int> looped, received, sent, empty, full(1);
        full.sender(0);
        weft::scope fibers;
        fibers.spawn([&] {
            for (int n : looped.receiver) trace("looped", n);
        });
        fibers.spawn([&] {
            while (auto n = received.receiver.receive()) trace("received", *n);
        });
        fibers.spawn([&] {
            sent.sender(3);
            trace("sent");
        });
        weft::yield();
        const auto all = [&] {
            fibers.spawn([&] { trace("somebody else"); });
            weft::select(on(looped.sender, 1, [&] { trace("to a loop"); }), otherwise([] {}));
            weft::select(on(received.sender, 2, [&] { trace("to a receive"); }), otherwise([] {}));
            weft::select(on(sent.receiver, [&](int n) { trace("got", n); }), otherwise([] {}));
            weft::select(on(empty.receiver, [](int) {}), on(empty.sender, 1, [] {}),
                         on(full.sender, 2, [] {}), otherwise([&] { trace("nothing"); }));
        };
        if (in_fiber) {
            fibers.spawn(all);
            weft::yield();
            weft::yield();
        } else {
            all();
        }
        looped.sender.close();
        received.sender.close();
        fibers.join();
        const std::string itself = "to a loop, to a receive, got 3, nothing";
        CHECK(trace.text() == itself + ", somebody else, looped 1, received 2, sent");
    }
}

TEST_CASE("A select with otherwise is no wait: it works in a cancelled fiber") {
    Trace trace;
    weft::channel<int> in, looped, buffered(1), empty;
    weft::scope fibers;
    fibers.spawn([&] { in.sender(1); });
    fibers.spawn([&] {
        for (int n : looped.receiver) trace("looped", n);
    });
    auto worker = fibers.spawn([&] {
        CHECK_THROWS_AS(weft::sleep_for(1h), weft::cancelled);
        const auto place = [&](auto&& clause) {
            return weft::select(clause, otherwise([&] { trace("otherwise"); }));
        };
        CHECK(place(on(in.receiver, [&](int n) { trace("got", n); })) == 0);
        CHECK(place(on(buffered.sender, 2, [&] { trace("stored"); })) == 0);
        CHECK(place(on(looped.sender, 3, [&] { trace("given"); })) == 0);
        CHECK(place(on(empty.receiver, [](int) {})) == 1);
        CHECK(place(on(empty.sender, 4, [] {})) == 1);
        CHECK_THROWS_AS(weft::select(on(empty.receiver, [](int) {})), weft::cancelled);
        CHECK_THROWS_AS(weft::select(on(buffered.receiver, [](int) {})), weft::cancelled);
        CHECK_THROWS_AS(weft::select(after(0s, [] {})), weft::cancelled);
    });
    weft::yield();
    worker.cancel();
    worker.join();
    CHECK(trace.text() == "got 1, stored, given, otherwise, otherwise, looped 3");
    CHECK(buffered.receiver.try_receive() == 2);
    looped.sender.close();
    fibers.join();
}

TEST_CASE("A select with otherwise is no wait: it works in a deadline that has passed") {
    weft::virtual_clock clock;
    weft::channel<int> c(1);
    weft::deadline over(0s);
    CHECK(weft::select(on(c.receiver, [](int) {}), otherwise([] {})) == 1);
    CHECK(weft::select(on(c.sender, 1, [] {}), otherwise([] {})) == 0);
    CHECK_THROWS_AS(weft::select(on(c.receiver, [](int) {})), weft::timed_out);
    CHECK(weft::select(on(c.receiver, [](int n) { CHECK(n == 1); }), otherwise([] {})) == 0);
}

TEST_CASE("A select sees all its clauses at one instant") {
    // One of the two always has an item; a look at one after the other could find both empty.
    weft::channel<int> a(1), b(1);
    bool over = false;
    int none = 0, found = 0;
    weft::scope fibers;
    a.sender(1);
    fibers.spawn([&] {
        for (int i = 0; i < 1000; ++i) {
            CHECK(b.sender.try_send(1) == weft::send_status::sent);
            weft::yield();
            static_cast<void>(a.receiver.try_receive());
            weft::yield();
            CHECK(a.sender.try_send(1) == weft::send_status::sent);
            weft::yield();
            static_cast<void>(b.receiver.try_receive());
            weft::yield();
        }
        over = true;
    });
    while (!over) {
        // What is taken is put back before anybody else runs.
        const std::size_t place =
            weft::select(on(a.receiver, [](int) {}), on(b.receiver, [](int) {}), otherwise([] {}));
        none += place == 2;
        found += place < 2;
        if (place < 2) CHECK((place ? b : a).sender.try_send(1) == weft::send_status::sent);
        weft::yield();
    }
    CHECK(none == 0);
    CHECK(found > 1000);
}

TEST_CASE("A full buffer is not ready to be sent to and an empty one not to be received from") {
    for (std::size_t capacity = 1; capacity <= 3; ++capacity) {
        AllGone at_end;
        weft::channel<Counted> c(capacity);
        const auto send = [&](int n) {
            return weft::select(on(c.sender, Counted(n), [] {}), otherwise([] {}));
        };
        const auto receive = [&] {
            int got = -1;
            weft::select(on(c.receiver, [&](Counted& item) { got = item.value; }), otherwise([] {}));
            return got;
        };
        CHECK(receive() == -1);
        for (int round = 0; round < 3; ++round) {
            for (std::size_t i = 0; i < capacity; ++i) CHECK(send(int(i)) == 0);
            CHECK(send(99) == 1);
            CHECK(c.sender.size() == capacity);
            for (std::size_t i = 0; i < capacity; ++i) CHECK(receive() == int(i));
            CHECK(receive() == -1);
        }
    }
}

TEST_CASE("Clauses may be kept and used again and again") {
    int sum = 0, idle = 0;
    weft::channel<int> a(3), b(3);
    auto from_a = on(a.receiver, [&](int n) { sum += n; });
    auto from_b = on(b.receiver, [&](int n) { sum += 100 * n; });
    auto nothing = otherwise([&] { ++idle; });
    for (int n = 1; n <= 3; ++n) a.sender(int(n)), b.sender(int(n));
    for (int i = 0; i < 8; ++i) weft::select(from_a, nothing, from_b);
    CHECK(sum == 606);
    CHECK(idle == 2);
    // A clause that is never used does nothing.
    [[maybe_unused]] const auto unused = on(a.sender, 5, [] {});
    CHECK(a.sender.size() == 0);
}

TEST_CASE("A select that is refused has touched nothing") {
    weft::virtual_clock clock;
    bool started = false;
    weft::generator<int> numbers([&](weft::sink<int> send) {
        started = true;
        send(1);
    });
    {
        const weft::deadline past(0s);
        CHECK_THROWS_AS(weft::select(on(numbers, [](int) {})), weft::timed_out);
    }
    CHECK(!started);
    CHECK(weft::select(on(numbers, [](int) {})) == 0);
}

TEST_CASE("Clauses may be kept and used again: each select sends a copy of an lvalue as it is then") {
    weft::channel<std::string> c(4);
    std::string text = "first";
    auto sends = on(c.sender, text, [] {});
    weft::select(sends);
    weft::select(sends);
    text = "second";
    weft::select(sends);
    CHECK(c.receiver.receive() == "first");
    CHECK(c.receiver.receive() == "first");
    CHECK(c.receiver.receive() == "second");
    CHECK(text == "second");
}
