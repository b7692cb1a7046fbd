// SPDX-License-Identifier: BSL-1.0
// What can be done wrong with select(), what goes wrong in it, and where it may be called.
#include <weft/weft.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
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

namespace {

std::string misuse(const std::function<void()>& f) { return thrown_by<std::logic_error>(f); }

/// The n-th move or copy throws, and leaves the object it was made from as it was.
struct Throwing : Counted {
    static inline int until_it_throws = 0;

    Throwing(int v) : Counted(v) {}
    Throwing(Throwing&& other) : Counted(checked(std::move(other))) {}
    Throwing(const Throwing& other) : Counted(checked(other)) {}

 private:
    template <class Other>
    static Counted checked(Other&& other) {
        if (--until_it_throws == 0) throw std::runtime_error("this one fails");
        return static_cast<
            std::conditional_t<std::is_const_v<std::remove_reference_t<Other>>, const Counted&, Counted&&>>(
            other);
    }
};

}  // namespace

TEST_CASE("A select without clauses throws logic_error") {
    CHECK(contains(misuse([] { weft::select(); }), "give it at least one"));
    weft::scope fibers;
    fibers.spawn([] { CHECK_THROWS_AS(weft::select(), std::logic_error); });
}

TEST_CASE("A clause of an empty end throws logic_error and the other clauses do nothing") {
    weft::channel<int> ready(1), c;
    ready.sender(1);
    const auto moved_sender = std::move(c.sender);
    const auto moved_receiver = std::move(c.receiver);
    weft::channel<int> closed;
    closed.sender.close();
    const weft::sender<int> no_sender;
    const weft::receiver<int> no_receiver;
    const weft::generator<int> no_generator;
    const auto with = [&](auto&& clause) {
        const std::string text = misuse([&] { weft::select(on(ready.receiver, ignore), clause); });
        CHECK(contains(text, "this end of a stream is empty"));
        CHECK(misuse([&] { weft::select(clause, otherwise(nothing)); }) == text);
        CHECK(misuse([&] { weft::select(on(ready.receiver, ignore), after(0s, nothing), clause); }) == text);
    };
    for (const auto* s : {&std::as_const(c.sender), &std::as_const(closed.sender), &no_sender})
        with(on(*s, 1, nothing));
    for (const auto* r : {&std::as_const(c.receiver), &no_receiver}) with(on(*r, ignore));
    with(on(no_generator, ignore));
    CHECK(ready.receiver.try_receive() == 1);
}

TEST_CASE("A clause of another thread's end throws logic_error") {
    weft::channel<int> c(1);
    c.sender(1);
    std::thread([&] {
        weft::channel<int> mine(1);
        mine.sender(1);
        for (int i = 0; i < 2; ++i) {
            CHECK(contains(misuse([&] { weft::select(on(c.receiver, ignore), on(mine.receiver, ignore)); }),
                           "belongs to another thread"));
            CHECK(contains(misuse([&] { weft::select(on(c.sender, 2, nothing), otherwise(nothing)); }),
                           "belongs to another thread"));
        }
        CHECK(mine.receiver.try_receive() == 1);
    }).join();
    CHECK(c.receiver.try_receive() == 1);
    CHECK(!c.receiver.try_receive());
}

TEST_CASE("An end that goes away or moves while a select waits in it wakes that one with logic_error") {
    using Act = std::function<void(weft::channel<int>&)>;
    const Act acts[] = {
        [](auto& c) { c.receiver.close(); },
        [](auto& c) { weft::receiver<int> moved(std::move(c.receiver)); },
        [](auto& c) { c.receiver = weft::receiver<int>(); },
        [](auto& c) { c.sender.close(); },
        [](auto& c) { weft::sender<int> moved(std::move(c.sender)); },
        [](auto& c) { c.sender = weft::sender<int>(); },
        [](auto& c) { c.sender.fail(nullptr); },
    };
    for (std::size_t which = 0; which < std::size(acts); ++which)
        for (const bool twice : {true, false}) {
            const bool receives = which < 3;
            weft::channel<int> a, b, other;
            weft::scope fibers;
            auto waits = fibers.spawn([&, receives, twice] {
                CHECK(contains(misuse([&] {
                                   if (receives && twice)
                                       weft::select(on(b.receiver, ignore), on(a.receiver, ignore),
                                                    on(other.sender, 1, nothing), on(b.receiver, ignore));
                                   else if (receives)
                                       weft::select(on(a.receiver, ignore), on(b.receiver, ignore));
                                   else if (twice)
                                       weft::select(on(b.sender, 1, nothing), on(a.receiver, ignore),
                                                    on(b.sender, 2, nothing), on(other.sender, 1, nothing));
                                   else
                                       weft::select(on(a.receiver, ignore), on(b.sender, 1, nothing));
                               }),
                               "was destroyed or moved while this fiber waited in it"));
            });
            weft::yield();
            acts[which](b);
            waits.join();
            CHECK(a.sender.try_send(1) == weft::send_status::full);
            CHECK(!other.receiver.try_receive());
        }
}

TEST_CASE("All who wait in an end by selects are woken when it goes") {
    int told = 0;
    weft::channel<int> a, b;
    weft::scope fibers;
    for (int i = 0; i < 10; ++i)
        fibers.spawn([&, i] {
            CHECK_THROWS_AS(i % 2 ? weft::select(on(a.receiver, ignore), on(b.receiver, ignore))
                                  : weft::select(on(b.receiver, ignore), on(b.receiver, ignore)),
                            std::logic_error);
            ++told;
        });
    weft::yield();
    b.receiver.close();
    fibers.join();
    CHECK(told == 10);
    CHECK(a.sender.try_send(1) == weft::send_status::full);
}

