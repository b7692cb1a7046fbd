// SPDX-License-Identifier: BSL-1.0
// Every fiber is parked and nothing outside can wake one (rule 18).
#include <weft/weft.hpp>

#include <chrono>
#include <csignal>
#include <deque>
#include <exception>
#include <stdexcept>
#include <string>

#include <weft/virtual_clock.hpp>

#include "support.hpp"

using test::AllGone;
using test::contains;
using test::Counted;
using test::thrown_by;
using test::Trace;

namespace {

const std::string head = "weft: deadlock: every fiber is parked and nothing outside can wake one\n";

/// A place in a report; lines of this file are counted so that the text can be compared as a whole.
std::string at(unsigned line) { return std::string(__FILE__) + ":" + std::to_string(line); }

}  // namespace

TEST_CASE("a lone receiver gets deadlock") {
    weft::channel<int> lines(0, "lines", {"made.cpp", 1});
    CHECK(thrown_by<weft::deadlock>([&] {
              (void)lines.receiver.receive({"wait.cpp", 2});
          }) == head +
                    "  plain code waits at wait.cpp:2 to receive from channel 'lines' (made at made.cpp:1)\n"
                    "open ends:\n"
                    "  a sender of channel 'lines' (made at made.cpp:1)\n"
                    "  a receiver of channel 'lines' (made at made.cpp:1)");
}

TEST_CASE("a lone loop gets deadlock") {
    weft::channel<int> lines(0, "lines", {"made.cpp", 1});
    unsigned here = 0;
    const auto loop = [&] {
        here = __LINE__ + 1;
        for (int n : lines.receiver) (void)n;
    };
    const std::string text = thrown_by<weft::deadlock>(loop);
    CHECK(text == head + "  plain code waits at " + at(here) +
                      " in a loop over channel 'lines' (made at made.cpp:1)\n"
                      "open ends:\n"
                      "  a sender of channel 'lines' (made at made.cpp:1)\n"
                      "  a receiver of channel 'lines' (made at made.cpp:1)");
}

TEST_CASE("a lone sender gets deadlock and keeps its item") {
    AllGone all;
    weft::channel<Counted> items(0, "", {"made.cpp", 1});
    Counted mine(5);
    CHECK(thrown_by<weft::deadlock>([&] {
              items.sender(std::move(mine), {"wait.cpp", 2});
          }) == head + "  plain code waits at wait.cpp:2 to send on a channel (made at made.cpp:1)\n"
                       "open ends:\n"
                       "  a sender of a channel (made at made.cpp:1)\n"
                       "  a receiver of a channel (made at made.cpp:1)");
    CHECK(mine.value == 5);
}

TEST_CASE("offer tells a deadlock by false") {
    AllGone all;
    weft::channel<Counted> items;
    Counted mine(5);
    CHECK(!items.sender.offer(std::move(mine)));
    CHECK(mine.value == 5);
    weft::sink<Counted> out(items.sender);
    CHECK(!out.offer(std::move(mine)));
    CHECK(mine.value == 5);
}

TEST_CASE("two fibers that wait on each other are both listed") {
    weft::channel<int> a(0, "a", {"made.cpp", 1}), b(0, "b", {"made.cpp", 2});
    weft::scope fibers({"scope.cpp", 5});
    auto wait_for = [](weft::receiver<int>& in, weft::sender<int>& out) {
        out(in.receive({"wait.cpp", 3}).value());
    };
    fibers.spawn(weft::how{.name = "one", .at = {"spawn.cpp", 1}}, wait_for, std::ref(a.receiver),
                 std::ref(b.sender));
    fibers.spawn(weft::how{.name = "two", .at = {"spawn.cpp", 2}}, wait_for, std::ref(b.receiver),
                 std::ref(a.sender));
    const std::string text = thrown_by<weft::deadlock>([&] { fibers.join({"join.cpp", 4}); });
    CHECK(
        text ==
        head +
            "  plain code waits at join.cpp:4 to join a scope (made at scope.cpp:5)\n"
            "  fiber 'one' (spawned at spawn.cpp:1) waits at wait.cpp:3 to receive from channel 'a' (made at "
            "made.cpp:1)\n"
            "  fiber 'two' (spawned at spawn.cpp:2) waits at wait.cpp:3 to receive from channel 'b' (made at "
            "made.cpp:2)\n"
            "open ends:\n"
            "  a sender of channel 'b' (made at made.cpp:2)\n"
            "  a receiver of channel 'b' (made at made.cpp:2)\n"
            "  a sender of channel 'a' (made at made.cpp:1)\n"
            "  a receiver of channel 'a' (made at made.cpp:1)");
}

