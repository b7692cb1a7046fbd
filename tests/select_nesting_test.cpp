// SPDX-License-Identifier: BSL-1.0
// Where select() may be called: in handlers, in loops, with generators, while an exception is in flight.
#include <weft/weft.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "select_support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::Counted;
using test::ignore;
using test::none;
using test::nothing;
using test::Trace;
using weft::on;
using weft::otherwise;

namespace {

/// Does something at the end of its scope.
struct AtEnd {
    std::function<void()> f;
    ~AtEnd() noexcept(false) { f(); }
};

}  // namespace

TEST_CASE("Handlers may select and send and receive on the very streams") {
    AllGone at_end;
    Trace trace;
    weft::channel<Counted> a, b;
    weft::scope fibers;
    for (auto* c : {&a, &b})
        fibers.spawn([send = std::move(c->sender)] {
            for (int i = 1; i <= 3; ++i) send(Counted(i));
        });
    const auto deeper = [&](Counted& outer) {
        weft::select(on(b.receiver, [&](Counted& inner) {
            weft::select(on(a.receiver, ignore), on(b.receiver, ignore),
                         otherwise([&] { trace("none yet"); }));
            trace("both", outer.value, inner.value);
        }));
    };
    for (int i = 0; i < 3; ++i) CHECK(weft::select(on(a.receiver, deeper)) == 0);
    CHECK(weft::select(on(a.receiver, ignore), on(b.receiver, ignore)) == none);
    CHECK(trace.text() == "none yet, both 1 1, none yet, both 2 2, none yet, both 3 3");

    weft::channel<int> c(1);
    for (int i = 0; i < 5; ++i)
        weft::select(on(c.sender, int(i), [&] {
            weft::select(on(c.sender, 9, [] { CHECK(false); }),
                         on(c.receiver, [&](int n) { CHECK(n == i); }));
        }));
    CHECK(c.receiver.size() == 0);
}

TEST_CASE("Handlers may nest a hundred selects deep") {
    int deepest = 0;
    weft::channel<int> c(1);
    std::function<void(int)> dive = [&](int depth) {
        deepest = depth;
        if (depth == 100) return;
        c.sender(int(depth));
        weft::select(on(c.receiver, [&](int n) { dive(n + 1); }));
    };
    dive(0);
    CHECK(deepest == 100);
}

TEST_CASE("A receiver may be selected from within its own loop and after it was left") {
    for (std::size_t capacity = 0; capacity <= 2; ++capacity) {
        AllGone at_end;
        std::vector<int> got;
        weft::channel<Counted> c(capacity);
        weft::scope fibers;
        for (int n = 0; n < 2; ++n)
            fibers.spawn([n, send = c.sender.clone()] {
                for (int i = 1; i <= 2; ++i) send(Counted(10 * n + i));
            });
        c.sender.close();
        for (Counted& outer : c.receiver) {
            got.push_back(outer.value);
            const int before = outer.value;
            weft::select(on(c.receiver, [&](Counted& inner) { got.push_back(inner.value); }));
            CHECK(outer.value == before);
            break;
        }
        while (weft::select(on(c.receiver, [&](Counted& item) { got.push_back(item.value); })) != none) {
        }
        CHECK(got.size() == 4);
        std::vector<int> first, second;
        for (int n : got) (n < 10 ? first : second).push_back(n);
        CHECK(first == std::vector<int>{1, 2});
        CHECK(second == std::vector<int>{11, 12});
    }
}

TEST_CASE("Generators are clauses: they start at the first select and end like streams") {
    AllGone at_end;
    bool started = false;
    int sum = 0;
    weft::generator<Counted> squares([&](weft::sink<Counted> send) {
        started = true;
        for (int i = 1; i <= 3; ++i) send(Counted(i * i));
    });
    weft::channel<Counted> other;
    weft::scope fibers;
    fibers.spawn([send = std::move(other.sender)] { send(Counted(100)); });
    CHECK(!started);
    const auto add = [&](Counted& item) { sum += item.value; };
    int ended = 0;
    while (weft::select(on(squares, add, [&] { ++ended; }), on(other.receiver, add)) != none) {
    }
    CHECK(sum == 114);
    CHECK(ended == 1);
    CHECK(!squares.receive());
    const weft::generator<int> idle([](weft::sink<int>) { CHECK(false); });
    // Not even looked at.
    [[maybe_unused]] const auto unused = on(idle, ignore);
}

TEST_CASE("A generator that has not been asked is not ready but runs from then on") {
    weft::generator<int> one([](weft::sink<int> send) { send(1); });
    int got = 0;
    CHECK(weft::select(on(one, [&](int n) { got = n; }), otherwise(nothing)) == 1);
    weft::yield();
    CHECK(weft::select(on(one, [&](int n) { got = n; }), otherwise(nothing)) == 0);
    CHECK(got == 1);
}

TEST_CASE("A failing generator throws in the select and one that is destroyed in its handler ends after it") {
    AllGone at_end;
    weft::generator<int> fails([](weft::sink<int> send) {
        send(1);
        throw std::runtime_error("the generator's");
    });
    CHECK(weft::select(on(fails, ignore)) == 0);
    CHECK(test::thrown_by<std::runtime_error>([&] { weft::select(on(fails, ignore)); }) == "the generator's");

    bool over = false;
    std::optional<weft::generator<Counted>> endless([&](weft::sink<Counted> send) {
        const AtEnd at{[&] { over = true; }};
        for (;;) send(Counted(1));
    });
    weft::select(on(*endless, [&](Counted& item) {
        endless.reset();
        CHECK(item.value == 1);
        CHECK(!over);
    }));
    CHECK(over);
}

TEST_CASE("Select works while an exception is in flight and throws what it must") {
    Trace trace;
    weft::channel<int> a, b;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int i = 0; i < 3; ++i) weft::yield();
        CHECK(std::uncaught_exceptions() == 0);
        CHECK(!std::current_exception());
        b.sender(1);
        b.sender(2);
    });
    auto unwound = fibers.spawn([&] {
        try {
            const AtEnd at{[&] {
                weft::select(on(a.receiver, ignore), on(b.receiver, [&](int n) { trace("got", n); }));
                CHECK(std::uncaught_exceptions() == 1);
            }};
            throw 5;
        } catch (int n) {
            trace("caught", n);
            weft::select(on(a.receiver, ignore), on(b.receiver, [&](int) { trace("again"); }));
            CHECK(std::current_exception());
        }
    });
    static_cast<void>(unwound);
    weft::scope stopped;
    auto cancelled = stopped.spawn([&] {
        const AtEnd at{[&] {
            // It must give a place, so it throws; a destructor catches it or uses `otherwise`.
            CHECK(std::uncaught_exceptions() == 1);
            CHECK_THROWS_AS(weft::select(on(a.receiver, ignore)), weft::cancelled);
            CHECK(weft::select(on(a.receiver, ignore), otherwise(nothing)) == 1);
            trace("refused");
        }};
        weft::sleep_for(1h);
    });
    weft::yield();
    cancelled.cancel();
    CHECK_THROWS_AS(cancelled.join(), weft::no_result);
    for (int i = 0; i < 6; ++i) weft::yield();
    CHECK(trace.text() == "refused, got 1, caught 5, again");
}
