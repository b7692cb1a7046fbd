// SPDX-License-Identifier: BSL-1.0
// What select() makes of streams that end, fail or lose an end: before it, meanwhile, and in its handlers.
#include <weft/weft.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

#include "select_support.hpp"

using test::AllGone;
using test::Counted;
using test::ignore;
using test::none;
using test::nothing;
using test::thrown_by;
using test::Trace;
using weft::on;
using weft::otherwise;

namespace {

std::exception_ptr failure(const char* text) { return std::make_exception_ptr(std::runtime_error(text)); }

}  // namespace

TEST_CASE("A loop over select serves every item and ends when all streams have ended") {
    for (std::size_t capacity = 0; capacity <= 3; ++capacity)
        for (const bool early : {true, false}) {
            AllGone at_end;
            int sum = 0, turns = 0;
            weft::channel<Counted> a(capacity), b(capacity);
            weft::scope fibers;
            for (auto* c : {&a, &b})
                fibers.spawn([send = std::move(c->sender)] {
                    for (int i = 1; i <= 20; ++i) send(Counted(i));
                });
            if (early) weft::yield();
            const auto add = [&](const Counted& item) { sum += item.value; };
            while (weft::select(on(a.receiver, add), on(b.receiver, add)) != none) ++turns;
            CHECK(sum == 420);
            CHECK(turns == 40);  // it did not spin
            CHECK(weft::select(on(a.receiver, add), on(b.receiver, add)) == none);
        }
}

TEST_CASE("The end is told once for each receiver and then its clause is left out") {
    Trace trace;
    weft::channel<int> a(1), b(1);
    const auto clone = a.receiver.clone();
    a.sender(1);
    a.sender.close();
    const auto once = [&] {
        return weft::select(on(
                                a.receiver, [&](int n) { trace("got", n); }, [&] { trace("a ended"); }),
                            on(
                                clone, [&](int n) { trace("got", n); }, [&] { trace("the clone's ended"); }),
                            on(a.receiver, ignore, [&] { trace("a ended"); }), on(b.receiver, ignore),
                            otherwise(nothing));
    };
    CHECK(once() < 3);
    CHECK(trace.take() == "got 1");
    CHECK(once() < 3);
    CHECK(once() < 3);
    CHECK((trace.text() == "a ended, the clone's ended" || trace.text() == "the clone's ended, a ended"));
    CHECK(once() == 4);
    // Whoever asks otherwise finds the end all the same.
    CHECK(!a.receiver.receive());
    for ([[maybe_unused]] int n : clone) CHECK(false);
}

TEST_CASE("A loop with handlers for the ends hears each of them and then ends") {
    Trace trace;
    weft::channel<int> a, b;
    weft::scope fibers;
    fibers.spawn([send = std::move(a.sender)] { send(1); });
    fibers.spawn([send = std::move(b.sender)] {
        for (int i = 0; i < 5; ++i) weft::yield();
    });
    while (weft::select(on(
                            a.receiver, [&](int n) { trace("a", n); }, [&] { trace("a ended"); }),
                        on(b.receiver, ignore, [&] { trace("b ended"); })) != none) {
    }
    CHECK(trace.text() == "a 1, a ended, b ended");
}

TEST_CASE("A waiting select goes on with the clauses that are left when a stream ends") {
    Trace trace;
    weft::channel<int> a, b;
    weft::scope fibers;
    auto waits = fibers.spawn([&] {
        trace("place", weft::select(on(a.receiver, ignore), on(b.receiver, [&](int n) { trace("got", n); })));
        CHECK(weft::select(on(a.receiver, ignore), on(b.receiver, ignore)) == none);
        trace("none");
    });
    weft::yield();
    a.sender.close();
    weft::yield();
    CHECK(trace.text() == "");
    b.sender(1);
    weft::yield();
    CHECK(trace.text() == "got 1, place 1");
    b.sender.close();
    waits.join();
    CHECK(trace.text() == "got 1, place 1, none");
}

TEST_CASE("A failed stream throws its failure at every select after the items that wait") {
    Trace trace;
    weft::channel<int> a(2), b;
    a.sender(1);
    a.sender.fail(failure("why"));
    const auto once = [&] {
        return thrown_by<std::runtime_error>([&] {
            weft::select(on(
                             a.receiver, [&](int n) { trace("got", n); }, [] { CHECK(false); }),
                         on(b.receiver, ignore));
        });
    };
    CHECK(once() == "nothing");
    for (int i = 0; i < 3; ++i) CHECK(once() == "why");
    CHECK(trace.text() == "got 1");
    CHECK(b.sender.try_send(1) == weft::send_status::full);
}

TEST_CASE("A stream that fails while a select waits wakes it with the failure") {
    weft::channel<int> a, b;
    weft::scope fibers;
    auto waits = fibers.spawn([&] { weft::select(on(a.receiver, ignore), on(b.receiver, ignore)); });
    weft::yield();
    b.sender.fail(failure("why"));
    CHECK(thrown_by<std::runtime_error>([&] { waits.join(); }) == "why");
    CHECK(a.sender.try_send(1) == weft::send_status::full);
}

