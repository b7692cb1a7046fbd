// SPDX-License-Identifier: BSL-1.0
// Rule 10: several senders and several receivers share a stream.
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::Trace;

TEST_CASE("Several senders may share a stream: it ends when the last of them is gone") {
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 1; n <= 3; ++n)
        fibers.spawn([n, send = numbers.sender.clone()] {
            for (int i = 0; i < 100; ++i) send(int(n));
        });
    numbers.sender.close();
    int sum = 0;
    for (int n : numbers.receiver) sum += n;
    CHECK(sum == 600);
}

TEST_CASE("A forgotten sender keeps the stream open") {
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = numbers.sender.clone()] { send(1); });
    CHECK(numbers.receiver.receive() == 1);
    CHECK_THROWS_AS(numbers.receiver.receive(), weft::deadlock);
    numbers.sender.close();
    CHECK(!numbers.receiver.receive());
}

TEST_CASE("Several receivers may share a stream: each item goes to one of them") {
    std::vector<int> times(300);
    std::vector<int> shares(3);
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 0; n < 3; ++n)
        fibers.spawn([&, n, in = numbers.receiver.clone()] {
            for (int i : in) {
                ++times[i];
                ++shares[n];
                weft::yield();
            }
        });
    numbers.receiver.close();
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int i = 0; i < 300; ++i) send(int(i));
    });
    fibers.join();
    CHECK(times == std::vector<int>(300, 1));
}

TEST_CASE("Waiting senders are served first come first served") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 0; n < 6; ++n)
        fibers.spawn([n, send = numbers.sender.clone()] {
            if (n % 2)
                send(int(n));
            else
                CHECK(send.offer(int(n)));
        });
    weft::yield();
    numbers.sender.close();
    trace(*numbers.receiver.receive());
    trace(*numbers.receiver.try_receive());
    for (int n : numbers.receiver) trace(n);
    CHECK(trace.text() == "0, 1, 2, 3, 4, 5");
}

TEST_CASE("Waiting receivers are served first come first served") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 0; n < 6; ++n)
        fibers.spawn([&, n, in = numbers.receiver.clone()] {
            if (n % 2) {
                if (auto i = in.receive()) trace(n, "got", *i);
            } else {
                for (int i : in) {
                    trace(n, "got", i);
                    break;
                }
            }
        });
    weft::yield();
    for (int i = 0; i < 6; ++i) {
        numbers.sender(int(i));
        weft::yield();
    }
    CHECK(trace.text() == "0 got 0, 1 got 1, 2 got 2, 3 got 3, 4 got 4, 5 got 5");
}

TEST_CASE("A cancelled waiter leaves its place and the others keep theirs") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    std::vector<weft::fiber<void>> senders;
    for (int n = 0; n < 4; ++n)
        senders.push_back(fibers.spawn([n, send = numbers.sender.clone()]() mutable {
            if (!send.offer(int(n))) send.close();
        }));
    weft::yield();
    numbers.sender.close();
    senders[0].cancel();
    senders[2].cancel();
    for (int n : numbers.receiver) trace(n);
    CHECK(trace.text() == "1, 3");
}

TEST_CASE("A value handed to a waiting receiver is its own: nobody can take it away") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    const auto thief = numbers.receiver.clone();
    auto owner = fibers.spawn([&, in = std::move(numbers.receiver)] { trace("owner", *in.receive()); });
    weft::yield();
    CHECK(numbers.sender.try_send(1) == weft::send_status::sent);
    CHECK(!thief.try_receive());
    CHECK(numbers.sender.try_send(2) == weft::send_status::full);
    owner.join();
    CHECK(trace.text() == "owner 1");
}

TEST_CASE("A value handed to a waiting loop is its own even if the loop is then cancelled") {
    AllGone at_end;
    int got = 0;
    weft::channel<Counted> items;
    weft::scope fibers;
    auto owner = fibers.spawn([&, in = std::move(items.receiver)] {
        for (Counted& item : in) got += item.value;
    });
    weft::yield();
    CHECK(items.sender.try_send(1) == weft::send_status::sent);
    owner.cancel();
    CHECK_THROWS_AS(owner.join(), weft::no_result);
    CHECK(got == 1);
}

TEST_CASE("A loop and the loop of a clone hold an item each") {
    AllGone at_end;
    weft::channel<Counted> items;
    const auto other = items.receiver.clone();
    weft::scope fibers;
    for (int n = 1; n <= 2; ++n) fibers.spawn([n, send = items.sender.clone()] { send(int(n)); });
    items.sender.close();
    for (Counted& first : items.receiver)
        for (Counted& second : other.clone()) {
            CHECK(first.value == 1);
            CHECK(second.value == 2);
            CHECK(Counted::live == 2);
            break;  // another one would never come: the first sender is parked as long as its item is in use
        }
    CHECK(Counted::live == 0);
}

TEST_CASE("Clones of clones are ends like any other") {
    weft::channel<int> numbers;
    weft::scope fibers;
    auto send = numbers.sender.clone().clone();
    auto in = numbers.receiver.clone().clone();
    numbers.sender.close();
    numbers.receiver.close();
    fibers.spawn([send = std::move(send)] { send(1); });
    CHECK(in.receive() == 1);
    CHECK(!in.receive());
}

TEST_CASE("Whoever waits in receive() while ends come and go is still served first") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([&trace, in = numbers.receiver.clone()] { trace("first", in.receive().value()); });
    weft::yield();
    { const auto passing = numbers.receiver.clone(); }
    const auto second = numbers.receiver.clone();
    fibers.spawn([&] { trace("second", second.receive().value()); });
    weft::yield();
    CHECK(numbers.sender.offer(1));
    CHECK(numbers.sender.offer(2));
    fibers.join();
    CHECK(trace.text() == "first 1, second 2");
}
