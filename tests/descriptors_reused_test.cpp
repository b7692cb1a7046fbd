// SPDX-License-Identifier: BSL-1.0
// A descriptor is closed, and another file gets its number: what is waited for is never taken for the other.
#include <weft/weft.hpp>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include "descriptors.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::Ends;
using test::error_of;

namespace {

/// Closes the reading end, and makes another pipe, whose reading end has the same number.
Ends same_number(Ends& of) {
    const int number = of.reads();
    of.close_reading();
    Ends other = Ends::pipe();
    CHECK(other.reads() == number);
    return other;
}

char next_of(const Ends& ends) {
    weft::wait_readable(ends.reads());
    return ends.get();
}

}  // namespace

TEST_CASE("after a wait has timed out its number may be another file's") {
    std::thread([] {
        std::optional<Ends> ends(Ends::pipe());
        for (int i = 0; i < 3; ++i) {
            {
                weft::deadline soon(1ms);
                CHECK_THROWS_AS(weft::wait_readable(ends->reads()), weft::timed_out);
            }
            Ends other = same_number(*ends);
            weft::scope fibers;
            auto reader = fibers.spawn([&] { return next_of(other); });
            weft::yield();
            other.put('x');
            CHECK(reader.join() == 'x');
            ends.emplace(std::move(other));
        }
    }).join();
}

TEST_CASE("and after it was cancelled with others waiting for other files") {
    std::thread([] {
        const Ends third = Ends::pipe();
        Ends ends = Ends::pipe();
        weft::scope fibers;
        fibers.spawn([&] { weft::wait_readable(third.reads()); });
        auto first = fibers.spawn([&] { weft::wait_readable(ends.reads()); });
        weft::yield();
        first.cancel();
        CHECK_THROWS_AS(first.join(), weft::no_result);
        const Ends other = same_number(ends);
        auto second = fibers.spawn([&] { return next_of(other); });
        weft::yield();
        other.put('x');
        CHECK(second.join() == 'x');
    }).join();
}

TEST_CASE("who waits for the closed file gets the error and who waits for its successor does not") {
    for (const bool one_turn : {true, false})
        std::thread([one_turn] {
            Ends ends = Ends::pipe();
            std::optional<Ends> other;
            weft::scope fibers;
            auto first = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
            if (!one_turn) {
                weft::deadline soon(1ms);
                CHECK_THROWS_AS(weft::sleep_for(1h), weft::timed_out);
            }
            auto second = fibers.spawn([&] {
                other.emplace(same_number(ends));
                return next_of(*other);
            });
            CHECK(first.join() == EBADF);
            other->put('x');
            CHECK(second.join() == 'x');
        }).join();
}

TEST_CASE("a file that lives on under another number is not heard for its successor") {
    std::thread([] {
        Ends ends = Ends::pipe();
        const int copy = dup(ends.reads());
        weft::scope fibers;
        auto first = fibers.spawn([&] { weft::wait_readable(ends.reads()); });
        weft::yield();
        const Ends other = same_number(ends);  // before the first is cancelled
        first.cancel();
        CHECK_THROWS_AS(first.join(), weft::no_result);
        auto second = fibers.spawn([&] { return next_of(other); });
        weft::yield();
        ends.put('o');
        for (int i = 0; i < 200; ++i) weft::yield();
        CHECK(!second.done());
        other.put('x');
        CHECK(second.join() == 'x');
        close(copy);
    }).join();
}

TEST_CASE("a closed descriptor is found while other fibers never rest and while time is virtual") {
    std::thread([] {
        Ends ends = Ends::pipe();
        weft::scope fibers;
        auto reader = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
        fibers.spawn([&] {
            ends.close_reading();
            for (;;) weft::yield();
        });
        CHECK(reader.join() == EBADF);
        fibers.cancel();
    }).join();
    std::thread([] {
        weft::virtual_clock clock;
        Ends ends = Ends::pipe();
        weft::scope fibers;
        auto reader = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
        fibers.spawn([&] {
            ends.close_reading();
            for (;;) weft::sleep_for(1s);
        });
        CHECK(reader.join() == EBADF);
    }).join();
}
