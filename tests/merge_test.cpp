// SPDX-License-Identifier: BSL-1.0
// The stages merge and batch.
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

namespace {

/// Sends 1, 2, ..., each after a pause.
weft::generator<int> slow(weft::clock::duration pause, int count, int from = 1) {
    return weft::generator<int>([=](weft::sink<int> send) {
        for (int n = 0; n < count; ++n) {
            weft::sleep_for(pause);
            send(from + n);
        }
    });
}

std::string text_of(const std::vector<int>& items) {
    std::string text;
    for (int n : items) text += (text.empty() ? "" : " ") + std::to_string(n);
    return text;
}

}  // namespace

TEST_CASE("merge gives the items of all sources in the order in which they arrive") {
    const weft::virtual_clock clock;
    std::vector<int> got;
    for (int n : weft::merge(slow(3ms, 3), slow(5ms, 2, 11), slow(1ms, 2, 21))) got.push_back(n);
    CHECK(text_of(got) == "21 22 1 11 2 3 12");
}

TEST_CASE("merge ends when all of its sources have ended") {
    int sum = 0;
    weft::generator<int> none([](weft::sink<int>) {});
    for (int n : weft::merge(std::move(none), slow(0ms, 4))) sum += n;
    CHECK(sum == 10);
}

TEST_CASE("merge takes as many sources as a vector has and of none it ends at once") {
    std::vector<weft::receiver<int>> sources;
    weft::scope fibers;
    for (int i = 0; i < 50; ++i) {
        weft::channel<int> numbers;
        fibers.spawn([i, send = std::move(numbers.sender)] {
            send(int(i));
            send(100);
        });
        sources.push_back(std::move(numbers.receiver));
    }
    int sum = 0, count = 0;
    for (int n : weft::merge(std::move(sources))) sum += n, ++count;
    CHECK(count == 100);
    CHECK(sum == 5000 + 49 * 50 / 2);

    for (int n : weft::merge(std::vector<weft::generator<int>>())) CHECK(n == 0);
}

TEST_CASE("merge lends its items on and keeps the order of each source") {
    AllGone at_end;
    {
        std::vector<weft::generator<Counted>> sources;
        for (int i = 0; i < 3; ++i)
            sources.emplace_back([i](weft::sink<Counted> send) {
                for (int n = 0; n < 20; ++n) {
                    Counted item(100 * i + n);
                    send(std::move(item));
                    CHECK(item.value == -5);
                }
            });
        std::vector<int> last(3, -1);
        for (Counted& item : weft::merge(std::move(sources))) {
            CHECK(item.value % 100 == last[item.value / 100] + 1);
            last[item.value / 100] = item.value % 100;
            item.value = -5;
        }
        CHECK(last == std::vector<int>(3, 19));
    }
    CHECK(Counted::copies + Counted::moves == 0);
}

TEST_CASE("When a source of merge fails the items that wait come first and the others are closed") {
    Trace trace;
    {
        weft::channel<int> good;
        weft::scope fibers;
        fibers.spawn([&, send = std::move(good.sender)] {
            int n = 0;
            while (send.offer(int(++n))) trace("sent", n);
            trace("told at", n);
        });
        weft::generator<int> bad([](weft::sink<int> send) {
            send(10);
            throw std::runtime_error("bad");
        });
        CHECK(thrown_by<std::runtime_error>([&] {
                  for (int n : weft::merge(std::move(bad), std::move(good.receiver))) {
                      trace("got", n);
                      weft::yield();  // meanwhile the next ones arrive
                  }
              }) == "bad");
    }
    CHECK(trace.text() == "got 1, got 10, sent 1, got 2, sent 2, got 3, sent 3, told at 4");
}

TEST_CASE("Leaving the loop over a merge closes all sources") {
    Trace trace;
    const auto source = [&](int first) {
        return weft::generator<int>([&, first](weft::sink<int> send) {
            for (int n = first; send.offer(int(n)); ++n) {
            }
            trace("closed", first);
        });
    };
    for (int n : weft::merge(source(10), source(20), source(30))) {
        trace("got", n);
        weft::yield();
        if (n == 11) break;
    }
    CHECK(test::contains(trace.text(), "got 10, got 20, got 30, got 11"));
    for (int first : {10, 20, 30}) CHECK(test::contains(trace.text(), "closed " + std::to_string(first)));
}

