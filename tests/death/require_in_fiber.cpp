// SPDX-License-Identifier: BSL-1.0
// A test of a user whose REQUIRE fails in a fiber: the test case fails and is left, nothing else happens.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdio>

#include <weft/weft.hpp>

TEST_CASE("a REQUIRE in a fiber") {
    struct end {
        ~end() { std::fputs("the test case was left\n", stderr); }
    } at_end;
    weft::scope fibers;
    fibers.spawn([] {
        const int two = 2;
        REQUIRE(two == 3);
        std::fputs("the fiber went on\n", stderr);
    });
    fibers.join();
    std::fputs("the test case went on\n", stderr);
}
