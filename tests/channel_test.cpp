// SPDX-License-Identifier: BSL-1.0
// Rule 1: what a channel is.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::Trace;

TEST_CASE("A channel is one stream: a sender and a receiver") {
    auto [send, lines] = weft::channel<std::string>();
    static_assert(std::same_as<decltype(send), weft::sender<std::string>>);
    static_assert(std::same_as<decltype(lines), weft::receiver<std::string>>);
    std::vector<std::string> got;
    weft::scope fibers;
    fibers.spawn([send = std::move(send)] {
        send("One");
        send("Two");
    });
    for (std::string& line : lines) got.push_back(line);
    CHECK(got == std::vector<std::string>{"One", "Two"});
}

TEST_CASE("A stream is first in first out") {
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int n = 0; n < 1000; ++n) send(int(n));
    });
    int expected = 0;
    for (int n : numbers.receiver) CHECK(n == expected++);
    CHECK(expected == 1000);
}

TEST_CASE("There is nothing between a sender and a receiver: a send waits for its receiver") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(numbers.sender)] {
        trace("sending");
        send(7);
        trace("sent");
    });
    for (int round = 0; round < 3; ++round) weft::yield();
    trace("receiving");
    CHECK(numbers.receiver.receive() == 7);
    producer.join();
    CHECK(trace.text() == "sending, receiving, sent");
}

TEST_CASE("A receiver that comes first waits for its sender") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto consumer = fibers.spawn([&, in = std::move(numbers.receiver)] {
        trace("asking");
        trace("got", *in.receive());
        for (int n : in) trace("looped", n);
        trace("ended");
    });
    for (int round = 0; round < 3; ++round) weft::yield();
    trace("sending");
    numbers.sender(1);
    numbers.sender(2);
    trace("closing");
    numbers.sender.close();
    consumer.join();
    CHECK(test::contains(trace.text(), "asking, sending, got 1, looped 2"));
    CHECK(test::contains(trace.text(), "closing, ended"));
}

TEST_CASE("A channel's name and capacity 0 may be given") {
    weft::channel<int> numbers(0, "numbers");
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] { send(1); });
    CHECK(numbers.receiver.receive() == 1);
}

TEST_CASE("Stages make a chain: what goes in first comes out first") {
    constexpr int stages = 100;
    std::vector<weft::channel<int>> channels;
    for (int n = 0; n <= stages; ++n) channels.emplace_back();
    weft::scope fibers;
    for (int n = 0; n < stages; ++n)
        fibers.spawn(
            [](weft::receiver<int> in, weft::sender<int> out) {
                for (int i : in) out(i + 1);
            },
            std::move(channels[n].receiver), std::move(channels[n + 1].sender));
    fibers.spawn([send = std::move(channels[0].sender)] {
        for (int i = 0; i < 50; ++i) send(int(i));
    });
    int expected = stages;
    for (int i : channels[stages].receiver) CHECK(i == expected++);
    CHECK(expected == stages + 50);
}

TEST_CASE("Fibers in a ring pass a token round") {
    constexpr int rounds = 10000;
    std::array<weft::channel<int>, 3> links;
    weft::scope fibers;
    int last = 0;
    for (int n = 0; n < 3; ++n)
        fibers.spawn([&, n, in = std::move(links[n].receiver), out = std::move(links[(n + 1) % 3].sender)] {
            if (n == 0) out(1);
            while (auto token = in.receive()) {  // a loop would hold on to its lender
                last = *token;
                if (last == rounds) return;
                out(last + 1);
            }
        });
    fibers.join();
    CHECK(last == rounds);
}

TEST_CASE("Several producers and consumers: each item arrives once") {
    constexpr int items = 1000;
    std::vector<int> times(items);
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 0; n < 4; ++n) {
        fibers.spawn([send = numbers.sender.clone()] {
            for (int i = 0; i < items; ++i) send(int(i));
        });
        fibers.spawn([&times, n, in = numbers.receiver.clone()] {
            if (n % 2)
                for (int i : in) ++times[i];
            else
                while (auto i = in.receive()) ++times[*i];
        });
    }
    numbers.sender.close();
    numbers.receiver.close();
    fibers.join();
    CHECK(times == std::vector<int>(items, 4));
}

TEST_CASE("An end may be sent through a channel") {
    weft::channel<weft::receiver<int>> boxes;
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(boxes.sender), in = std::move(numbers.receiver)]() mutable {
        send(std::move(in));
    });
    fibers.spawn([send = std::move(numbers.sender)] { send(42); });
    std::optional<weft::receiver<int>> box = boxes.receiver.receive();
    REQUIRE(box);
    CHECK(box->receive() == 42);
    CHECK(!box->receive());
}

TEST_CASE("The argument of a send may itself receive") {
    weft::channel<int> in, out;
    weft::scope fibers;
    fibers.spawn([send = std::move(in.sender)] { send(1); });
    fibers.spawn([ask = std::move(in.receiver), send = std::move(out.sender)] { send(*ask.receive() + 1); });
    CHECK(out.receiver.receive() == 2);
}

TEST_CASE("One line for each send in each other's channel: two fibers do not stand in each other's way") {
    Trace trace;
    weft::channel<int> there, back;
    weft::scope fibers;
    fibers.spawn([&, send = std::move(there.sender), ask = std::move(back.receiver)] {
        send(1);
        trace("first got", *ask.receive());
    });
    fibers.spawn([&, send = std::move(back.sender), ask = std::move(there.receiver)] {
        trace("second got", *ask.receive());
        send(2);
    });
    fibers.join();
    CHECK(trace.text() == "second got 1, first got 2");
}