TEST_CASE("What a handler throws select throws and the item was received all the same") {
    for (std::size_t capacity = 0; capacity <= 1; ++capacity)
        for (const bool waits : {true, false}) {
            AllGone at_end;
            bool sent = false;
            weft::channel<Counted> c(capacity), other;
            weft::scope fibers;
            fibers.spawn([&] {
                c.sender(Counted(1));
                sent = true;
            });
            if (!waits) weft::yield();
            CHECK(thrown_by<std::runtime_error>([&] {
                      weft::select(on(other.receiver, ignore),
                                   on(c.receiver, [](Counted&) { throw std::runtime_error("mine"); }));
                  }) == "mine");
            weft::yield();
            CHECK(sent);
            CHECK(Counted::live == 0);
            CHECK(!c.receiver.try_receive());
            CHECK(other.sender.try_send(Counted(1)) == weft::send_status::full);
        }
    weft::channel<int> c(1);
    CHECK_THROWS_AS(weft::select(on(c.sender, 1, [] { throw 1; })), int);
    CHECK(c.receiver.try_receive() == 1);
    CHECK_THROWS_AS(weft::select(otherwise([] { throw 1; })), int);
    CHECK_THROWS_AS(weft::select(after(0s, [] { throw 1; })), int);
    c.sender.close();
    CHECK_THROWS_AS(weft::select(on(c.receiver, ignore, [] { throw 1; })), int);
    CHECK(weft::select(on(c.receiver, ignore, nothing)) == std::size_t(-1));  // it was told
}

TEST_CASE("A move that fails in the clause that won leaves the losing channels usable") {
    weft::channel<Throwing> a(1), b, c;
    weft::scope fibers;
    // Into a buffer at once; into one whose place becomes free; to a select that waits for it.
    Throwing mine(1);
    Throwing::until_it_throws = 1;
    CHECK_THROWS_AS(weft::select(on(b.receiver, ignore), on(a.sender, std::move(mine), nothing)),
                    std::runtime_error);
    CHECK(mine.value == 1);
    CHECK(a.sender.size() == 0);
    a.sender(Throwing(0));
    auto sends = fibers.spawn([&] {
        Throwing::until_it_throws = 0;
        CHECK_THROWS_AS(weft::select(on(b.receiver, ignore), on(a.sender, std::move(mine), nothing)),
                        std::runtime_error);
        CHECK(mine.value == 1);
    });
    weft::yield();
    Throwing::until_it_throws = 1;
    for (Throwing& item : a.receiver) {
        CHECK(item.value == 0);
        break;
    }
    sends.join();
    CHECK(a.sender.size() == 0);
    // It waits for either again.
    for (auto* serves : {&c, &b}) {
        int got = 0;
        const auto take = [&](Throwing& item) { got = item.value; };
        auto receives = fibers.spawn([&] { weft::select(on(b.receiver, take), on(c.receiver, take)); });
        weft::yield();
        Throwing::until_it_throws = 1;
        CHECK_THROWS_AS(static_cast<void>(c.sender.try_send(Throwing(1))), std::runtime_error);
        weft::yield();
        CHECK(serves->sender.try_send(Throwing(2)) == weft::send_status::sent);
        receives.join();
        CHECK(got == 2);
        for (auto* each : {&b, &c}) CHECK(each->sender.try_send(Throwing(3)) == weft::send_status::full);
    }
}

TEST_CASE("A fiber that has selected sends like any other where a move fails") {
    weft::channel<Throwing> a, b;
    weft::scope fibers;
    auto sends = fibers.spawn([&] {
        weft::select(on(b.receiver, ignore), on(a.sender, Throwing(1), nothing));
        weft::yield();
        a.sender(Throwing(2));
    });
    weft::yield();
    Throwing::until_it_throws = 0;
    CHECK(a.receiver.receive()->value == 1);
    Throwing::until_it_throws = 1;
    CHECK_THROWS_AS(a.receiver.receive(), std::runtime_error);  // it waited before the item came
    CHECK(a.receiver.receive()->value == 2);
    sends.join();
}

TEST_CASE("A receive whose move fails leaves the item with the select that sends it") {
    for (const bool later_cancelled : {true, false}) {
        weft::channel<Throwing> a, b;
        weft::scope fibers;
        auto sends = fibers.spawn(
            [&] { weft::select(on(a.sender, Throwing(1), nothing), on(b.sender, Throwing(2), nothing)); });
        weft::yield();
        Throwing::until_it_throws = 1;
        CHECK_THROWS_AS(a.receiver.receive(), std::runtime_error);
        if (later_cancelled) {
            sends.cancel();
            CHECK_THROWS_AS(sends.join(), weft::no_result);
        } else {
            weft::yield();
            CHECK(b.receiver.receive()->value == 2);  // it waits for either again
            sends.join();
        }
        CHECK(!a.receiver.try_receive());
        CHECK(!b.receiver.try_receive());
    }
}

TEST_CASE("A copy that fails is made before anything is chosen") {
    weft::channel<Throwing> a(1);
    weft::channel<int> b(1);
    b.sender(1);
    const Throwing mine(1);
    Throwing::until_it_throws = 1;
    CHECK_THROWS_AS(weft::select(on(b.receiver, ignore), on(a.sender, mine, nothing)), std::runtime_error);
    CHECK(b.receiver.size() == 1);
    CHECK(a.receiver.size() == 0);
    CHECK(weft::select(on(a.sender, mine, nothing)) == 0);
}
