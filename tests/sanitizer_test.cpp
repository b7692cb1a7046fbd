// SPDX-License-Identifier: BSL-1.0
// Sanitizers know of stacks and switches: they find what is wrong in a fiber, and nothing else. In a build without
// them the programs that do nothing wrong are run all the same.
#include <weft/weft.hpp>

#include <cstdlib>
#include <string>

#include "support.hpp"
#include "tools.hpp"

using test::contains;
using test::Ended;
using test::run_death;

TEST_CASE("fibers that are parked when the program exits are no leaks") {
    // Frames that the detection of use after return keeps aside are hidden from LeakSanitizer, for any fiber.
    const char* given = std::getenv("ASAN_OPTIONS");
    const std::string before = given ? given : "";
    setenv("ASAN_OPTIONS", (before + ":detect_stack_use_after_return=0").c_str(), 1);
    const Ended e = run_death("faults", "parked-at-exit");
    setenv("ASAN_OPTIONS", before.c_str(), 1);
    CHECK(e.errors == "");
    CHECK(e.status == 0);
}

TEST_CASE("exceptions that unwind fibers' stacks are no errors") {
    const Ended e = run_death("faults", "throwing");
    CHECK(e.errors == "");
    CHECK(e.status == 0);
}

TEST_CASE("a use after free in a fiber is found") {
    if (!test::address_sanitizer) return;
    const Ended e = run_death("faults", "use-after-free");
    CHECK(contains(e.errors, "heap-use-after-free"));
    CHECK(contains(e.errors, "faults.cpp"));
    CHECK(e.status != 0);
}

TEST_CASE("a read beyond an array on a fiber's stack is found") {
    if (!test::address_sanitizer) return;
    const Ended e = run_death("faults", "beyond-an-array");
    CHECK(contains(e.errors, "stack-buffer-overflow"));
    CHECK(e.status != 0);
}
