// SPDX-License-Identifier: BSL-1.0
// Rule 23: how long waits may last.
#include <chrono>
#include <functional>
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

TEST_CASE("A wait that outlasts a deadline throws timed_out and so does every later one in it") {
    const weft::virtual_clock clock;
    const auto start = clock.now();
    weft::channel<int> numbers;
    {
        const deadline soon(10ms);
        CHECK(!soon.passed());
        CHECK_THROWS_AS(numbers.receiver.receive(), timed_out);
        CHECK(clock.now() - start == 10ms);
        CHECK(soon.passed());
        CHECK_THROWS_AS(numbers.receiver.receive(), timed_out);
        CHECK_THROWS_AS(weft::yield(), timed_out);
        CHECK_THROWS_AS(weft::sleep_for(1ms), timed_out);
        CHECK(clock.now() - start == 10ms);
    }
    weft::sleep_for(1ms);  // behind it all is as before
    CHECK(clock.now() - start == 11ms);
}

TEST_CASE("A deadline works for every wait there is") {
    const weft::virtual_clock clock;
    weft::channel<int> empty, full(1);
    full.sender(1);
    weft::scope fibers;
    auto sleeper = fibers.spawn([] { weft::sleep_for(1h); });
    weft::generator<int> slow([](weft::sink<int> send) {
        weft::sleep_for(1h);
        send(1);
    });
    const std::vector<std::function<void()>> waits{
        [&] { empty.receiver.receive(); },
        [&] {
            for (int n : empty.receiver) CHECK(n == -1);
        },
        [&] { empty.sender(1); },
        [&] { full.sender(1); },
        [&] { slow.receive(); },
        [&] { sleeper.join(); },
        [&] { fibers.join(); },
        [&] { weft::sleep_for(1h); },
        [&] { weft::select(weft::on(empty.receiver, [](int) {}), weft::on(full.sender, 1, [] {})); },
        [&] { weft::select(weft::after(1h, [] {})); },
    };
    for (const bool in_fiber : {false, true}) {
        for (const auto& wait : waits) {
            const auto timed = [&] {
                const auto start = clock.now();
                const deadline soon(5ms);
                CHECK_THROWS_AS(wait(), timed_out);
                CHECK(clock.now() - start == 5ms);
            };
            if (in_fiber) {
                weft::scope other;
                other.spawn(timed).join();
            } else {
                timed();
            }
        }
    }
    // None of them has left anything behind.
    CHECK(full.receiver.receive() == 1);
    CHECK(!full.receiver.try_receive());
    CHECK(!empty.receiver.try_receive());
    CHECK(empty.sender.try_send(1) == weft::send_status::full);
    CHECK(!sleeper.done());
    CHECK(slow.receive() == 1);
}

TEST_CASE("A consumer's call and its end obey a deadline") {
    const weft::virtual_clock clock;
    weft::consumer<int> slow([](weft::receiver<int> in) {
        for (int n : in) weft::sleep_for(n * 1h);
    });
    const auto start = clock.now();
    {
        const deadline soon(5ms);
        slow(1);  // its item is lent: that ends with the loop's use of it
        CHECK(clock.now() - start == 1h);
        CHECK_THROWS_AS(slow(0), timed_out);
        CHECK(!slow.offer(0));
    }
    slow(0);
    slow.finish();
}

TEST_CASE("A deadline in the past fails at the first wait and not before") {
    const weft::virtual_clock clock;
    for (const auto length : {0ms, -1ms}) {
        const deadline late(length);
        CHECK(late.passed());
        CHECK_THROWS_AS(weft::yield(), timed_out);
    }
    const deadline later_still(clock.now() - 1h);
    weft::channel<int> numbers(2);
    CHECK(numbers.sender.try_send(1) == weft::send_status::sent);
    CHECK(numbers.receiver.try_receive() == 1);
    CHECK_THROWS_AS(numbers.sender(1), timed_out);
    CHECK(numbers.receiver.size() == 0);
}

TEST_CASE("The longest times never come and the most negative ones are past") {
    const weft::virtual_clock clock;
    {
        const deadline never(weft::clock::duration::max());
        const deadline nor_this(weft::clock::time_point::max());
        weft::sleep_for(24h * 365);
        CHECK(!never.passed());
    }
    const deadline past(weft::clock::duration::min());
    CHECK_THROWS_AS(weft::yield(), timed_out);
    const deadline too(weft::clock::time_point::min());
    CHECK_THROWS_AS(weft::yield(), timed_out);
}

TEST_CASE("A wait that ends in time is not disturbed and a deadline that is over is none") {
    const weft::virtual_clock clock;
    {
        const deadline enough(10ms);
        weft::sleep_for(9ms);
    }
    weft::sleep_for(10ms);
    CHECK(!weft::this_thread().next_deadline());
}

