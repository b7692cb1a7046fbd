// SPDX-License-Identifier: BSL-1.0
// An exception that leaves a fiber is never lost and never ends the process by itself (rule 15).
#include <weft/weft.hpp>

#include <stdexcept>
#include <string>

#include "support.hpp"

using test::AllGone;
using test::CapturedStderr;
using test::Counted;
using test::thrown_by;
using test::Trace;

namespace {

[[noreturn]] void fail(const char* why) { throw std::runtime_error(why); }

}  // namespace

TEST_CASE("a failure belongs first to whoever waits in join of the fiber") {
    CapturedStderr captured;
    {
        weft::scope fibers;
        weft::channel<int> c;
        auto f = fibers.spawn([send = std::move(c.sender)] {
            send(1);
            fail("on purpose");
        });
        auto joiner = fibers.spawn([&] { return thrown_by<std::runtime_error>([&] { f.join(); }); });
        CHECK(c.receiver.receive() == 1);
        fibers.join();  // it is taken, and no reason to cancel anything
        CHECK(joiner.join() == "on purpose");
    }
    CHECK(captured.text() == "");
}

TEST_CASE("a failure can be taken by join after the fiber has ended") {
    CapturedStderr captured;
    {
        weft::scope fibers;
        auto f = fibers.spawn([] { fail("on purpose"); });
        weft::yield();
        CHECK(f.done());
        CHECK(thrown_by<std::runtime_error>([&] { f.join(); }) == "on purpose");
        fibers.join();
    }
    CHECK(captured.text() == "");
}

TEST_CASE("a failure is thrown by the receivers of the streams it ended at every later receive") {
    CapturedStderr captured;
    {
        weft::scope fibers;
        weft::channel<int> a, b;
        auto other = b.receiver.clone();
        fibers.spawn([first = std::move(a.sender), second = std::move(b.sender)] {
            first(1);
            second(2);
            fail("on purpose");
        });
        int got = 0;
        CHECK(thrown_by<std::runtime_error>([&] {
                  while (auto n = a.receiver.receive()) got += *n + other.receive().value();
              }) == "on purpose");
        CHECK(got == 3);
        for (int again = 0; again < 3; ++again) {
            CHECK(thrown_by<std::runtime_error>([&] { (void)a.receiver.receive(); }) == "on purpose");
            CHECK(thrown_by<std::runtime_error>([&] { (void)a.receiver.try_receive(); }) == "on purpose");
            CHECK(thrown_by<std::runtime_error>([&] { (void)b.receiver.receive(); }) == "on purpose");
            CHECK(thrown_by<std::runtime_error>([&] {
                      for (int n : other) got += n;
                  }) == "on purpose");
        }
        fibers.join();
        CHECK(got == 3);
    }
    CHECK(captured.text() == "");
}

TEST_CASE("a failure passes down a pipeline from stage to stage") {
    AllGone all;
    CapturedStderr captured;
    {
        weft::scope fibers;
        weft::channel<Counted> a, b;
        fibers.spawn([out = std::move(a.sender)] {
            out(Counted(1));
            fail("at the source");
        });
        fibers.spawn([in = std::move(a.receiver), out = std::move(b.sender)] {
            for (Counted& c : in) out(std::move(c));
        });
        CHECK(thrown_by<std::runtime_error>([&] {
                  for (Counted& c : b.receiver) CHECK(c.value == 1);
              }) == "at the source");
    }
    CHECK(captured.text() == "");
}

TEST_CASE("what leaves a generator is thrown by its loop") {
    CapturedStderr captured;
    {
        weft::generator<int> numbers([](weft::sink<int> send) {
            send(1);
            fail("on purpose");
        });
        int got = 0;
        CHECK(thrown_by<std::runtime_error>([&] {
                  for (int n : numbers) got += n;
              }) == "on purpose");
        CHECK(thrown_by<std::runtime_error>([&] { (void)numbers.receive(); }) == "on purpose");
        CHECK(got == 1);
    }
    CHECK(captured.text() == "");
}

TEST_CASE("whatever leaves a generator after one of its sends was refused is an ordinary end") {
    CapturedStderr captured;
    Trace trace;
    {
        weft::generator<int> numbers([&](weft::sink<int> send) {
            if (!send.offer(1)) trace("this never comes");
            if (!send.offer(2)) fail("as a C library reports that it was stopped");
        });
        trace("got", numbers.receive().value());
    }
    CHECK(trace.text() == "got 1");
    CHECK(captured.text() == "");
}

