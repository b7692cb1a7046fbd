// SPDX-License-Identifier: BSL-1.0
// Rule 4: receive(), also where moving an item throws, or waits.
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::Trace;

namespace {

/// The n-th move throws, and leaves the object it moves from as it was.
struct Throwing : Counted {
    static inline int until_it_throws = 0;

    Throwing(int v) : Counted(v) {}
    Throwing(Throwing&& other) : Counted(move_or_throw(other)) {}

 private:
    static Counted move_or_throw(Throwing& other) {
        if (--until_it_throws == 0) throw std::runtime_error("this move fails");
        return std::move(static_cast<Counted&>(other));
    }
};

/// Its move gives way to other fibers.
struct Yielding {
    int value;
    explicit Yielding(int v) : value(v) {}
    Yielding(Yielding&& other) noexcept : value(other.value) { weft::yield(); }
};

}  // namespace

TEST_CASE("receive moves one item out") {
    for (const bool sender_first : {true, false}) {
        AllGone at_end;
        weft::channel<Counted> items;
        weft::scope fibers;
        fibers.spawn([send = std::move(items.sender)] {
            Counted item(7);
            send(std::move(item));
            CHECK(item.value == -1);
            send(8);
        });
        if (sender_first) weft::yield();
        const std::optional<Counted> item = items.receiver.receive();
        REQUIRE(item);
        CHECK(item->value == 7);
        CHECK(Counted::moves == 1);
        CHECK(items.receiver.receive()->value == 8);
        CHECK(Counted::copies == 0);
    }
}

TEST_CASE("receive lets the sender go on at once") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([&, send = std::move(numbers.sender)] {
        send(1);
        trace("sent 1");
        send(2);
        trace("sent 2");
    });
    CHECK(numbers.receiver.receive() == 1);
    trace("got 1");
    for (int round = 0; round < 3; ++round) weft::yield();
    trace("asking");
    CHECK(numbers.receiver.receive() == 2);
    weft::yield();
    // "sent 1" may come before or after "got 1"; it does not wait for the next question.
    CHECK(trace.text().find("sent 1") < trace.text().find("asking"));
    CHECK(trace.text().find("sent 2") != std::string::npos);
}

TEST_CASE("receive gives nullopt at the end and goes on giving it") {
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] { send(1); });
    CHECK(numbers.receiver.receive() == 1);
    for (int n = 0; n < 3; ++n) CHECK(!numbers.receiver.receive());
    for (int n : numbers.receiver) CHECK(n != n);
    CHECK(!numbers.receiver.receive());
}

TEST_CASE("receive gives a reference where references are sent") {
    AllGone at_end;
    Counted item(1);
    weft::channel<Counted&> items;
    weft::scope fibers;
    fibers.spawn([&, send = std::move(items.sender)] { send(item); });
    const std::optional<std::reference_wrapper<Counted>> got = items.receiver.receive();
    REQUIRE(got);
    CHECK(&got->get() == &item);
    CHECK(Counted::moves + Counted::copies == 0);
}

