// SPDX-License-Identifier: BSL-1.0
// Waiting for descriptors that are not, or no more, open.
#include <weft/weft.hpp>

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>

#include "descriptors.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::contains;
using test::Ends;
using test::error_of;

TEST_CASE("a descriptor that is not open is refused") {
    CHECK(error_of([] { weft::wait_readable(-1); }) == EBADF);
    CHECK(error_of([] { weft::wait_writable(12345); }) == EBADF);
    CHECK(contains(test::thrown_by<std::system_error>([] { weft::wait_readable(12345); }),
                   "weft: waiting for descriptor 12345: "));
    const int own = weft::this_thread().fd();
    CHECK(error_of([&] { weft::wait_readable(own); }) != 0);
}

TEST_CASE("a descriptor closed under those who wait for it is an error and not a hang") {
    Ends ends = Ends::pipe();
    weft::scope fibers;
    int errors = 0;
    for (int i = 0; i < 2; ++i)
        fibers.spawn([&] { errors += error_of([&] { weft::wait_readable(ends.reads()); }) == EBADF; });
    weft::yield();
    ends.close_reading();
    fibers.join();
    CHECK(errors == 2);
}

TEST_CASE("it is an error as well when another file has its number now") {
    Ends ends = Ends::pipe();
    weft::scope fibers;
    auto waiter = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
    weft::yield();
    weft::yield();
    const int number = ends.reads();
    ends.close_reading();
    const Ends other = Ends::pipe();
    CHECK(other.reads() == number);
    CHECK(waiter.join() == EBADF);
}

TEST_CASE("and when that is one that is always ready") {
    std::thread([] {  // without a host, for whom all is made known to the kernel at once
        Ends ends = Ends::pipe();
        weft::scope fibers;
        auto waiter = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
        auto other = fibers.spawn([&] {
            const int number = ends.reads();
            ends.close_reading();
            std::FILE* const regular = std::tmpfile();
            CHECK(fileno(regular) == number);
            return regular;
        });
        std::FILE* const regular = other.join();
        CHECK(waiter.join() == EBADF);
        std::fclose(regular);
    })
        .join();
}

TEST_CASE("a file that comes back to its number can be waited for again") {
    Ends ends = Ends::pipe();
    const int copy = dup(ends.reads()), number = ends.reads();
    weft::scope fibers;
    auto waiter = fibers.spawn([&] { return error_of([&] { weft::wait_readable(number); }); });
    weft::yield();
    weft::yield();
    ends.close_reading();
    CHECK(waiter.join() == EBADF);
    CHECK(dup2(copy, number) == number);
    auto again = fibers.spawn([&] {
        weft::wait_readable(number);
        char c = 0;
        CHECK(read(number, &c, 1) == 1);
        return c;
    });
    weft::yield();
    weft::yield();
    ends.put('x');
    CHECK(again.join() == 'x');
    close(number);
    close(copy);
}

TEST_CASE("and when the file lives on under another number") {
    Ends ends = Ends::pipe();
    const int copy = dup(ends.reads());
    weft::scope fibers;
    auto waiter = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
    weft::yield();
    weft::yield();
    const int number = ends.reads();
    ends.close_reading();
    CHECK(waiter.join() == EBADF);
    const Ends other = Ends::pipe();
    CHECK(other.reads() == number);
    ends.put('x');  // of which nothing may come for the new file
    auto second = fibers.spawn([&] {
        weft::wait_readable(other.reads());
        return other.get();
    });
    for (int i = 0; i < 3; ++i) weft::yield();
    CHECK(!second.done());
    other.put('y');
    CHECK(second.join() == 'y');
    close(copy);
}

TEST_CASE("a host finds out within half a second that a descriptor was closed") {
    Ends ends = Ends::pipe();
    weft::scope fibers;
    auto waiter = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
    pollfd host{weft::this_thread().fd(), POLLIN, 0};
    weft::this_thread().run_ready();
    ends.close_reading();
    const auto closed = weft::clock::now();
    while (!waiter.done()) {
        CHECK(poll(&host, 1, 10000) == 1);
        weft::this_thread().run_ready();
    }
    CHECK(waiter.join() == EBADF);
    CHECK(weft::clock::now() - closed < 5s);
}

TEST_CASE("where no descriptors are to be had a wait fails and the fiber can go on") {
    if (!test::can_be_scarce) return;
    const Ends ends = Ends::pipe();
    std::thread([&] {
        for (int spare = 0; spare < 4; ++spare) {
            const test::ScarceDescriptors few(spare);
            const int error = error_of([&] {
                weft::deadline limit(1ms);
                try {
                    weft::wait_readable(ends.reads());
                } catch (const weft::timed_out&) {
                }
            });
            CHECK(error == (spare < 3 ? EMFILE : 0));
        }
    }).join();
}

TEST_CASE("a host without descriptors to spare is told so") {
    if (!test::can_be_scarce) return;
    test::ScarceDescriptors none;
    std::thread([] {
        CHECK_THROWS_AS(weft::this_thread().fd(), std::system_error);
        CHECK(!weft::this_thread().run_ready());
    }).join();
}
