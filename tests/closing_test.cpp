// SPDX-License-Identifier: BSL-1.0
// Rule 5: the last sender goes, while I do this or that; each question is asked a second time: it stays so.
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "allocations.hpp"
#include "support.hpp"

using test::allocations;
using test::Trace;

namespace {

static_assert(noexcept(std::declval<weft::sender<std::string>&>().close()));
static_assert(noexcept(std::declval<weft::receiver<std::string>&>().close()));
static_assert(noexcept(std::declval<weft::sender<std::string>&>().fail(nullptr)));
static_assert(std::is_nothrow_destructible_v<weft::sender<std::string>>);
static_assert(std::is_nothrow_destructible_v<weft::receiver<std::string>>);

/// What three ways of asking find at the end of a stream, twice over.
void check_ended(const weft::receiver<int>& in) {
    for (int twice = 0; twice < 2; ++twice) {
        CHECK(in.begin() == in.end());
        CHECK(!in.receive());
        CHECK(!in.try_receive());
        CHECK(in.is_closed());
    }
}

}  // namespace

TEST_CASE("The stream ends when its last sender is gone") {
    weft::channel<int> numbers;
    SUBCASE("by close") { numbers.sender.close(); }
    SUBCASE("by destruction") { const auto dies = std::move(numbers.sender); }
    SUBCASE("by assignment") { numbers.sender = weft::sender<int>(); }
    SUBCASE("by close of both") {
        auto other = numbers.sender.clone();
        numbers.sender.close();
        CHECK(!numbers.receiver.is_closed());
        other.close();
    }
    check_ended(numbers.receiver);
}

TEST_CASE("The last sender goes while I wait in a loop: the loop ends and it stays so") {
    weft::channel<int> numbers;
    weft::scope fibers;
    auto consumer = fibers.spawn([in = std::move(numbers.receiver)] {
        int seen = 0;
        for (int n : in) seen += n;
        CHECK(seen == 1);
        check_ended(in);
    });
    weft::yield();
    numbers.sender(1);
    numbers.sender.close();
    consumer.join();
}

TEST_CASE("The last sender goes while I wait in receive: nullopt and it stays so") {
    weft::channel<int> numbers;
    weft::scope fibers;
    auto consumer = fibers.spawn([in = std::move(numbers.receiver)] {
        CHECK(!in.receive());
        check_ended(in);
    });
    weft::yield();
    numbers.sender.close();
    consumer.join();
}

TEST_CASE("The last sender goes while several wait: all are told") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 0; n < 3; ++n)
        fibers.spawn([&, n, in = numbers.receiver.clone()] {
            if (n % 2)
                for (int i : in) trace(i);
            else
                CHECK(!in.receive());
            trace("told", n);
            check_ended(in);
        });
    weft::yield();
    numbers.sender.close();
    fibers.join();
    CHECK(trace.text() == "told 0, told 1, told 2");
}

TEST_CASE("The last sender goes while I use its item: the item stays valid and then the loop ends") {
    // The sender of the item waits until its use is over; another one may go meanwhile.
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] { send(1); });
    int rounds = 0;
    for (int n : numbers.receiver) {
        for (int round = 0; round < 3; ++round) weft::yield();
        CHECK(n == 1);
        ++rounds;
    }
    CHECK(rounds == 1);
    check_ended(numbers.receiver);
}

TEST_CASE("Closing never waits") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto consumer = fibers.spawn([&, in = std::move(numbers.receiver)] {
        trace("waiting");
        for (int n : in) trace(n);
        trace("ended");
    });
    weft::yield();
    trace("closing");
    numbers.sender.close();
    trace("closed");
    consumer.join();
    CHECK(trace.text() == "waiting, closing, closed, ended");
}

TEST_CASE("Closing never waits: a receiver that goes does not wait for those who send") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(numbers.sender)] {
        trace("sending");
        CHECK(!send.offer(1));
        trace("told");
    });
    weft::yield();
    trace("closing");
    numbers.receiver.close();
    trace("closed");
    producer.join();
    CHECK(trace.text() == "sending, closing, closed, told");
}

TEST_CASE("Closing never allocates") {
    weft::channel<int> one, two, three;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int n : one.receiver) CHECK(n == 0);
    });
    fibers.spawn([&] { CHECK(!two.receiver.receive()); });
    fibers.spawn([&] { CHECK(!three.sender.offer(1)); });
    weft::yield();
    const long before = allocations;
    one.sender.close();
    two.sender = {};
    three.receiver.close();
    const long during = allocations - before;
    CHECK(during == 0);
    fibers.join();
}

TEST_CASE("Items accepted before the end are received before the end") {
    for (const bool loops : {true, false}) {
        std::vector<int> got;
        weft::channel<int> numbers;
        weft::scope fibers;
        fibers.spawn([&, loops, in = std::move(numbers.receiver)] {
            if (loops)
                for (int n : in) got.push_back(n);
            else
                while (auto n = in.receive()) got.push_back(*n);
        });
        weft::yield();
        CHECK(numbers.sender.try_send(1) == weft::send_status::sent);
        numbers.sender.close();
        fibers.join();
        CHECK(got == std::vector<int>{1});
    }
}

TEST_CASE("Items waiting before the end are received before the end") {
    std::vector<int> got;
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 0; n < 3; ++n) fibers.spawn([n, send = numbers.sender.clone()] { send(int(n)); });
    weft::yield();
    numbers.sender.close();
    CHECK(!numbers.receiver.is_closed());
    for (int n : numbers.receiver) got.push_back(n);
    CHECK(got == std::vector<int>{0, 1, 2});
    check_ended(numbers.receiver);
}

TEST_CASE("A loop over a receiver that was closed before it began is empty and touches no other receiver") {
    weft::channel<int> numbers;
    std::optional<weft::receiver<int>> gone = numbers.receiver.clone();
    auto closed = numbers.receiver.clone();
    closed.close();
    gone.reset();
    for ([[maybe_unused]] int n : closed) FAIL("there is no item");
    const auto later = numbers.receiver.clone();
    for ([[maybe_unused]] int n : closed) FAIL("there is no item");
    numbers.receiver.close();
    CHECK(numbers.sender.try_send(1) == weft::send_status::full);  // one still listens
}