TEST_CASE("a ring of fibers is listed in full") {
    constexpr int n = 20;
    std::deque<weft::channel<int>> links;
    for (int i = 0; i < n; ++i) links.emplace_back(0, "link");
    weft::scope fibers;
    for (int i = 0; i < n; ++i)
        fibers.spawn([&links, i] { links[(i + 1) % n].sender(links[i].receiver.receive().value()); },
                     {.name = ("hop " + std::to_string(i)).c_str()});
    const std::string text = thrown_by<weft::deadlock>([&] { fibers.join(); });
    for (int i = 0; i < n; ++i) CHECK(contains(text, "  fiber 'hop " + std::to_string(i) + "' (spawned at "));
}

TEST_CASE("fibers that join each other are told apart") {
    weft::scope fibers({"scope.cpp", 5});
    weft::fiber<void> one, two;
    one = fibers.spawn([&] { two.join({"wait.cpp", 1}); }, {.name = "one", .at = {}});
    two = fibers.spawn([&] { one.join({"wait.cpp", 2}); }, {.name = "two", .at = {}});
    CHECK(thrown_by<weft::deadlock>([&] {
              fibers.join({"join.cpp", 4});
          }) == head + "  plain code waits at join.cpp:4 to join a scope (made at scope.cpp:5)\n"
                       "  fiber 'one' waits at wait.cpp:1 to join fiber 'two'\n"
                       "  fiber 'two' waits at wait.cpp:2 to join fiber 'one'");
}

TEST_CASE("the text says to whom an item is lent and tells the last borrower of the chain") {
    Trace trace;
    weft::channel<int> a(0, "a", {"made.cpp", 1}), b(0, "b", {"made.cpp", 2}),
        never(0, "never", {"made.cpp", 3});
    weft::scope fibers({"scope.cpp", 5});
    std::string text;
    fibers.spawn(
        [&] {
            for (int& n : a.receiver) b.sender(n * 10, {"relay.cpp", 1});
        },
        {.name = "relay", .at = {}});
    fibers.spawn(
        [&] {
            for (int& n : b.receiver) {
                text = thrown_by<weft::deadlock>([&] { (void)never.receiver.receive({"last.cpp", 1}); });
                trace("told while it has", n);
            }
        },
        {.name = "last", .at = {}});
    a.sender(4, {"send.cpp", 1});  // lent; it returns when the borrower is done with it
    trace("plain code goes on");
    CHECK(trace.text() == "told while it has 40, plain code goes on");
    CHECK(contains(
        text, head + "  plain code waits at send.cpp:1 to send on channel 'a' (made at made.cpp:1), its item "
                     "is lent to fiber 'relay'\n"
                     "  fiber 'relay' waits at relay.cpp:1 to send on channel 'b' (made at made.cpp:2), its "
                     "item is lent to fiber 'last'\n"
                     "  fiber 'last' waits at last.cpp:1 to receive from channel 'never' (made at "
                     "made.cpp:3)\n"
                     "open ends:\n"));
}

