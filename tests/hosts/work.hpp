// SPDX-License-Identifier: BSL-1.0
// What fibers do works in the loop of every host. Included last, after the Host.
#pragma once

#include "attached.hpp"

TEST_CASE("timers wake fibers in the host's loop and not before their time") {
    Attached host;
    weft::scope fibers;
    int left = 3;
    for (int tens : {3, 1, 2})
        fibers.spawn([&, until = weft::clock::now() + tens * 10ms] {
            weft::sleep_until(until);
            CHECK(weft::clock::now() >= until);
            --left;
        });
    host.run_until([&] { return left == 0; });
}

TEST_CASE("a producer and a consumer run in the host's loop") {
    AllGone at_end;
    Attached host;
    weft::channel<Counted> numbers;
    weft::scope fibers;
    long sum = 0;
    bool ended = false;
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int n = 1; n <= 1000; ++n) send(Counted(n));
    });
    fibers.spawn([&] {
        for (Counted& n : numbers.receiver) sum += n.value;
        ended = true;
    });
    host.run_until([&] { return ended; });
    CHECK(sum == 500500);
}

TEST_CASE("each post of another thread wakes the host") {
    Attached host;
    weft::inbox<int> posts;
    weft::scope fibers;
    std::binary_semaphore received(0);
    std::thread other([&received, to = posts.poster()] {
        for (int n = 0; n < 200; ++n) {
            CHECK(to.post(int(n)));
            received.acquire();
        }
    });
    int next = 0;
    const auto receiving = fibers.spawn([&] {
        for (const int n : posts) {
            CHECK(n == next++);
            received.release();
        }
    });
    host.run_until([&] { return receiving.done(); });
    other.join();
    CHECK(next == 200);
}

TEST_CASE("a call on a helper thread comes back in the host's loop") {
    Attached host;
    weft::scope fibers;
    const auto here = std::this_thread::get_id();
    const auto call = fibers.spawn([&] {
        for (int i = 0; i < 20; ++i) {
            CHECK(weft::offload([] { return std::this_thread::get_id(); }) != here);
            CHECK(std::this_thread::get_id() == here);
        }
    });
    host.run_until([&] { return call.done(); });
}

TEST_CASE("a descriptor for which a fiber waits wakes the host") {
    Attached host;
    const Ends ends = Ends::sockets();
    weft::scope fibers;
    std::string got;
    fibers.spawn([&] {
        while (got.size() < 3) {
            weft::wait_readable(ends.reads());
            if (const char c = ends.get()) got += c;
        }
    });
    for (const char c : {'a', 'b', 'c'}) host.after(c * 1ms - 'a' * 1ms, [&, c] { ends.put(c); });
    host.run_until([&] { return got.size() == 3; });
    CHECK(got == "abc");
}

TEST_CASE("two fibers that yield for ever do not keep the host from its callbacks") {
    Attached host;
    weft::scope fibers;
    long turns[2] = {};
    for (long& mine : turns)
        fibers.spawn([&mine] {
            for (;; ++mine) weft::yield();
        });
    int called = 0;
    const std::function<void()> call = [&] {
        if (++called < 3) host.after(2ms, call);
    };
    host.after(2ms, call);
    host.run_until([&] { return called == 3; });
    for (const long mine : turns) CHECK(mine > 0);
    CHECK(weft::this_thread().fibers().size() == 3);  // and plain code
    fibers.cancel();
}

TEST_CASE("the host wakes when something happens and not otherwise") {
    constexpr int pairs = 3, items = 5;
    Attached host;
    weft::inbox<int> posts;
    weft::scope fibers;
    int left = pairs + 1;
    std::vector<weft::channel<int>> channels(pairs);
    for (int i = 0; i < pairs; ++i) {
        fibers.spawn([i, send = std::move(channels[static_cast<std::size_t>(i)].sender)] {
            for (int n = 0; n < items; ++n) {
                weft::sleep_for(std::chrono::microseconds(7300 + 1100 * i));
                send(int(n));
            }
        });
        fibers.spawn([&left, in = std::move(channels[static_cast<std::size_t>(i)].receiver)] {
            int next = 0;
            for (const int n : in) CHECK(n == next++);
            left -= next == items;
        });
    }
    fibers.spawn([&] {
        CHECK(posts.receive() == 7);
        --left;
    });
    std::thread other([to = posts.poster()] { CHECK(to.post(7)); });
    host.run_until([&] { return left == 0; });
    other.join();
    constexpr int events = 1 + pairs * items + 1;  // the start, timers, the post
    CHECK(host.turns <= 2 * events);
}

TEST_CASE("a loop of the host in a fiber lets the others go on") {
    Attached host;
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    bool closed = false;
    const auto modal = fibers.spawn([&] {
        trace("opened");
        host.run_nested([&] { return closed; });
        trace("closed");
    });
    fibers.spawn([&] {
        for (const int n : numbers.receiver) trace("got", n);
    });
    fibers.spawn([&] {
        for (int n = 1; n <= 3; ++n) {
            weft::sleep_for(2ms);
            numbers.sender(int(n));
        }
        closed = true;
    });
    host.run_until([&] { return modal.done(); });
    CHECK(trace.text() == "opened, got 1, got 2, got 3, closed");
    bool called = false;
    host.after(1ms, [&] { called = true; });
    host.run_until([&] { return called; });
}

TEST_CASE("a loop of the host in a fiber ends when that is cancelled") {
    Attached host;
    weft::scope fibers;
    bool opened = false;
    auto modal = fibers.spawn([&] {
        host.run_nested([&] {
            opened = true;
            return false;
        });
    });
    host.run_until([&] { return opened; });
    host.after(1ms, [&] { modal.cancel(); });
    host.run_until([&] { return modal.done(); });
    CHECK_THROWS_AS(modal.join(), weft::no_result);
}

TEST_CASE("without its guest a host's loop runs no fibers") {
    Attached host;
    weft::scope fibers;
    bool ran = false, called = false;
    host.detach();
    const auto waits = fibers.spawn([&] { ran = true; });
    host.after(1ms, [&] { called = true; });
    host.run_until([&] { return called; });
    CHECK(!ran);
    host.attach();
    host.run_until([&] { return waits.done(); });
    CHECK(ran);
}

TEST_CASE("the loop ends while fibers are parked and a second one begins") {
    AllGone at_end;
    weft::this_thread().fd();
    const int before = test::descriptors();
    for (int twice = 0; twice < 2; ++twice) {
        Trace trace;
        const Ends ends = Ends::pipe();
        weft::channel<int> never;
        weft::scope fibers;
        fibers.spawn([&, item = Counted(1)] { weft::wait_readable(ends.reads()); });
        fibers.spawn([&, item = Counted(2)] { (void)never.receiver.receive(); });
        fibers.spawn([&, item = Counted(3)] { weft::sleep_for(1h); });
        for (int times = 0; times < 2; ++times) {
            Attached host;
            bool woken = false;
            fibers.spawn([&] {
                weft::sleep_for(1ms);
                woken = true;
            });
            host.run_until([&] { return woken; });
            host.detach();
            host.attach();
            host.after(1ms, [&] { woken = false; });
            host.run_until([&] { return !woken; });
            host.detach();
        }
        CHECK(Counted::live == 3);
        fibers.cancel();
    }
    CHECK(test::descriptors() == before);
}
