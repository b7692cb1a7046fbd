// SPDX-License-Identifier: BSL-1.0
// Deadlines among cancels, exceptions, destructors and busy fibers.
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using namespace std::chrono_literals;
using test::Trace;
using weft::deadline;
using weft::timed_out;

TEST_CASE("Destructors of scopes and generators and consumers still wait in a deadline that has passed") {
    const weft::virtual_clock clock;
    Trace trace;
    const deadline past(0ms);
    {
        weft::scope fibers;
        fibers.spawn([&] {
            for (int i = 0; i < 3; ++i) weft::yield();
            trace("fiber ended");
        });
    }
    {
        weft::consumer<int> consumer([&](weft::receiver<int> in) {
            for (int n : in) trace(n);
            trace("consumer ended");
        });
    }
    trace("all");
    CHECK(trace.text() == "fiber ended, consumer ended, all");
}

TEST_CASE(
    "In a deadline that has passed an exception in flight goes its way: send and yield and sleep return") {
    const weft::virtual_clock clock;
    weft::channel<int> numbers;
    struct says_goodbye {
        const weft::sender<int>& send;
        ~says_goodbye() {
            send(1);
            weft::yield();
            weft::sleep_for(1h);
        }
    };
    CHECK(test::thrown_by<std::runtime_error>([&] {
              const deadline past(0ms);
              const says_goodbye last{numbers.sender};
              throw std::runtime_error("in flight");
          }) == "in flight");
}

TEST_CASE("A cancelled fiber is told that it is cancelled even in a deadline that has passed") {
    const weft::virtual_clock clock;
    weft::scope fibers;
    weft::fiber<void> f;
    f = fibers.spawn([&] {
        const deadline past(0ms);
        CHECK_THROWS_AS(weft::yield(), timed_out);
        f.cancel();
        CHECK_THROWS_AS(weft::yield(), weft::cancelled);
    });
    f.join();
}

TEST_CASE("A waiter that a deadline takes out leaves its place and the others keep theirs") {
    const weft::virtual_clock clock;
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 0; n < 4; ++n)
        fibers.spawn([&, n, send = numbers.sender.clone()]() mutable {
            const deadline soon(n % 2 ? 1h : 1ms);
            if (!send.offer(int(n))) send.close();
        });
    numbers.sender.close();
    weft::sleep_for(2ms);
    for (int n : numbers.receiver) trace(n);
    CHECK(trace.text() == "1, 3");
}

TEST_CASE("The lender of a paused loop is woken by its deadline") {
    const weft::virtual_clock clock;
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto sends = fibers.spawn([&, send = numbers.sender.clone()] {
        const deadline soon(5ms);
        CHECK_THROWS_AS(send(1), timed_out);
        trace("timed out");
    });
    for (int n : numbers.receiver) {
        trace("got", n);
        break;
    }
    sends.join();
    CHECK(trace.text() == "got 1, timed out");
}

TEST_CASE("A pair that hands over without end does not keep a deadline from passing") {
    weft::virtual_clock clock;
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int i = 0;; ++i) send(int(i));
    });
    int got = 0;
    const deadline soon(1s);
    CHECK_THROWS_AS(
        [&] {
            for (int n : numbers.receiver) {
                got = n;
                clock.advance(10ms);
            }
        }(),
        timed_out);
    CHECK(got >= 99);
    CHECK(got < 100 + 64 + 1);
}

TEST_CASE("A deadline of one fiber does not disturb another that shares its streams") {
    const weft::virtual_clock clock;
    weft::channel<int> numbers;
    weft::scope fibers;
    int given_up = 0;
    for (int n = 0; n < 5; ++n)
        fibers.spawn([&, n, in = numbers.receiver.clone()] {
            const deadline soon((n + 1) * 1ms);
            try {
                while (in.receive()) {
                }
            } catch (const timed_out&) {
                ++given_up;
            }
        });
    auto patient = fibers.spawn([in = std::move(numbers.receiver)] { return in.receive(); });
    weft::sleep_for(10ms);
    CHECK(given_up == 5);
    numbers.sender(7);
    CHECK(patient.join() == 7);
}

