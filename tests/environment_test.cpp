// SPDX-License-Identifier: BSL-1.0
// errno and the rounding mode belong to their fiber too (rule 21).
#include <cstdlib>
#include <weft/weft.hpp>

#include <cerrno>
#include <cfenv>

#include "support.hpp"

namespace {

/// Divides in a way that the optimizer leaves alone.
double third() {
    volatile double one = 1, three = 3;
    return one / three;
}
long double long_third() {
    volatile long double one = 1, three = 3;
    return one / three;
}

}  // namespace

TEST_CASE("errno is kept over every wait") {
    weft::channel<int> c;
    weft::scope fibers;
    for (int i = 1; i <= 3; ++i)
        fibers.spawn([&c, i] {
            CHECK(errno == 0);
            for (int turn = 0; turn < 5; ++turn) {
                errno = i;
                weft::yield();
                CHECK(errno == i);
                c.sender(10 * i + turn);
                CHECK(errno == i);
            }
        });
    errno = 77;
    for (int n = 0; n < 15; ++n) {
        (void)c.receiver.receive();
        CHECK(errno == 77);
    }
    fibers.join();
    CHECK(errno == 77);
    errno = 0;
}

TEST_CASE("the rounding mode is kept over every wait") {
    if (std::getenv("WEFT_UNDER_VALGRIND")) return;  // valgrind rounds in its own way
    const double nearest = third();
    std::fesetround(FE_UPWARD);
    const double up = third();
    std::fesetround(FE_TONEAREST);
    weft::scope fibers;
    for (int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO})
        fibers.spawn([mode, up] {
            std::fesetround(mode);
            for (int i = 0; i < 3; ++i) {
                weft::yield();
                CHECK(std::fegetround() == mode);
                CHECK((third() == up) == (mode == FE_UPWARD));
            }
        });
    fibers.join();
    CHECK(std::fegetround() == FE_TONEAREST);
    CHECK(third() == nearest);
}

TEST_CASE("a fiber starts in the rounding mode of the code that spawned it") {
    if (std::getenv("WEFT_UNDER_VALGRIND")) return;  // valgrind rounds in its own way
    const auto look = [](int mode, double value, long double long_value) {
        CHECK(std::fegetround() == mode);
        CHECK(third() == value);
        CHECK(long_third() == long_value);
        // It may leave another one behind: the next on this stack must not see it.
        std::fesetround(mode == FE_DOWNWARD ? FE_UPWARD : FE_DOWNWARD);
    };
    weft::scope fibers;
    for (int round = 0; round < 2; ++round) {
        for (int mode : {FE_UPWARD, FE_UPWARD, FE_TONEAREST, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST}) {
            std::fesetround(mode);
            fibers.spawn(look, mode, third(), long_third());
        }
        std::fesetround(FE_TONEAREST);
        // Spawned by a fiber, in its mode of that moment.
        fibers.spawn([&] {
            std::fesetround(FE_TOWARDZERO);
            fibers.spawn(look, FE_TOWARDZERO, third(), long_third());
            std::fesetround(FE_UPWARD);
        });
        fibers.join();
        CHECK(std::fegetround() == FE_TONEAREST);
    }
}