TEST_CASE("a clone is listed with the place where it was made") {
    weft::channel<int> c(0, "c", {"made.cpp", 1});
    auto other = c.sender.clone({"clone.cpp", 2});
    const std::string text = thrown_by<weft::deadlock>([&] { (void)c.receiver.receive(); });
    CHECK(contains(text, "  a sender of channel 'c' (made at made.cpp:1) (made at clone.cpp:2)\n"));
    c.sender.close();
    other.close();
    CHECK(!c.receiver.receive());
}

TEST_CASE("the text lists every failure that nobody has taken and the first one is nested") {
    weft::channel<int> never;
    {
        test::CapturedStderr reported;
        weft::scope fibers;
        fibers.spawn([] { throw std::runtime_error("the first"); }, {.name = "one", .at = {}});
        fibers.spawn([] { throw std::logic_error("the second"); }, {.name = "two", .at = {}});
        auto taken = fibers.spawn([] { throw std::runtime_error("taken"); });
        CHECK(thrown_by<std::runtime_error>([&] { taken.join(); }) == "taken");
        try {
            (void)never.receiver.receive();
            CHECK(false);
        } catch (const weft::deadlock& e) {
            const std::string text = e.what();
            CHECK(contains(text, "\nfailures nobody has taken:\n"
                                 "  fiber 'one': std::runtime_error: the first\n"
                                 "  fiber 'two': std::logic_error: the second"));
            CHECK(!contains(text, "runtime_error: taken"));
            CHECK(thrown_by<std::runtime_error>([&] { std::rethrow_if_nested(e); }) == "the first");
        }
    }
    // Without a failure nothing is nested.
    try {
        (void)never.receiver.receive();
    } catch (const weft::deadlock& e) {
        CHECK(!contains(e.what(), "failures"));
        CHECK(thrown_by<std::exception>([&] { std::rethrow_if_nested(e); }) == "nothing");
    }
}

TEST_CASE("after a deadlock the scheduler can be used on") {
    weft::channel<int> c;
    weft::scope fibers;
    auto f = fibers.spawn([&] { return c.receiver.receive().value(); });
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(f.join(), weft::deadlock);
        CHECK_THROWS_AS(fibers.join(), weft::deadlock);
    }
    c.sender(7);
    CHECK(f.join() == 7);
    fibers.join();
    CHECK(fibers.spawn([] { return 1; }).join() == 1);
}

TEST_CASE("a timer that is pending is no deadlock until it has fired") {
    using namespace std::chrono_literals;
    weft::virtual_clock clock;
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] {
        weft::sleep_for(1h);
        c.sender(1);
    });
    CHECK(c.receiver.receive() == 1);
    const auto then = clock.now();
    fibers.spawn([] { weft::sleep_for(2h); });
    CHECK_THROWS_AS((void)c.receiver.receive(), weft::deadlock);
    CHECK(clock.now() == then + 2h);
}

TEST_CASE("a destructor that can not wait any more prints the same and aborts") {
    const test::Ended ended = test::run_death("deadlock_in_destructor");
    CHECK(ended.signal == SIGABRT);
    CHECK(ended.errors == "weft: a destructor waits for what can never happen\n" + head +
                              "  plain code waits in the destructor of a scope (made at scope.cpp:2)\n"
                              "  fiber 'lender' waits at send.cpp:3 to send on channel 'c' (made at "
                              "made.cpp:1), its item is lent to "
                              "plain code\n"
                              "open ends:\n"
                              "  a sender of channel 'c' (made at made.cpp:1)\n"
                              "  a receiver of channel 'c' (made at made.cpp:1)\n");
}

TEST_CASE("a deadlock in which a loop without a fiber has the item accuses nobody else and aborts") {
    const test::Ended ended = test::run_death("loop_without_fiber");
    CHECK(ended.signal == SIGABRT);
    CHECK(test::contains(ended.errors, "weft: an item is lent to a loop whose fiber has ended"));
    CHECK(test::contains(ended.errors, "its item is lent to a loop whose fiber has ended\n"));
    CHECK_FALSE(test::contains(ended.errors, "lent to fiber"));
}