TEST_CASE("Deadlines may go in any order") {
    const weft::virtual_clock clock;
    auto a = std::make_unique<deadline>(5ms);
    auto b = std::make_unique<deadline>(0ms);
    auto c = std::make_unique<deadline>(1h);
    a.reset();
    CHECK_THROWS_AS(weft::yield(), timed_out);
    b.reset();
    weft::sleep_for(10ms);
    c.reset();
    CHECK(!weft::this_thread().next_deadline());
}

TEST_CASE("A deadline may outlive the fiber it is for") {
    const weft::virtual_clock clock;
    for (const auto length : {0ms, 5ms}) {
        std::unique_ptr<deadline> kept;
        {
            weft::scope fibers;
            fibers.spawn([&] { kept = std::make_unique<deadline>(length); });
        }
        weft::sleep_for(10ms);
        CHECK(kept->passed());
    }
    weft::yield();
}

TEST_CASE("A thousand timeouts swallowed in a row are no reason to end the process") {
    const weft::virtual_clock clock;
    weft::channel<int> numbers;
    const deadline past(0ms);
    for (int i = 0; i < 3000; ++i) CHECK_THROWS_AS(numbers.receiver.receive(), timed_out);
}

TEST_CASE("Many deadlines pass in the order of their times") {
    const weft::virtual_clock clock;
    const auto start = clock.now();
    std::vector<int> order;
    weft::scope fibers;
    for (int n = 0; n < 100; ++n)
        fibers.spawn([&, n] {
            const int ms = n * 37 % 100 + 1;
            const deadline soon(ms * 1ms);
            CHECK_THROWS_AS(weft::sleep_for(1h), timed_out);
            CHECK(clock.now() - start == ms * 1ms);
            order.push_back(ms);
        });
    fibers.join();
    for (int n = 0; n < 100; ++n) CHECK(order[static_cast<std::size_t>(n)] == n + 1);
}

TEST_CASE("A deadlock in a deadline is none: the deadline wakes who waits") {
    const weft::virtual_clock clock;
    weft::channel<int> numbers;
    {
        const deadline soon(1h);
        CHECK_THROWS_AS(numbers.receiver.receive(), timed_out);
    }
    CHECK_THROWS_AS(numbers.receiver.receive(), weft::deadlock);
}

TEST_CASE("A time beyond the end of the clock never comes and keeps nobody from a deadlock") {
    for (const bool with_virtual_clock : {true, false}) {
        std::optional<weft::virtual_clock> clock;
        if (with_virtual_clock) clock.emplace();
        weft::channel<int> numbers;
        const auto forever = weft::clock::duration::max();
        const auto ignore = [](int) {};
        const deadline never(forever);
        CHECK(!weft::this_thread().next_deadline());
        CHECK_THROWS_AS(numbers.receiver.receive(), weft::deadlock);
        CHECK_THROWS_AS(weft::sleep_for(forever), weft::deadlock);
        CHECK_THROWS_AS(weft::select(weft::on(numbers.receiver, ignore), weft::after(forever, [] {})),
                        weft::deadlock);
        weft::scope fibers;
        fibers.spawn([send = std::move(numbers.sender)] {
            send(1);
            weft::channel<int>().receiver.receive();
        });
        auto batches = weft::batch(std::move(numbers.receiver), 10);
        CHECK_THROWS_AS(batches.receive(), weft::deadlock);
        CHECK(!never.passed());
        fibers.cancel();
    }
}

TEST_CASE("Any number of deadlines of one fiber may have passed") {
    std::deque<deadline> passed;
    for (int n = 0; n < 1 << 16; ++n) passed.emplace_back(weft::clock::duration::zero());
    CHECK_THROWS_AS(weft::yield(), timed_out);
    while (passed.size() > 1) passed.pop_back();
    CHECK_THROWS_AS(weft::yield(), timed_out);
    passed.clear();
    weft::yield();
}
