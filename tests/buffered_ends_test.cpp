// SPDX-License-Identifier: BSL-1.0
// What becomes of a buffer when the ends of its stream go, fail or are cancelled.
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

TEST_CASE("Closing drains a buffer in order and those who wait behind it too") {
    Trace trace;
    weft::channel<int> numbers(2);
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int i = 0; i < 5; ++i) send(int(i));
    });
    weft::yield();
    CHECK(!numbers.receiver.is_closed());
    for (int n : numbers.receiver) trace(n);
    trace("end");
    CHECK(!numbers.receiver.receive());
    CHECK(!numbers.receiver.try_receive());
    CHECK(trace.text() == "0, 1, 2, 3, 4, end");
}

TEST_CASE("Items that are left at the end are destroyed once") {
    AllGone at_end;
    {
        weft::channel<Counted> items(5);
        for (int i = 0; i < 3; ++i) items.sender(Counted(i));
        CHECK(Counted::live == 3);
    }
    CHECK(Counted::live == 0);
    weft::channel<Counted> items(5);
    for (int i = 0; i < 3; ++i) items.sender(Counted(i));
    items.sender.close();
    CHECK(Counted::live == 3);  // they may still be received
    items.receiver.close();
    CHECK(Counted::live == 0);
}

TEST_CASE("When the last receiver goes what is in the buffer goes with it and senders are told") {
    AllGone at_end;
    weft::channel<Counted> items(2);
    weft::scope fibers;
    auto waits = fibers.spawn([send = items.sender.clone()] {
        Counted item(3);
        CHECK(!send.offer(std::move(item)));
        CHECK(item.value == 3);
    });
    items.sender(Counted(1));
    items.sender(Counted(2));
    weft::yield();
    const auto clone = items.receiver.clone();
    items.receiver.close();
    CHECK(Counted::live == 3);  // another one listens
    { const auto last = std::move(const_cast<weft::receiver<Counted>&>(clone)); }
    CHECK(Counted::live == 1);
    waits.join();
    CHECK_THROWS_AS(items.sender(Counted(4)), weft::receiver_gone);
    CHECK(items.sender.try_send(Counted(5)) == weft::send_status::closed);
    CHECK(!items.sender.offer(Counted(6)));
    CHECK(items.sender.size() == 0);
}

TEST_CASE("A sender that has put its items into the buffer may go: they outlive it and its fiber") {
    AllGone at_end;
    weft::channel<Counted> items(3);
    {
        weft::scope fibers;
        fibers.spawn([send = std::move(items.sender)] {
            for (int i = 1; i <= 3; ++i) send(Counted(i));
        });
    }
    int sum = 0;
    for (Counted& item : items.receiver) sum += item.value;
    CHECK(sum == 6);
}

TEST_CASE("A sender destroyed by an exception ends a buffered stream after its items") {
    Trace trace;
    weft::channel<int> numbers(4);
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {
        send(1);
        send(2);
        throw std::runtime_error("no more");
    });
    CHECK(thrown_by<std::runtime_error>([&] {
              for (int n : numbers.receiver) trace(n);
          }) == "no more");
    CHECK(thrown_by<std::runtime_error>([&] { numbers.receiver.receive(); }) == "no more");
    CHECK(trace.text() == "1, 2");
}

TEST_CASE("A producer that was cancelled cuts a buffered stream short after its items") {
    weft::channel<int> numbers(4);
    weft::scope fibers;
    auto producer = fibers.spawn([send = std::move(numbers.sender)] {
        for (int i = 0;; ++i) send(int(i));
    });
    weft::yield();
    producer.cancel();
    for (int i = 0; i < 4; ++i) CHECK(numbers.receiver.receive() == i);
    CHECK_THROWS_AS(numbers.receiver.receive(), weft::stream_failed);
}

TEST_CASE("A cancelled fiber can not send into a buffer that has room") {
    weft::channel<int> numbers(4);
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = numbers.sender.clone()] {
        try {
            weft::yield();
        } catch (const weft::cancelled&) {
        }
        CHECK(!send.offer(1));
        CHECK_THROWS_AS(send(2), weft::cancelled);
        CHECK(send.try_send(3) == weft::send_status::sent);  // that is no wait
    });
    weft::yield();
    producer.cancel();
    producer.join();
    CHECK(numbers.receiver.size() == 1);
}