TEST_CASE("Deadlines nest and the nearest counts") {
    const weft::virtual_clock clock;
    const auto start = clock.now();
    const deadline outer(10ms);
    {
        const deadline inner(20ms);
        CHECK_THROWS_AS(weft::sleep_for(1h), timed_out);
        CHECK(clock.now() - start == 10ms);
        CHECK(outer.passed());
        CHECK(!inner.passed());
    }
    CHECK_THROWS_AS(weft::sleep_for(1h), timed_out);
}

TEST_CASE("A nearer deadline inside leaves the outer one its time") {
    const weft::virtual_clock clock;
    const auto start = clock.now();
    const deadline outer(10ms);
    for (int i = 1; i <= 3; ++i) {
        const deadline inner(2ms);
        CHECK_THROWS_AS(weft::sleep_for(1h), timed_out);
        CHECK(clock.now() - start == i * 2ms);
    }
    weft::sleep_for(3ms);
    CHECK_THROWS_AS(weft::sleep_for(1h), timed_out);
    CHECK(clock.now() - start == 10ms);
}

TEST_CASE("Spawned fibers do not inherit a deadline") {
    const weft::virtual_clock clock;
    weft::scope fibers;
    bool slept = false;
    {
        const deadline soon(5ms);
        auto sleeper = fibers.spawn([&] {
            weft::sleep_for(1h);
            slept = true;
        });
        CHECK_THROWS_AS(sleeper.join(), timed_out);
    }
    fibers.join();
    CHECK(slept);
}

TEST_CASE("A send whose item is lent returns normally and the next wait throws") {
    const weft::virtual_clock clock;
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto sends = fibers.spawn([&, send = std::move(numbers.sender)]() mutable {
        {
            const deadline soon(5ms);
            send(1);
            trace("sent", soon.passed());
            CHECK_THROWS_AS(send(2), timed_out);
        }
        send(3);
        send.close();
    });
    for (int n : numbers.receiver) {
        weft::sleep_for(1h);
        trace("got", n);
    }
    sends.join();
    CHECK(trace.text() == "got 1, sent 1, got 3");
}

TEST_CASE("offer tells of a deadline by false and its stream is cut short unless it is closed") {
    const weft::virtual_clock clock;
    for (const bool closes : {false, true}) {
        weft::channel<int> numbers(1);
        weft::scope fibers;
        auto offers = fibers.spawn([&, send = std::move(numbers.sender)]() mutable {
            const deadline soon(5ms);
            int n = 0;
            while (send.offer(int(n))) ++n;
            if (closes) send.close();
            return n;
        });
        CHECK(offers.join() == 1);
        CHECK(numbers.receiver.receive() == 0);
        if (closes)
            CHECK(!numbers.receiver.receive());
        else
            CHECK_THROWS_AS(numbers.receiver.receive(), weft::stream_failed);
    }
}

TEST_CASE("timed_out that leaves a fiber is its failure as any other exception is") {
    const weft::virtual_clock clock;
    weft::scope fibers;
    weft::channel<int> numbers;
    auto fails = fibers.spawn([send = std::move(numbers.sender)] {
        const deadline soon(5ms);
        weft::sleep_for(1h);
    });
    CHECK_THROWS_AS(numbers.receiver.receive(), timed_out);
    CHECK_THROWS_AS(fails.join(), timed_out);
}

TEST_CASE("A loop that a deadline has interrupted goes on with the next item") {
    const weft::virtual_clock clock;
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int i = 1; i <= 3; ++i) {
            weft::sleep_for(10ms);
            send(int(i));
        }
    });
    std::vector<int> got;
    auto at = numbers.receiver.begin();
    for (bool more = true; more;) {
        const deadline soon(7ms);
        try {
            more = at != numbers.receiver.end();
            if (more) got.push_back(*at), ++at;
        } catch (const timed_out&) {
            got.push_back(0);
        }
    }
    CHECK(got == std::vector<int>{0, 1, 0, 2, 0, 3});
}

TEST_CASE("At one instant timers fire in the order in which they were armed") {
    const weft::virtual_clock clock;
    weft::channel<int> numbers;
    weft::scope fibers;
    const auto in_time = [&](bool deadline_first) {
        std::optional<deadline> limit;
        if (deadline_first) limit.emplace(5ms);
        auto sends = fibers.spawn([&] {
            weft::sleep_for(5ms);
            (void)numbers.sender.try_send(1);
        });
        weft::yield();
        if (!deadline_first) limit.emplace(5ms);
        try {
            return numbers.receiver.receive() == 1;
        } catch (const timed_out&) {
            return false;
        }
    };
    CHECK(!in_time(true));
    // The sleeper is ready first, but before it runs the deadline has passed as well.
    CHECK(!in_time(false));
}

TEST_CASE("next_deadline tells a host of a deadline") {
    const weft::virtual_clock clock;
    CHECK(!weft::this_thread().next_deadline());
    const deadline soon(5ms);
    CHECK(weft::this_thread().next_deadline() == clock.now() + 5ms);
}