TEST_CASE("a failing consumer tells its caller by finish") {
    CapturedStderr captured;
    {
        weft::consumer<int> feed([](weft::receiver<int> in) {
            for (int n : in)
                if (n == 2) fail("two is bad");
        });
        feed(1);
        CHECK_THROWS_AS(feed(2), weft::receiver_gone);
        CHECK(!feed.offer(3));
        CHECK(thrown_by<std::runtime_error>([&] { feed.finish(); }) == "two is bad");
        feed.finish();
    }
    CHECK(captured.text() == "");
}

TEST_CASE("if nobody else has the failure the join of the scope cancels the rest and throws it") {
    AllGone all;
    CapturedStderr captured;
    Trace trace;
    {
        weft::scope fibers;
        fibers.spawn([&, mine = Counted()] {
            weft::channel<int> never;
            try {
                (void)never.receiver.receive();
            } catch (const weft::cancelled&) {
                trace("waiter cancelled");
                throw;
            }
        });
        fibers.spawn([] {
            weft::yield();
            fail("on purpose");
        });
        CHECK(thrown_by<std::runtime_error>([&] { fibers.join(); }) == "on purpose");
        CHECK(Counted::live == 0);  // it waited for the rest
        trace("joined");
        fibers.spawn([&] {
            weft::yield();
            trace("usable");
        });
        fibers.join();  // thrown once
    }
    CHECK(trace.text() == "waiter cancelled, joined, usable");
    CHECK(captured.text() == "");
}

TEST_CASE("a failure from before the join is thrown by it and cancels the rest") {
    Trace trace;
    weft::scope fibers;
    fibers.spawn([] { fail("on purpose"); });
    fibers.spawn([&] {
        try {
            weft::channel<int> never;
            (void)never.receiver.receive();
        } catch (const weft::cancelled&) {
            trace("cancelled");
        }
    });
    weft::yield();
    CHECK(thrown_by<std::runtime_error>([&] { fibers.join(); }) == "on purpose");
    CHECK(trace.text() == "cancelled");
}

TEST_CASE("every fiber that joins the scope is thrown the failure") {
    CapturedStderr captured;
    {
        weft::scope joiners, fibers;
        fibers.spawn([] {
            weft::yield();
            weft::yield();
            fail("on purpose");
        });
        auto join = [&] { return thrown_by<std::runtime_error>([&] { fibers.join(); }); };
        auto one = joiners.spawn(join), two = joiners.spawn(join);
        CHECK(join() == "on purpose");
        CHECK(one.join() == "on purpose");
        CHECK(two.join() == "on purpose");
    }
    CHECK(captured.text() == "");
}

TEST_CASE("while a receiver may still take the failure the join of the scope does not cancel the rest") {
    Trace trace;
    weft::channel<int> c;
    weft::scope fibers, readers;
    fibers.spawn([send = std::move(c.sender)] {
        send(1);
        fail("on purpose");
    });
    fibers.spawn([&] {
        for (int i = 0; i < 5; ++i) weft::yield();
        trace("the other was left alone");
    });
    readers.spawn([&, in = std::move(c.receiver)] {
        trace("reader", thrown_by<std::runtime_error>([&] {
                  for (int n : in) trace("got", n);
              }));
    });
    fibers.join();
    CHECK(trace.text() == "got 1, reader on purpose, the other was left alone");
}

TEST_CASE("when the last receiver goes without having taken it the failure is the scope's again") {
    weft::channel<int> c;
    weft::scope fibers, readers;
    Trace trace;
    fibers.spawn([send = std::move(c.sender)] { fail("on purpose"); });
    fibers.spawn([&] {
        try {
            weft::channel<int> never;
            (void)never.receiver.receive();
        } catch (const weft::cancelled&) {
            trace("cancelled");
        }
    });
    readers.spawn([&, in = std::move(c.receiver)] {
        for (int i = 0; i < 3; ++i) weft::yield();
        trace("receiver goes");
    });
    CHECK(thrown_by<std::runtime_error>([&] { fibers.join(); }) == "on purpose");
    CHECK(trace.text() == "receiver goes, cancelled");
}