TEST_CASE("batch gives vectors of n items and what is left at the end") {
    Trace trace;
    for (std::vector<int>& numbers : weft::batch(slow(0ms, 8), 3)) trace(text_of(numbers));
    CHECK(trace.text() == "1 2 3, 4 5 6, 7 8");
    for (std::vector<int>& numbers : weft::batch(slow(0ms, 0), 3)) CHECK(numbers.empty() == true);
    std::size_t batches = 0;
    for (std::vector<int>& numbers : weft::batch(slow(0ms, 6), 3)) batches += numbers.size() == 3;
    CHECK(batches == 2);
}

TEST_CASE("batch waits for more no longer than it was told after its first item") {
    const weft::virtual_clock clock;
    const auto start = clock.now();
    Trace trace;
    for (std::vector<int>& numbers : weft::batch(slow(4ms, 7), 10, 10ms))
        trace(text_of(numbers), "at", (clock.now() - start) / 1ms);
    CHECK(trace.text() == "1 2 3 at 14, 4 5 6 at 26, 7 at 28");
}

TEST_CASE("batch never waits for a first item: none is empty") {
    const weft::virtual_clock clock;
    Trace trace;
    for (std::vector<int>& numbers : weft::batch(slow(1h, 3), 10, 1ms)) trace(text_of(numbers));
    CHECK(trace.text() == "1, 2, 3");
}

TEST_CASE("batch with no time to wait gives each item alone") {
    const weft::virtual_clock clock;
    for (const auto wait : {0ms, -5ms}) {
        Trace trace;
        for (std::vector<int>& numbers : weft::batch(slow(0ms, 3), 10, wait)) trace(text_of(numbers));
        CHECK(trace.text() == "1, 2, 3");
    }
}

TEST_CASE("batch is exact: the source is not ahead of the loop") {
    Trace trace;
    {
        weft::generator<int> source([&](weft::sink<int> send) {
            for (int n = 1;; ++n) {
                trace(n);
                send(int(n));
            }
        });
        for (std::vector<int>& numbers : weft::batch(std::move(source), 2)) {
            trace("got", text_of(numbers));
            if (numbers[0] == 3) break;
        }
    }
    CHECK(trace.text() == "1, 2, got 1 2, 3, 4, got 3 4");
}

TEST_CASE("A batch of no items is refused") {
    CHECK_THROWS_AS((void)weft::batch(slow(0ms, 3), 0), std::invalid_argument);
}

TEST_CASE("A source of a batch may itself fail with timed_out") {
    const weft::virtual_clock clock;
    weft::generator<int> impatient([](weft::sink<int> send) {
        send(1);
        const weft::deadline soon(1ms);
        weft::sleep_for(1s);
    });
    Trace trace;
    CHECK_THROWS_AS(
        [&] {
            for (std::vector<int>& numbers : weft::batch(std::move(impatient), 10, 1h))
                trace(text_of(numbers));
        }(),
        weft::timed_out);
    CHECK(trace.text() == "1");
}

TEST_CASE("The items of a batch are moved and those of a stream of references stay what they are") {
    AllGone at_end;
    {
        weft::generator<Counted> items([](weft::sink<Counted> send) {
            for (int n = 0; n < 4; ++n) send(Counted(n));
        });
        for (std::vector<Counted>& some : weft::batch(std::move(items), 4)) CHECK(some.back().value == 3);
        CHECK(Counted::copies == 0);
    }
    std::vector<int> numbers{1, 2, 3};
    weft::generator<int&> references([&](weft::sink<int&> send) {
        for (int& n : numbers) send(n);
    });
    for (std::vector<std::reference_wrapper<int>>& some : weft::batch(std::move(references), 2))
        for (int& n : some) n = 0;
    CHECK(numbers == std::vector<int>(3));
}

TEST_CASE("A stage that is cancelled with its loop ends without a word") {
    const weft::virtual_clock clock;
    int got = 0;
    {
        weft::scope fibers;
        auto loop = fibers.spawn([&] {
            for (std::vector<int>& numbers : weft::batch(weft::merge(slow(1s, 5), slow(1h, 5)), 3, 1s))
                got += static_cast<int>(numbers.size());
        });
        weft::sleep_for(1500ms);
        loop.cancel();
        CHECK_THROWS_AS(loop.join(), weft::no_result);
    }
    CHECK(got == 0);
    CHECK(weft::this_thread().fibers().size() == 1);
}