TEST_CASE("A cancelled fiber can not receive from a buffer that has items") {
    weft::channel<int> numbers(4);
    for (int i = 0; i < 4; ++i) numbers.sender(int(i));
    weft::scope fibers;
    auto consumer = fibers.spawn([&] {
        try {
            weft::yield();
        } catch (const weft::cancelled&) {
        }
        CHECK_THROWS_AS(numbers.receiver.receive(), weft::cancelled);
        CHECK_THROWS_AS(
            [&] {
                for (int n : numbers.receiver) CHECK(n == -1);
            }(),
            weft::cancelled);
        CHECK(numbers.receiver.try_receive() == 0);
    });
    weft::yield();
    consumer.cancel();
    consumer.join();
    CHECK(numbers.receiver.size() == 3);
}

TEST_CASE("fail ends a buffered stream after its items and tells other senders") {
    weft::channel<int> numbers(2);
    const auto other = numbers.sender.clone();
    weft::scope fibers;
    auto waits = fibers.spawn([send = numbers.sender.clone()] { return send.offer(3); });
    numbers.sender(1);
    numbers.sender(2);
    weft::yield();
    numbers.sender.fail(std::make_exception_ptr(std::runtime_error("broken")));
    CHECK(!other.offer(4));
    int sum = 0;
    CHECK(thrown_by<std::runtime_error>([&] {
              for (int n : numbers.receiver) sum += n;
          }) == "broken");
    CHECK(sum == 6);  // who waited came first
    CHECK(waits.join());
}

TEST_CASE("break out of a loop over a buffered stream gives its item back and a later loop has the next") {
    AllGone at_end;
    weft::channel<Counted> items(3);
    for (int i = 1; i <= 3; ++i) items.sender(Counted(i));
    for (Counted& item : items.receiver) {
        CHECK(item.value == 1);
        CHECK(Counted::live == 3);
        break;
    }
    CHECK(Counted::live == 2);
    items.sender(Counted(4));
    items.sender.close();
    int sum = 0;
    for (Counted& item : items.receiver) sum = 10 * sum + item.value;
    CHECK(sum == 234);
}

TEST_CASE("Closing a receiver inside its own loop leaves the item valid until the loop comes back") {
    AllGone at_end;
    weft::channel<Counted> items(3);
    for (int i = 1; i <= 3; ++i) items.sender(Counted(i));
    int rounds = 0;
    for (Counted& item : items.receiver) {
        items.receiver.close();
        CHECK(Counted::live == 1);
        CHECK(item.value == 1);
        ++rounds;
    }
    CHECK(rounds == 1);
    CHECK(Counted::live == 0);
    CHECK(!items.sender.offer(Counted(1)));
}

TEST_CASE("An iterator outlives its receiver and the item in it") {
    AllGone at_end;
    weft::receiver<Counted>::iterator kept;
    {
        weft::channel<Counted> items(3);
        for (int i = 1; i <= 3; ++i) items.sender(Counted(i));
        kept = items.receiver.begin();
        CHECK(kept->value == 1);
    }
    CHECK(kept->value == 1);
    CHECK(Counted::live == 1);
    ++kept;
    CHECK(kept == std::default_sentinel);
    CHECK(Counted::live == 0);
}

TEST_CASE("The destructor of an item may send into its own stream and into another") {
    struct Echo {
        const weft::sender<int>* to = nullptr;
        explicit Echo(const weft::sender<int>& t) : to(&t) {}
        Echo(Echo&& other) noexcept : to(std::exchange(other.to, nullptr)) {}
        ~Echo() {
            if (to) CHECK(to->offer(1));
        }
    };
    weft::channel<int> echoes(10);
    {
        weft::channel<Echo> items(4);
        for (int i = 0; i < 4; ++i) items.sender(Echo(echoes.sender));
        CHECK(items.receiver.receive());
        for (Echo& e : items.receiver) {
            CHECK(e.to == &echoes.sender);
            break;
        }
    }
    CHECK(echoes.receiver.size() == 4);
}

TEST_CASE("Ends of a buffered stream may die in any order with fibers parked in them") {
    for (int order = 0; order < 24; ++order) {
        AllGone at_end;
        std::vector<std::unique_ptr<weft::channel<Counted>>> channels;
        channels.push_back(std::make_unique<weft::channel<Counted>>(2));
        weft::scope fibers;
        auto& c = *channels[0];
        fibers.spawn([send = c.sender.clone()] {
            while (send.offer(Counted(1))) {
            }
        });
        fibers.spawn([in = c.receiver.clone()] {
            for (int i = 0; i < 3; ++i) in.receive();
        });
        for (int i = 0; i < order % 4; ++i) weft::yield();
        if (order / 4 % 2) c.sender.close();
        if (order / 8 % 2) c.receiver.close();
        if (order / 16) fibers.cancel();
        channels.clear();
    }
}
