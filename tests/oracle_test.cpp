// SPDX-License-Identifier: BSL-1.0
// The semantics of the original, sav.channels, in our words: a channel is a sender and a receiver; the sender is
// opened for a scope and closes the stream when the scope ends; sending is like `yield`, but can be handed on.
#include <string>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::Trace;
using weft::channel;
using weft::receiver;
using weft::sender;
using weft::sink;

namespace {

using Pair = std::pair<int, int>;

void helper(sink<std::string> send) { send("from the helper"); }

/// A stage: joins items in pairs. An odd one at the end is left out.
void in_pairs(const receiver<int>& in, sink<Pair> out) {
    auto at = in.begin();
    while (at != in.end()) {
        const int first = *at;
        ++at;
        if (at == in.end()) return;
        out(Pair(first, *at));
        ++at;
    }
}

std::string text_of(const Pair& pair) {
    return std::to_string(pair.first) + "+" + std::to_string(pair.second);
}

}  // namespace

TEST_CASE("A producer opens a sender for a scope and lets a helper send in between") {
    Trace trace;
    channel<std::string> lines;
    weft::scope fibers;
    auto producer = fibers.spawn([&] {
        {
            const auto send = std::move(lines.sender);
            send("One");
            send("Two");
            helper(send);
            send("The end");
        }
        trace("closed");
    });
    for (std::string& line : lines.receiver) trace(line);
    trace("loop over");
    producer.join();
    CHECK((trace.text() == "One, Two, from the helper, The end, closed, loop over" ||
           trace.text() == "One, Two, from the helper, The end, loop over, closed"));
}

TEST_CASE("A producer ends early: the loop ends there and the code after the scope goes on") {
    Trace trace;
    channel<int> numbers;
    weft::scope fibers;
    auto producer = fibers.spawn([&] {
        [&] {
            const auto send = std::move(numbers.sender);
            for (int n = 1; n <= 10; ++n) {
                send(int(n));
                if (n == 3) return;
            }
        }();
        weft::yield();
        trace("after");
    });
    for (int n : numbers.receiver) trace(n);
    trace("loop over");
    producer.join();
    CHECK(trace.text() == "1, 2, 3, loop over, after");
}

TEST_CASE("A producer of nothing: the loop runs zero times") {
    channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {});
    for ([[maybe_unused]] int n : numbers.receiver) FAIL("there is no item");
}

TEST_CASE("A generator stage between a producer and a consumer joins items in pairs") {
    Trace trace;
    channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([&, send = std::move(numbers.sender)] {
        for (int n = 1; n <= 6; ++n) {
            trace("make", n);
            send(int(n));
        }
    });
    weft::generator<Pair> pairs(in_pairs, std::move(numbers.receiver));
    for (Pair& pair : pairs) trace(text_of(pair));
    CHECK(trace.text() == "make 1, make 2, 1+2, make 3, make 4, 3+4, make 5, make 6, 5+6");
}

TEST_CASE("Stages that join items in pairs may be spawned between two channels as well") {
    for (const int items : {0, 1, 2, 5}) {
        std::vector<Pair> got;
        channel<int> numbers;
        channel<Pair> pairs;
        weft::scope fibers;
        fibers.spawn([items, send = std::move(numbers.sender)] {
            for (int n = 0; n < items; ++n) send(int(n));
        });
        fibers.spawn(
            [in = std::move(numbers.receiver), out = std::move(pairs.sender)] { in_pairs(in, out); });
        for (Pair& pair : pairs.receiver) got.push_back(pair);
        CHECK(got.size() == static_cast<std::size_t>(items / 2));
        for (int n = 0; n < items / 2; ++n) CHECK(got[n] == Pair(2 * n, 2 * n + 1));
    }
}

TEST_CASE("One producer feeds two channels with a consumer each") {
    Trace letters_seen, numbers_seen;
    channel<char> letters;
    channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([to_letters = std::move(letters.sender), to_numbers = std::move(numbers.sender)] {
        for (const char c : std::string("a1b2c3")) {
            if (c >= 'a')
                to_letters(char(c));
            else
                to_numbers(c - '0');
        }
    });
    fibers.spawn([&, in = std::move(letters.receiver)] {
        for (char c : in) letters_seen(std::string(1, c));
        letters_seen("end");
    });
    fibers.spawn([&, in = std::move(numbers.receiver)] {
        for (int n : in) numbers_seen(n);
        numbers_seen("end");
    });
    fibers.join();
    CHECK(letters_seen.text() == "a, b, c, end");
    CHECK(numbers_seen.text() == "1, 2, 3, end");
}

TEST_CASE("A consumer leaves early: the producer's next send tells it and its scope is unwound") {
    Trace trace;
    channel<int> numbers;
    weft::scope fibers;
    auto producer = fibers.spawn([&] {
        struct Farewell {
            Trace& trace;
            ~Farewell() { trace("unwound"); }
        };
        try {
            const auto send = std::move(numbers.sender);
            Farewell last{trace};
            for (int n = 1;; ++n) {
                send(int(n));
                trace("sent", n);
            }
        } catch (const weft::receiver_gone&) {
            trace("told");
        }
    });
    auto consumer = fibers.spawn([&, in = std::move(numbers.receiver)] {
        for (int n : in) {
            trace("got", n);
            if (n == 2) break;
        }
        trace("left");
    });
    fibers.join();
    CHECK(trace.text() == "got 1, sent 1, got 2, left, unwound, told");
}

TEST_CASE("A consumer of one of two channels leaves early: the other goes on") {
    Trace trace;
    channel<int> odd, even;
    weft::scope fibers;
    fibers.spawn([&, to_odd = std::move(odd.sender), to_even = std::move(even.sender)] {
        for (int n = 1; n <= 6; ++n)
            if (!(n % 2 ? to_odd : to_even).offer(int(n))) trace("nobody wants", n);
    });
    fibers.spawn([in = std::move(odd.receiver)] { CHECK(in.receive() == 1); });
    int sum = 0;
    for (int n : even.receiver) sum += n;
    CHECK(sum == 12);
    CHECK(trace.text() == "nobody wants 3, nobody wants 5");
}