TEST_CASE("What moving an item throws receive throws and the item stays with its sender first in line") {
    for (int n = 1; n <= 8; ++n) {
        for (const bool sender_first : {true, false}) {
            AllGone at_end;
            Throwing::until_it_throws = n;
            std::vector<int> got;
            int failures = 0, sent = 0;
            {
                weft::channel<Throwing> items;
                weft::scope fibers;
                fibers.spawn([&, send = std::move(items.sender)] {
                    for (int i = 0; i < 8; ++i) {
                        send(i);
                        ++sent;
                    }
                });
                for (;;) {
                    if (sender_first) weft::yield();
                    try {
                        auto item = items.receiver.receive();
                        if (!item) break;
                        got.push_back(item->value);
                    } catch (const std::runtime_error& e) {
                        CHECK(std::string(e.what()) == "this move fails");
                        ++failures;
                    }
                }
            }
            CHECK(failures == 1);
            CHECK(sent == 8);
            CHECK(got == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
        }
    }
}

TEST_CASE("A move that fails in receive keeps the order among several senders") {
    AllGone at_end;
    weft::channel<Throwing> items;
    weft::scope fibers;
    for (int n = 0; n < 3; ++n) fibers.spawn([n, send = items.sender.clone()] { send(n); });
    weft::yield();
    Throwing::until_it_throws = 1;
    CHECK_THROWS_AS(items.receiver.receive(), std::runtime_error);
    for (int n = 0; n < 3; ++n) CHECK(items.receiver.receive()->value == n);
}

TEST_CASE("What moving an item throws try_receive throws and the item stays") {
    AllGone at_end;
    weft::channel<Throwing> items;
    weft::scope fibers;
    fibers.spawn([send = std::move(items.sender)] { send(5); });
    weft::yield();
    Throwing::until_it_throws = 1;
    CHECK_THROWS_AS(items.receiver.try_receive(), std::runtime_error);
    CHECK(items.receiver.try_receive()->value == 5);
}

TEST_CASE("What moving an item throws try_send throws and the receiver waits on") {
    for (const bool loops : {true, false}) {
        AllGone at_end;
        std::vector<int> got;
        weft::channel<Throwing> items;
        weft::scope fibers;
        fibers.spawn([&, loops, in = std::move(items.receiver)] {
            if (loops)
                for (Throwing& item : in) got.push_back(item.value);
            else
                while (auto item = in.receive()) got.push_back(item->value);
        });
        weft::yield();
        Throwing item(5);
        Throwing::until_it_throws = 1;
        CHECK_THROWS_AS(static_cast<void>(items.sender.try_send(std::move(item))), std::runtime_error);
        CHECK(item.value == 5);
        weft::yield();
        CHECK(got.empty());
        CHECK(items.sender.try_send(std::move(item)) == weft::send_status::sent);
        items.sender.close();
        fibers.join();
        CHECK(got == std::vector<int>{5});
    }
}

TEST_CASE("A copy that fails is the sender's affair and the receiver waits on") {
    struct Copied {
        int value;
        explicit Copied(int v) : value(v) {}
        Copied(const Copied& other) : value(other.value) {
            if (value == 1) throw std::runtime_error("this copy fails");
        }
    };
    weft::channel<Copied> items;
    weft::scope fibers;
    auto producer = fibers.spawn([send = std::move(items.sender)] {
        const Copied bad(1), good(2);
        CHECK_THROWS_AS(send(bad), std::runtime_error);
        send(good);
    });
    CHECK(items.receiver.receive()->value == 2);
    producer.join();
    CHECK(!items.receiver.receive());
}

TEST_CASE("Moving an item may wait: nothing is lost and nothing overtakes") {
    for (const bool sender_first : {true, false}) {
        std::vector<int> got;
        weft::channel<Yielding> items;
        weft::scope fibers;
        const auto produce = [&] {
            for (int n = 0; n < 2; ++n)
                fibers.spawn([n, send = items.sender.clone()] {
                    for (int i = 0; i < 5; ++i) send(Yielding(10 * n + i));
                });
        };
        const auto consume = [&] {
            fibers.spawn([&, in = std::move(items.receiver)] {
                while (auto item = in.receive()) got.push_back(item->value);
            });
        };
        if (sender_first) produce();
        consume();
        if (!sender_first) weft::yield(), produce();
        items.sender.close();
        fibers.join();
        std::vector<int> first, second;
        for (int n : got) (n < 10 ? first : second).push_back(n);
        CHECK(first == std::vector<int>{0, 1, 2, 3, 4});
        CHECK(second == std::vector<int>{10, 11, 12, 13, 14});
    }
}

TEST_CASE("An item's destructor may send on another channel") {
    struct Last {
        const weft::sender<int>* tell = nullptr;
        int value = 0;
        Last(const weft::sender<int>& to, int v) : tell(&to), value(v) {}
        Last(Last&& other) noexcept : tell(std::exchange(other.tell, nullptr)), value(other.value) {}
        ~Last() {
            if (tell) CHECK(tell->offer(int(value)));
        }
    };
    std::vector<int> told;
    weft::channel<int> news;
    weft::channel<Last> items;
    weft::scope fibers;
    fibers.spawn([&, in = std::move(news.receiver)] {
        for (int n : in) told.push_back(n);
    });
    fibers.spawn([&, send = std::move(items.sender)] {
        for (int n = 0; n < 3; ++n) send(Last(news.sender, n));
    });
    while (items.receiver.receive()) {
    }
    CHECK(told == std::vector<int>{0, 1, 2});
}
