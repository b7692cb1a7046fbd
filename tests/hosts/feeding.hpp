// SPDX-License-Identifier: BSL-1.0
// How a host's callbacks get on with fibers. Included last, after the Host.
#pragma once

#include "attached.hpp"

TEST_CASE("a callback feeds fibers by try_send") {
    Attached host;
    weft::channel<std::string> lines(2);
    weft::scope fibers;
    Trace trace;
    const auto reading = fibers.spawn([&] {
        for (const std::string& line : lines.receiver) trace(line);
    });
    weft::yield();  // it waits
    host.after(1ms, [&] {  // one for the fiber that waits, two in the buffer
        for (const char* line : {"one", "two", "three"})
            CHECK(lines.sender.try_send(line) == send_status::sent);
        CHECK(lines.sender.try_send("four") == send_status::full);
        CHECK(trace.text().empty());
        lines.sender.close();
    });
    host.run_until([&] { return reading.done(); });
    CHECK(trace.text() == "one, two, three");
}

TEST_CASE("a callback feeds a consumer") {
    Attached host;
    Trace trace;
    bool ended = false;
    weft::consumer<std::string> feed([&](weft::receiver<std::string> in) {
        for (const std::string& line : in) trace(line);
        weft::sleep_for(1ms);
        ended = true;
    });
    host.after(1ms, [&] {
        CHECK(feed.offer("one"));
        CHECK(feed.offer("two"));
        CHECK(trace.text() == "one, two");
        feed.finish();  // waits, and so blocks the host
        CHECK(ended);
    });
    host.run_until([&] { return ended; });
}

TEST_CASE("a callback feeds fibers by an inbox") {
    Attached host;
    weft::inbox<int> posts(2, weft::when_full::drop_oldest);
    weft::scope fibers;
    Trace trace;
    const auto receiving = fibers.spawn([&] {
        for (const int n : posts) trace(n);
    });
    weft::yield();
    host.after(1ms, [&] {
        for (int n = 1; n <= 4; ++n) CHECK(posts.try_post(int(n)) == send_status::sent);
        CHECK(trace.text().empty());
        posts.close();
    });
    host.run_until([&] { return receiving.done(); });
    CHECK(trace.text() == "1, 3, 4");  // it waited, and so the first was for it
}

TEST_CASE("a wait in a callback blocks the host and the fibers run meanwhile") {
    Attached host;
    weft::channel<int> questions, answers;
    weft::scope fibers;
    fibers.spawn([&] {
        const int asked = questions.receiver.receive().value();
        weft::sleep_for(5ms);
        answers.sender(2 * asked);
    });
    int got = 0;
    bool called = false;
    host.after(1ms, [&] {
        host.after(1ms, [&] { called = true; });
        questions.sender(21);
        got = answers.receiver.receive().value();
        CHECK(!called);
    });
    host.run_until([&] { return called; });
    CHECK(got == 42);
}

TEST_CASE("a loop of the host in a callback lets the fibers go on") {
    constexpr int timers = 5;
    Attached host;
    weft::scope fibers;
    bool closed = false, called = false;
    fibers.spawn([&] {
        for (int i = 0; i < timers; ++i) weft::sleep_for(1500us);
        closed = true;
    });
    host.after(1ms, [&] {
        host.run_nested([&] { return closed; });
        called = true;
    });
    host.run_until([&] { return called; });
    CHECK(host.turns <= 2 * (timers + 2));
}

TEST_CASE("what a fiber fails with goes to join and the host goes on") {
    Attached host;
    weft::scope fibers;
    auto fails = fibers.spawn([] {
        weft::sleep_for(1ms);
        throw std::runtime_error("on purpose");
    });
    host.run_until([&] { return fails.done(); });
    CHECK(test::thrown_by<std::runtime_error>([&] { fails.join(); }) == "on purpose");
    bool called = false;
    host.after(1ms, [&] { called = true; });
    host.run_until([&] { return called; });
}
