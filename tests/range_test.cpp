// SPDX-License-Identifier: BSL-1.0
// Rules 3 and 7: a receiver as a range.
#include <algorithm>
#include <functional>
#include <iterator>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::Trace;

namespace {

template <class R, class T>
constexpr bool is_input_range =
    std::ranges::input_range<R> && !std::ranges::forward_range<R> && !std::ranges::view<R> &&
    std::input_iterator<std::ranges::iterator_t<R>> && !std::copyable<std::ranges::iterator_t<R>> &&
    std::movable<std::ranges::iterator_t<R>> && std::default_initializable<std::ranges::iterator_t<R>> &&
    std::same_as<std::ranges::range_reference_t<R>, T&> &&
    std::same_as<std::ranges::sentinel_t<R>, std::default_sentinel_t>;

static_assert(is_input_range<weft::receiver<int>, int>);
static_assert(is_input_range<weft::receiver<int>&, int>);
static_assert(is_input_range<const weft::receiver<int>&, int>);
static_assert(is_input_range<weft::receiver<const int&>, const int>);
static_assert(is_input_range<weft::receiver<std::string&>, std::string>);
static_assert(is_input_range<weft::generator<int>, int>);
static_assert(is_input_range<weft::generator<int>&, int>);
static_assert(is_input_range<const weft::generator<int>&, int>);

/// Sends 0, 1, 2 and so on, and counts them.
struct Numbers {
    int produced = 0;
    weft::channel<int> numbers;
    weft::scope fibers;
    Numbers() {
        fibers.spawn([this, send = std::move(numbers.sender)] {
            for (;;) send(produced++);
        });
    }
    weft::receiver<int>& in() { return numbers.receiver; }
};

}  // namespace

TEST_CASE("In a loop the producer is never ahead not by one item") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([&, send = std::move(numbers.sender)] {
        for (int n = 1; n <= 3; ++n) {
            trace("make", n);
            send(int(n));
        }
    });
    for (int n : numbers.receiver) {
        for (int round = 0; round < 3; ++round) weft::yield();
        trace("use", n);
    }
    CHECK(trace.text() == "make 1, use 1, make 2, use 2, make 3, use 3");
}

TEST_CASE("A loop that breaks at the third item makes it produce three") {
    Numbers from;
    for (int n : from.in())
        if (n == 2) break;
    for (int round = 0; round < 3; ++round) weft::yield();
    CHECK(from.produced == 3);
}

TEST_CASE("Comparing with end or dereferencing fetches and begin does not") {
    Numbers from;
    {
        auto at = from.in().begin();
        CHECK(from.produced == 0);
        CHECK(at != from.in().end());
        CHECK(from.produced == 1);
        CHECK(*at == 0);
        CHECK(*at == 0);
        CHECK(at != from.in().end());
        CHECK(from.produced == 1);
        ++at;
        CHECK(*at == 1);
        CHECK(from.produced == 2);
    }
    auto again = from.in().begin();
    CHECK(from.produced == 2);
    CHECK(*again == 2);
}

TEST_CASE("++ fetches what it skips where nobody looked") {
    Numbers from;
    auto at = from.in().begin();
    ++at;
    ++at;
    at++;
    CHECK(*at == 3);
    CHECK(from.produced == 4);
}

TEST_CASE("++ alone does not fetch the next item") {
    Numbers from;
    auto at = from.in().begin();
    CHECK(*at == 0);
    ++at;
    CHECK(from.produced == 1);
}

TEST_CASE(
    "break out of a loop over a named receiver pauses the stream: a later loop goes on with the next item") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(numbers.sender)] {
        for (int n = 1; n <= 4; ++n) send(int(n));
        trace("sent all");
    });
    for (int n : numbers.receiver) {
        trace("first", n);
        if (n == 2) break;
    }
    for (int round = 0; round < 3; ++round) weft::yield();
    trace("between");
    for (int n : numbers.receiver) trace("second", n);
    producer.join();
    CHECK(trace.text() == "first 1, first 2, between, second 3, second 4, sent all");
}

TEST_CASE("After a break receive goes on with the next item as well") {
    Numbers from;
    for (int n : from.in())
        if (n == 1) break;
    CHECK(from.in().receive() == 2);
    for (int n : from.in()) {
        CHECK(n == 3);
        break;
    }
}

TEST_CASE("An exception out of a loop over a named receiver pauses the stream too") {
    Numbers from;
    try {
        for (int n : from.in())
            if (n == 1) throw std::runtime_error("enough");
    } catch (const std::runtime_error&) {
    }
    CHECK(from.in().receive() == 2);
}