TEST_CASE("A truncated stream does not look complete in a select") {
    AllGone at_end;
    for (const bool waits : {true, false}) {
        int got = 0;
        weft::channel<Counted> a, b;
        weft::scope fibers;
        fibers.spawn([&, send = std::move(a.sender)] {
            send(Counted(1));
            if (waits) weft::yield();
            throw std::runtime_error("the producer's");
        });
        if (!waits) weft::yield();
        const auto loop = [&] {
            while (weft::select(on(
                                    a.receiver, [&](Counted&) { ++got; }, [] { CHECK(false); }),
                                on(b.receiver, ignore)) != none) {
            }
        };
        CHECK(thrown_by<std::runtime_error>(loop) == "the producer's");
        CHECK(got == 1);
        CHECK(thrown_by<std::runtime_error>(loop) == "the producer's");
    }
    // Also where the one who lost it looks himself.
    weft::channel<int> c;
    try {
        const auto lost = std::move(c.sender);
        throw 1;
    } catch (int) {
        CHECK_THROWS_AS(weft::select(on(c.receiver, ignore)), weft::stream_failed);
    }
}

TEST_CASE("A clause that sends where nobody receives any more throws receiver_gone") {
    AllGone at_end;
    for (const bool polls : {true, false}) {
        weft::channel<Counted> a, b;
        a.receiver.close();
        Counted mine(7);
        if (polls)
            CHECK_THROWS_AS(
                weft::select(on(a.sender, std::move(mine), [] { CHECK(false); }), otherwise(nothing)),
                weft::receiver_gone);
        else
            CHECK_THROWS_AS(
                weft::select(on(a.sender, std::move(mine), [] { CHECK(false); }), on(b.receiver, ignore)),
                weft::receiver_gone);
        CHECK(mine.value == 7);
        // As does the sender of a stream that another one has failed.
        const auto other = b.sender.clone();
        b.sender.fail(nullptr);
        CHECK_THROWS_AS(weft::select(on(other, std::move(mine), nothing)), weft::receiver_gone);
    }
}

TEST_CASE("A receiver that goes while a select waits to send wakes it with receiver_gone") {
    for (std::size_t capacity = 0; capacity <= 1; ++capacity) {
        AllGone at_end;
        weft::channel<Counted> a(capacity), b(capacity);
        for (auto* c : {&a, &b}) static_cast<void>(c->sender.try_send(Counted(1)));
        weft::scope fibers;
        auto waits = fibers.spawn([&] {
            Counted mine(2);
            CHECK_THROWS_AS(
                weft::select(on(a.sender, Counted(3), nothing), on(b.sender, std::move(mine), nothing)),
                weft::receiver_gone);
            CHECK(mine.value == 2);
        });
        weft::yield();
        b.receiver.close();
        waits.join();
        if (capacity) CHECK(a.receiver.try_receive()->value == 1);
        CHECK(!a.receiver.try_receive());
    }
}

TEST_CASE("A select is told receiver_gone when the loop that had its item is left for ever") {
    weft::channel<int> a, b;
    weft::scope fibers;
    auto waits = fibers.spawn([&] {
        CHECK_THROWS_AS(weft::select(on(a.receiver, ignore), on(b.sender, 1, [] { CHECK(false); })),
                        weft::receiver_gone);
    });
    weft::yield();
    for (int n : weft::receiver<int>(std::move(b.receiver))) {
        CHECK(n == 1);
        break;
    }
    waits.join();
}

TEST_CASE("A closed receiver has ended for select") {
    weft::channel<int> c(1);
    c.sender(1);
    c.receiver.close();
    int told = 0;
    for (int i = 0; i < 2; ++i) weft::select(on(c.receiver, ignore, [&] { ++told; }));
    CHECK(told == 1);
    CHECK(weft::select(on(c.receiver, ignore)) == none);
    CHECK(weft::select(on(c.receiver, ignore), otherwise(nothing)) == 1);
}

TEST_CASE("A handler may close the stream it was called for") {
    for (std::size_t capacity = 0; capacity <= 2; ++capacity) {
        AllGone at_end;
        Trace trace;
        weft::channel<Counted> c(capacity);
        weft::scope fibers;
        fibers.spawn([&, send = std::move(c.sender)] {
            for (int i = 1; send.offer(Counted(i)); ++i) {
            }
            trace("told");
        });
        auto in = std::make_unique<weft::receiver<Counted>>(std::move(c.receiver));
        weft::select(on(*in, [&](Counted& item) {
            in.reset();
            weft::yield();
            CHECK(item.value == 1);  // it is the handler's until that returns
        }));
        fibers.join();
        CHECK(trace.text() == "told");
    }
    weft::channel<int> c(1);
    CHECK(weft::select(on(c.sender, 1, [&] { c.sender.close(); })) == 0);
    CHECK(c.receiver.receive() == 1);
    bool ended = false;
    weft::select(on(c.receiver, ignore, [&] { c.receiver.close(), ended = true; }));
    CHECK(ended);
}
