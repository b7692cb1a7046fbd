// SPDX-License-Identifier: BSL-1.0
// Stacks that overflow (rule 25). The faults are made by tests/death/overflow.cpp.
#include <weft/weft.hpp>

#include <csignal>
#include <string>

#include "support.hpp"
#include "tools.hpp"

using test::contains;
using test::Ended;
using test::run_death;

namespace {

// Sanitizers have more to say after ours and end the process in a way of their own.
void check_died(const Ended& e) {
    if (test::sanitized)
        CHECK(e.status != 0);
    else
        CHECK(e.signal == SIGSEGV);
}

void check_named(const std::string& way) {
    CAPTURE(way);
    const Ended e = run_death("overflow", way);
    check_died(e);
    CHECK(contains(e.errors, "weft: stack overflow in fiber 'deep' (spawned at spawn.cpp:7)"));
    CHECK_FALSE(contains(e.errors, "neighbour"));
}

}  // namespace

TEST_CASE("a stack that overflows hits a guard and the report names the fiber") {
    check_named("recursion");
    check_named("alloca");
}

TEST_CASE("the report of an overflow gives the size of the stack and what to do") {
    const Ended e = run_death("overflow", "recursion");
    CHECK(contains(e.errors, "its stack of "));
    if (!test::sanitized) CHECK(contains(e.errors, "its stack of 262144 bytes is used up"));
    CHECK(contains(e.errors, "spawn it with a larger how::stack"));
}

TEST_CASE("frames of up to 64 KiB can not step over the guard") {
    for (const char* kib : {"4", "8", "12", "16", "20", "24", "28", "32", "40", "48", "56", "63"})
        check_named(kib);
}

TEST_CASE("frames of up to 64 KiB can not step over the guard where it is a mapping") {
    for (const char* kib : {"recursion mapping", "4 mapping", "32 mapping", "63 mapping"}) check_named(kib);
}

TEST_CASE("an overflow on a second thread is reported as well") { check_named("recursion thread"); }

TEST_CASE("the program's own handler is called after the report") {
    const Ended e = run_death("overflow", "recursion handler");
    CHECK(e.status == 7);
    CHECK(contains(e.errors, "weft: stack overflow in fiber 'deep'"));
    CHECK(contains(e.errors, "the program's own handler"));
}

TEST_CASE("a fault that is no overflow is not claimed") {
    const Ended e = run_death("overflow", "null");
    check_died(e);
    CHECK_FALSE(contains(e.errors, "weft: "));
}

TEST_CASE("a fault that is no overflow reaches the program's own handler") {
    const Ended e = run_death("overflow", "null handler");
    CHECK(e.status == 7);
    CHECK_FALSE(contains(e.errors, "weft: "));
}

TEST_CASE("a signal that somebody sent keeps its effect") {
    const Ended e = run_death("overflow", "raise");
    check_died(e);
    CHECK_FALSE(contains(e.errors, "weft: "));
}