TEST_CASE("break out of a loop over a temporary receiver ends the stream") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(numbers.sender)] {
        try {
            for (int n = 1;; ++n) send(int(n));
        } catch (const weft::receiver_gone&) {
            trace("gone");
        }
    });
    const auto open = [&] { return std::move(numbers.receiver); };
    for (int n : open()) {
        trace(n);
        if (n == 2) break;
    }
    producer.join();
    CHECK(trace.text() == "1, 2, gone");
}

TEST_CASE("One receiver has one loop at a time: a second live iterator gets std::logic_error") {
    Numbers from;
    int rounds = 0;
    for (int n : from.in()) {
        CHECK(n == rounds);
        const auto text = test::thrown_by<std::logic_error>([&] { from.in().begin(); });
        CHECK(test::contains(text, "one loop at a time"));
        if (++rounds == 3) break;
    }
    CHECK(*from.in().begin() == 3);  // the loop has gone, and its iterator with it
}

TEST_CASE("Iterators move: the loop goes with the last one") {
    Numbers from;
    auto first = from.in().begin();
    CHECK(*first == 0);
    auto second = std::move(first);
    ++second;
    CHECK(*second == 1);
    CHECK(first == std::default_sentinel);
    first = std::move(second);
    CHECK(*first == 1);
    { auto dies = std::move(first); }
    CHECK(*from.in().begin() == 2);
}

TEST_CASE("At the end there is no item to look at and the end stays") {
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] { send(1); });
    auto at = numbers.receiver.begin();
    ++at;
    CHECK(at == std::default_sentinel);
    CHECK(at == std::default_sentinel);
    CHECK_THROWS_AS(*at, std::logic_error);
    CHECK(weft::receiver<int>::iterator() == std::default_sentinel);
}

TEST_CASE("The algorithms of the standard library take a receiver as it is") {
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int n = 0; n < 10; ++n) send(int(n));
    });
    CHECK(*std::ranges::find(numbers.receiver, 3) == 3);
    std::vector<int> rest;
    std::ranges::copy(numbers.receiver, std::back_inserter(rest));
    CHECK(rest == std::vector<int>{4, 5, 6, 7, 8, 9});
}

#if WEFT_TEST_VIEWS

namespace {

weft::receiver<int> temporary(Numbers& from) { return std::move(from.numbers.receiver); }

/// How many items a consumer of 0, 1, 2 and so on makes it produce.
template <class F>
int produced_by(F&& loop) {
    int produced = 0;
    weft::generator<int> numbers([&](weft::sink<int> send) {
        for (;;) send(produced++);
    });
    for (int n : std::forward<F>(loop)(numbers)) static_cast<void>(n);
    for (int round = 0; round < 3; ++round) weft::yield();
    return produced;
}

constexpr auto even = [](int n) { return n % 2 == 0; };

}  // namespace

namespace views = std::views;

TEST_CASE("take(3) makes it produce three") {
    CHECK(produced_by([](auto& in) { return in | views::take(3); }) == 3);
    CHECK(produced_by([](auto& in) { return in | views::take(0); }) == 0);
}

TEST_CASE("Views between do not make the producer run ahead") {
    CHECK(produced_by([](auto& in) { return in | views::transform(std::negate<>()) | views::take(3); }) == 3);
    CHECK(produced_by([](auto& in) { return in | views::take(3) | views::filter(even); }) == 3);
    CHECK(produced_by([](auto& in) { return in | views::drop(2) | views::take(3); }) == 5);
    // It has to see the one that fails.
    CHECK(produced_by([](auto& in) { return in | views::take_while([](int n) { return n < 3; }); }) == 4);
}

TEST_CASE("std::views::filter looks ahead by its nature") {
    CHECK(produced_by([](auto& in) { return in | views::filter(even) | views::take(3); }) == 7);
}

TEST_CASE("take(3) and then take(2) lose nothing") {
    Numbers from;
    std::vector<int> got;
    for (int n : from.in() | views::take(3)) got.push_back(n);
    for (int n : from.in() | views::take(2)) got.push_back(n);
    CHECK(got == std::vector<int>{0, 1, 2, 3, 4});
    CHECK(from.produced == 5);
}

TEST_CASE("A view over a temporary receiver owns it") {
    Numbers from;
    int sum = 0;
    for (int n : temporary(from) | views::take(3)) sum += n;
    CHECK(sum == 3);
    CHECK(from.produced == 3);
}

#endif
