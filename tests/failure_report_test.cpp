// SPDX-License-Identifier: BSL-1.0
// Failures that nobody asks for, several at once, and those of a test framework (rule 15).
#include <weft/weft.hpp>

#include <optional>
#include <stdexcept>
#include <string>

#include "support.hpp"

using test::CapturedStderr;
using test::contains;
using test::thrown_by;
using test::Trace;

namespace {

[[noreturn]] void fail(const char* why) { throw std::runtime_error(why); }

/// No std::exception, as what a failing REQUIRE throws is none.
struct strange {};

}  // namespace

TEST_CASE("if nobody asks the destructor of the scope reports the failure with the name of the fiber") {
    CapturedStderr captured;
    {
        weft::scope fibers;
        fibers.spawn([] { fail("on purpose"); }, {.name = "worker", .at = {"work.cpp", 12}});
        fibers.spawn([] { throw strange(); }, {.name = "other", .at = {}});
    }
    CHECK(captured.text() ==
          "weft: fiber 'worker' (spawned at work.cpp:12) failed and nobody took its failure: "
          "std::runtime_error: on "
          "purpose\n"
          "weft: fiber 'other' failed and nobody took its failure: (anonymous namespace)::strange\n");
}

TEST_CASE("a fiber without a name is reported by the type of its function and its place") {
    CapturedStderr captured;
    const unsigned line = __LINE__ + 3;
    {
        weft::scope fibers;
        fibers.spawn([] { fail("on purpose"); });
    }
    const std::string text = captured.text();
    CHECK((contains(text, "lambda") || contains(text, "$_")));  // clang 14 numbers them
    CHECK(contains(text, std::string("(spawned at ") + __FILE__ + ":" + std::to_string(line) + ")"));
    CHECK(contains(text, "std::runtime_error: on purpose"));
}

TEST_CASE("a fiber that fails while it is cancelled by the destructor is reported") {
    CapturedStderr captured;
    {
        weft::scope fibers;
        fibers.spawn(
            [] {
                try {
                    weft::channel<int> never;
                    (void)never.receiver.receive();
                } catch (...) {
                    fail("translated");
                }
            },
            {.name = "translator", .at = {}});
    }
    CHECK(captured.text() ==
          "weft: fiber 'translator' failed and nobody took its failure: std::runtime_error: translated\n");
}

TEST_CASE("of two failures the first is thrown by join and the other is not lost") {
    CapturedStderr captured;
    {
        weft::scope fibers;
        fibers.spawn([] { fail("the first"); }, {.name = "one", .at = {}});
        fibers.spawn([] { fail("the second"); }, {.name = "two", .at = {}});
        CHECK(thrown_by<std::runtime_error>([&] { fibers.join(); }) == "the first");
    }
    CHECK(captured.text() ==
          "weft: fiber 'two' failed and nobody took its failure: std::runtime_error: the second\n");
}

TEST_CASE("of two failures the second is thrown by a second join") {
    weft::scope fibers;
    fibers.spawn([] { fail("the first"); });
    fibers.spawn([] { fail("the second"); });
    CHECK(thrown_by<std::runtime_error>([&] { fibers.join(); }) == "the first");
    CHECK(thrown_by<std::runtime_error>([&] { fibers.join(); }) == "the second");
    fibers.join();
}

TEST_CASE("a fiber that fails while join cancels it does not hide the first failure") {
    CapturedStderr captured;
    {
        weft::scope fibers;
        fibers.spawn(
            [] {
                try {
                    weft::channel<int> never;
                    (void)never.receiver.receive();
                } catch (...) {
                    fail("translated");
                }
            },
            {.name = "translator", .at = {}});
        fibers.spawn([] { fail("the first"); });
        CHECK(thrown_by<std::runtime_error>([&] { fibers.join(); }) == "the first");
    }
    CHECK(captured.text() ==
          "weft: fiber 'translator' failed and nobody took its failure: std::runtime_error: translated\n");
}

TEST_CASE("a failure while join throws does not end the process") {
    CapturedStderr captured;
    // The exception of the inner join unwinds the outer scope, whose fibers then fail one after the other.
    const std::string thrown = thrown_by<std::runtime_error>([] {
        weft::scope outer;
        for (int i = 0; i < 2; ++i)
            outer.spawn(
                [] {
                    try {
                        weft::channel<int> never;
                        (void)never.receiver.receive();
                    } catch (...) {
                        fail("while unwinding");
                    }
                },
                {.name = "outer", .at = {}});
        weft::scope inner;
        inner.spawn([] { fail("on purpose"); });
        inner.join();
    });
    CHECK(thrown == "on purpose");
    const std::string line =
        "weft: fiber 'outer' failed and nobody took its failure: std::runtime_error: while unwinding\n";
    CHECK(captured.text() == line + line);
}

TEST_CASE("what is no std::exception is carried to the joiner as well") {
    weft::scope fibers;
    auto f = fibers.spawn([] { throw strange(); });
    CHECK_THROWS_AS(f.join(), strange);
    fibers.spawn([] { throw 42; });
    CHECK_THROWS_AS(fibers.join(), int);
}

TEST_CASE("cancelled and receiver_gone leaving a fiber are ordinary ends") {
    CapturedStderr captured;
    {
        weft::scope fibers;
        weft::channel<int> c, never;
        auto sends = fibers.spawn([send = std::move(c.sender)] {
            for (;;) send(1);
        });
        auto waits = fibers.spawn([&] { (void)never.receiver.receive(); });
        CHECK(c.receiver.receive() == 1);
        c.receiver.close();
        waits.cancel();
        fibers.join();
        CHECK_THROWS_AS(sends.join(), weft::no_result);
        CHECK_THROWS_AS(waits.join(), weft::no_result);
    }
    CHECK(captured.text() == "");
}

TEST_CASE("a failing REQUIRE in a fiber is carried out to the test") {
    const test::Ended ended = test::run_death("require_in_fiber");
    CHECK(ended.status == 1);
    CHECK(ended.errors == "the test case was left\n");
}
