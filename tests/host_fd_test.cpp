// SPDX-License-Identifier: BSL-1.0
// The descriptor that tells a host's loop when run_ready has something to do.
#include <weft/weft.hpp>

#include <chrono>
#include <memory>
#include <thread>

#include "descriptors.hpp"
#include "hosting.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::host_until;
using test::readable;
using test::Trace;

TEST_CASE("the descriptor is readable exactly while run_ready has work") {
    CHECK(!readable());
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int n : c.receiver) (void)n;
    });
    CHECK(readable());
    CHECK(readable());  // until it is done
    CHECK(!weft::this_thread().run_ready());
    CHECK(!readable());
    CHECK(c.sender.try_send(1) == weft::send_status::sent);
    CHECK(readable());
    CHECK(!weft::this_thread().run_ready());
    CHECK(!readable());
    fibers.cancel();
    CHECK(readable());
    fibers.join();
    CHECK(!readable());
}

TEST_CASE("it is always the same descriptor and closed by an exec") {
    const int fd = weft::this_thread().fd();
    CHECK(weft::this_thread().fd() == fd);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    int other = fd;
    std::thread([&] { other = weft::this_thread().fd(); }).join();
    CHECK(other != fd);
}

TEST_CASE("it stays readable while fibers only yield") {
    int turns = 0;
    weft::scope fibers;
    fibers.spawn([&] {
        for (;; ++turns) weft::yield();
    });
    for (int i = 0; i < 10; ++i) {
        CHECK(readable());
        CHECK(weft::this_thread().run_ready());
    }
    CHECK(turns == 9);
    fibers.cancel();
    fibers.join();
    CHECK(!readable());
}

TEST_CASE("a wait in a host's callback leaves the descriptor as it should be") {
    weft::channel<int> c, unread;
    weft::channel<int> buffered(4);
    weft::scope fibers;
    fibers.spawn([&] {
        for (int n : c.receiver) (void)n;
    });
    const auto idle = fibers.spawn([&] { (void)unread.receiver.receive(); });
    CHECK(readable());
    weft::yield();
    CHECK(!readable());
    c.sender(1);  // lent, and given back
    CHECK(!readable());
    CHECK(c.sender.offer(2));
    CHECK(!readable());
    buffered.sender(1);
    CHECK(!readable());
    CHECK(buffered.receiver.receive() == 1);
    CHECK(!readable());
    fibers.spawn([&] { buffered.sender(3); });
    CHECK(readable());
    CHECK(buffered.receiver.receive() == 3);
    weft::yield();
    CHECK(!readable());
    unread.sender(4);  // moved to one who has not run since
    CHECK(readable());
    CHECK(!idle.done());
    weft::this_thread().run_ready();
    CHECK(idle.done());
    CHECK(!readable());
    fibers.spawn([&] { weft::yield(); });
    CHECK(weft::select(weft::on(buffered.receiver, [](int) {}), weft::otherwise([] {})) == 1);
    CHECK(readable());
    fibers.cancel();
    fibers.join();
    CHECK(!readable());
}

TEST_CASE("a fiber that only a busy pair keeps from running is not forgotten") {
    weft::channel<int> c;
    weft::scope fibers;
    long items = 0;
    fibers.spawn([&] {
        for (int n : c.receiver) items += n;
    });
    for (int i = 0; i < 300; ++i) c.sender(1);
    CHECK(items == 300);
    CHECK(!readable());
    c.sender.close();
    CHECK(readable());
    CHECK(!weft::this_thread().run_ready());
    CHECK(!readable());
}

TEST_CASE("the descriptor becomes readable when the first timer is due and not before") {
    weft::scope fibers;
    const auto start = weft::clock::now();
    bool woken = false;
    fibers.spawn([&] {
        weft::sleep_for(30ms);
        woken = true;
    });
    weft::this_thread().run_ready();
    CHECK(!readable());
    CHECK(weft::this_thread().next_deadline() >= start + 30ms);
    CHECK(host_until([&] { return woken; }) == 1);
    CHECK(weft::clock::now() >= start + 30ms);
    CHECK(!readable());
}

TEST_CASE("a host is not woken more often than something happens") {
    Trace trace;
    weft::scope fibers;
    int ticks = 0;
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&, i] {
            for (int turn = 0; turn < 3; ++turn) {
                weft::sleep_for(std::chrono::microseconds(3300 + 1000 * i));
                ++ticks;
            }
        });
    CHECK(host_until([&] { return ticks == 9; }) <= 10);
}

TEST_CASE("under a virtual clock the host's descriptor goes by its time") {
    weft::virtual_clock clock;
    weft::scope fibers;
    int woken = 0;
    for (int hours : {1, 2})
        fibers.spawn([&, hours] {
            weft::sleep_for(std::chrono::hours(hours));
            ++woken;
        });
    weft::this_thread().run_ready();
    CHECK(!readable());
    clock.advance(59min);
    CHECK(!readable());
    clock.advance(1min);
    CHECK(readable());
    CHECK(woken == 0);
    weft::this_thread().run_ready();
    CHECK(woken == 1);
    CHECK(!readable());
    clock.advance(5h);
    weft::this_thread().run_ready();
    CHECK(woken == 2);
    CHECK(!readable());
}

TEST_CASE("a deadline of the host's own code is a timer like any other") {
    CHECK(!readable());
    {
        weft::deadline passed(0s);
        CHECK(passed.passed());
        CHECK(!readable());
    }
    {
        weft::deadline soon(1ms);
        CHECK(readable(10s));
        CHECK_THROWS_AS(weft::this_thread().run_ready(), weft::timed_out);
        CHECK(soon.passed());
        CHECK(!readable());
    }
    {
        weft::deadline later(5ms);
        CHECK(weft::this_thread().next_deadline());
    }
    CHECK(!weft::this_thread().next_deadline());
    CHECK(!readable(20ms));
}

TEST_CASE("a timer that is no more does not make it readable") {
    weft::channel<int> c;
    weft::scope fibers;
    int got = 0;
    fibers.spawn([&] {
        weft::deadline limit(5ms);
        got = *c.receiver.receive();
    });
    weft::this_thread().run_ready();
    CHECK(!readable());
    CHECK(c.sender.try_send(7) == weft::send_status::sent);
    weft::this_thread().run_ready();
    CHECK(got == 7);
    CHECK(!readable(20ms));
}

TEST_CASE("the fibers of a thread that served a host end with it") {
    std::thread([] {
        const int before = test::descriptors();
        {
            weft::scope fibers;
            fibers.spawn([] { weft::sleep_for(1h); });
            weft::this_thread().run_ready();
            CHECK(!readable());
            CHECK(test::descriptors() > before);
        }
        CHECK(!readable());
    }).join();
    const int before = test::descriptors();
    std::thread([] { CHECK(!readable()); }).join();
    CHECK(test::descriptors() == before);
}
