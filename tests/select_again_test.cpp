// SPDX-License-Identifier: BSL-1.0
// Selects that look anew, and clauses that are used more than once.
#include <weft/weft.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "select_support.hpp"

using test::contains;
using test::ignore;
using test::nothing;
using test::thrown_by;
using weft::on;

namespace {

/// The next move throws, if it is told so, and does something before.
struct Throwing {
    static inline bool next = false;
    static inline std::function<void()> first;
    int written = 0;
    Throwing() = default;
    Throwing(Throwing&&) {
        if (!std::exchange(next, false)) return;
        if (first) std::exchange(first, nullptr)();
        throw std::runtime_error("this one fails");
    }
};

}  // namespace

TEST_CASE("A sender that goes before a select looks anew is misuse as it is while the select waits in it") {
    weft::channel<Throwing> a;
    auto b = std::make_unique<weft::channel<int>>();
    const auto receives = [&] { weft::select(on(a.receiver, ignore), on(b->sender, 5, nothing)); };
    const auto sends = [&] { weft::select(on(a.sender, Throwing(), nothing), on(b->sender, 5, nothing)); };
    weft::scope fibers;
    fibers.spawn([&] { CHECK(contains(thrown_by<std::logic_error>(receives), "was destroyed")); });
    weft::yield();
    Throwing::next = true;
    CHECK_THROWS_AS(static_cast<void>(a.sender.try_send(Throwing())), std::runtime_error);
    b.reset();
    weft::yield();
    b = std::make_unique<weft::channel<int>>();
    fibers.spawn([&] { CHECK(contains(thrown_by<std::logic_error>(sends), "was destroyed")); });
    weft::yield();
    Throwing::next = true;
    CHECK_THROWS_AS(a.receiver.receive(), std::runtime_error);
    b.reset();
    weft::yield();
}

TEST_CASE("A receiver that is closed while a move to its select throws is misuse") {
    weft::channel<Throwing> a;
    weft::channel<int> b;
    const auto receives = [&] { weft::select(on(a.receiver, ignore), on(b.receiver, ignore)); };
    weft::scope fibers;
    fibers.spawn([&] { CHECK(contains(thrown_by<std::logic_error>(receives), "was destroyed")); });
    weft::yield();
    Throwing::next = true;
    Throwing::first = [&] { a.receiver.close(); };
    CHECK_THROWS_AS(static_cast<void>(a.sender.try_send(Throwing())), std::runtime_error);
    fibers.join();
}

TEST_CASE("A select to whose stream an item was moving when it ended goes on with the others") {
    weft::channel<Throwing> a;
    weft::channel<int> b;
    int got = 0;
    weft::scope fibers;
    fibers.spawn(
        [&] { CHECK(weft::select(on(a.receiver, ignore), on(b.receiver, [&](int n) { got = n; })) == 1); });
    weft::yield();
    Throwing::next = true;
    Throwing::first = [&] { a.sender.close(); };
    CHECK_THROWS_AS(static_cast<void>(a.sender.try_send(Throwing())), std::runtime_error);
    weft::yield();
    b.sender(5);
    fibers.join();
    CHECK(got == 5);
}

TEST_CASE("A clause that is given twice to a select is one clause") {
    weft::channel<int> a, b;
    int got = 0;
    std::size_t rounds = 0;
    weft::scope fibers;
    fibers.spawn([&] {
        auto from_a = on(a.receiver, [&](int n) { got += n; });
        const int seven = 7;
        auto to_b = on(b.sender, seven, nothing);
        for (; rounds < 3; ++rounds) CHECK(weft::select(from_a, to_b, from_a, to_b) < 4);
        while (weft::select(from_a, from_a) != std::size_t(-1)) {
        }
        rounds = 100;
    });
    weft::yield();
    a.sender(1);
    CHECK(b.receiver.receive() == 7);
    a.sender(2);
    a.sender(4);
    CHECK(a.sender.try_send(8) == weft::send_status::sent);
    a.sender.close();
    fibers.join();
    CHECK(got == 15);
    CHECK(rounds == 100);
}

TEST_CASE("A clause that waits in the select of another fiber throws logic_error and goes on there") {
    weft::channel<int> a;
    int got = 0;
    auto from_a = on(a.receiver, [&](int n) { got += n; });
    weft::scope fibers;
    fibers.spawn([&] { CHECK(weft::select(from_a) == 0); });
    weft::yield();
    CHECK(contains(thrown_by<std::logic_error>([&] { weft::select(from_a); }), "another fiber"));
    a.sender(3);
    fibers.join();
    CHECK(got == 3);
    CHECK(a.sender.try_send(4) == weft::send_status::full);
    auto sends = fibers.spawn([&] { a.sender(5); });
    CHECK(weft::select(from_a) == 0);
    CHECK(got == 8);
}

TEST_CASE("A copy of a clause that waits waits nowhere and may be used at once") {
    weft::channel<int> c;
    weft::scope fibers;
    int got = 0;
    auto clause = on(c.receiver, [&](int n) { got = 10 * got + n; });
    fibers.spawn([&] { weft::select(clause); });
    weft::yield();
    auto copy = clause;
    fibers.spawn([&] { weft::select(copy); });
    weft::yield();
    c.sender(1);
    c.sender(2);
    CHECK(got == 12);
}

TEST_CASE("A clause may be used again in its own handler and keeps the item there") {
    std::optional<weft::channel<Throwing>> a(std::in_place, 1);
    weft::channel<Throwing> b(1);
    std::function<void(Throwing&)> in_handler;
    auto from_a = on(a->receiver, [&](Throwing& t) { in_handler(t); });
    auto from_b = on(b.receiver, ignore);
    Throwing* lent = nullptr;
    bool used = false;
    in_handler = [&](Throwing& t) {
        lent = &t;
        CHECK(weft::select(from_a, from_b) == 1);
        a.reset();
        t.written = 1;  // it is there still
        used = true;
    };
    weft::scope fibers;
    fibers.spawn([&] { CHECK(weft::select(from_a) == 0); });
    weft::yield();
    a->sender(Throwing());
    weft::yield();
    b.sender(Throwing());
    fibers.join();
    CHECK(used);
    CHECK(lent);
}
