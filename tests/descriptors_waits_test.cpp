// SPDX-License-Identifier: BSL-1.0
// Waiting for a descriptor follows the rules of every wait.
#include <weft/weft.hpp>

#include <poll.h>

#include <chrono>
#include <string>
#include <thread>

#include "descriptors.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::Ends;
using test::Trace;

TEST_CASE("the host's descriptor is readable when a descriptor that a fiber waits for is") {
    const Ends ends = Ends::pipe();
    pollfd host{weft::this_thread().fd(), POLLIN, 0};
    weft::scope fibers;
    char got = 0;
    auto reader = fibers.spawn([&] {
        weft::wait_readable(ends.reads());
        got = ends.get();
    });
    weft::this_thread().run_ready();
    CHECK(poll(&host, 1, 0) == 0);
    ends.put('x');
    CHECK(poll(&host, 1, 0) == 1);
    weft::this_thread().run_ready();
    CHECK(got == 'x');
    CHECK(poll(&host, 1, 0) == 0);
    ends.put('y');  // nobody waits for it
    CHECK(poll(&host, 1, 0) == 0);
}

TEST_CASE("a deadline ends the wait for a descriptor") {
    weft::virtual_clock clock;
    const Ends ends = Ends::pipe();
    const auto start = clock.now();
    weft::scope fibers;
    auto reader = fibers.spawn([&] {
        weft::deadline limit(1h);
        CHECK_THROWS_AS(weft::wait_readable(ends.reads()), weft::timed_out);
        CHECK_THROWS_AS(weft::wait_readable(ends.reads()), weft::timed_out);
    });
    reader.join();
    CHECK(clock.now() == start + 1h);
}

TEST_CASE("time does not jump while a descriptor is ready") {
    weft::virtual_clock clock;
    const Ends ends = Ends::pipe();
    weft::scope fibers;
    auto reader = fibers.spawn([&] {
        weft::deadline limit(1h);
        weft::wait_readable(ends.reads());
    });
    weft::yield();
    ends.put('x');
    reader.join();
}

TEST_CASE("a cancelled fiber leaves its wait for a descriptor") {
    const Ends ends = Ends::pipe();
    Trace trace;
    weft::scope fibers;
    auto first = fibers.spawn([&] {
        try {
            weft::wait_readable(ends.reads());
        } catch (const weft::cancelled&) {
            trace("cancelled");
            throw;
        }
    });
    auto second = fibers.spawn([&] { weft::wait_readable(ends.reads()); });
    weft::yield();
    first.cancel();
    CHECK_THROWS_AS(first.join(), weft::no_result);
    CHECK(!second.done());
    ends.put('x');
    second.join();
    CHECK(trace.text() == "cancelled");
}

TEST_CASE("a descriptor for which nobody waits any more wakes no host") {
    const Ends ends = Ends::pipe();
    pollfd host{weft::this_thread().fd(), POLLIN, 0};
    weft::scope fibers;
    auto reader = fibers.spawn([&] { weft::wait_readable(ends.reads()); });
    weft::this_thread().run_ready();
    reader.cancel();
    weft::this_thread().run_ready();
    CHECK(reader.done());
    ends.put('x');
    CHECK(poll(&host, 1, 0) == 0);
}

TEST_CASE("reports name the descriptor that a fiber waits for") {
    const Ends ends = Ends::sockets();
    ends.fill();
    weft::scope fibers;
    fibers.spawn([&] { weft::wait_readable(ends.writes(), {"here.cpp", 7}); });
    fibers.spawn([&] { weft::wait_writable(ends.writes()); });
    weft::yield();
    const auto all = weft::this_thread().fibers();
    const std::string number = std::to_string(ends.writes());
    CHECK(all.at(1).waits == "to read from descriptor " + number);
    CHECK(all.at(1).waiting_at.line == 7);
    CHECK(all.at(2).waits == "to write to descriptor " + number);
}

TEST_CASE("who waits for a descriptor is no deadlock and its end may bring one about") {
    const Ends ends = Ends::pipe();
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] { weft::wait_readable(ends.reads()); });
    std::thread other([&] { ends.put('x'); });
    CHECK_THROWS_AS((void)c.receiver.receive(), weft::deadlock);
    other.join();
}

TEST_CASE("scopes cancel fibers that wait for descriptors and nothing is left behind") {
    const Ends ends = Ends::pipe();
    int before = 0;
    std::thread([&] {
        before = test::descriptors();
        weft::scope fibers;
        fibers.spawn([&] { weft::wait_readable(ends.reads()); });
        weft::yield();
    }).join();
    CHECK(test::descriptors() == before);
}
