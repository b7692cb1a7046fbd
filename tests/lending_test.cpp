// SPDX-License-Identifier: BSL-1.0
// Rule 2: an item is lent.
#include <memory>
#include <string>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::Trace;

namespace {

struct Immovable {
    int value;
    explicit Immovable(int v) : value(v) {}
    Immovable(const Immovable&) = delete;
    Immovable& operator=(const Immovable&) = delete;
};

struct Question {
    int number;
    std::string answer;
};

}  // namespace

TEST_CASE("In a loop the loop variable is the very object that was sent in the sender's frame") {
    AllGone at_end;
    const Counted* sent = nullptr;
    int rounds = 0;
    weft::channel<Counted> items;
    weft::scope fibers;
    fibers.spawn([&, send = std::move(items.sender)] {
        for (int n = 0; n < 3; ++n) {
            Counted item(n);
            sent = &item;
            send(std::move(item));
            CHECK(item.value == n);
        }
    });
    for (Counted& item : items.receiver) {
        CHECK(&item == sent);
        CHECK(item.value == rounds++);
        CHECK(Counted::live == 1);
    }
    CHECK(rounds == 3);
    CHECK(Counted::copies == 0);
    CHECK(Counted::moves == 0);
}

TEST_CASE("In a loop between two fibers the loop variable is the very object that was sent") {
    AllGone at_end;
    const Counted* sent = nullptr;
    weft::channel<Counted> items;
    weft::scope fibers;
    fibers.spawn([&, in = std::move(items.receiver)] {
        for (Counted& item : in) CHECK(&item == sent);
    });
    fibers.spawn([&, send = std::move(items.sender)] {
        for (int n = 0; n < 200; ++n) {
            Counted item(n);
            sent = &item;
            send(std::move(item));
        }
    });
    fibers.join();
    CHECK(Counted::made == 200);
    CHECK(Counted::moves + Counted::copies == 0);
}

TEST_CASE("Plain code lends to a loop in a fiber as well") {
    AllGone at_end;
    const Counted* got = nullptr;
    weft::channel<Counted> items;
    weft::scope fibers;
    fibers.spawn([&, in = std::move(items.receiver)] {
        for (Counted& item : in) got = &item;
    });
    Counted item(1);
    items.sender(std::move(item));
    CHECK(got == &item);
    CHECK(item.value == 1);
}

TEST_CASE("send returns when the loop comes back for another") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(numbers.sender)] {
        for (int n = 1; n <= 2; ++n) {
            send(int(n));
            trace("sent", n);
        }
    });
    for (int n : numbers.receiver) {
        trace("begin", n);
        for (int round = 0; round < 3; ++round) weft::yield();
        trace("end", n);
    }
    producer.join();
    CHECK(trace.text() == "begin 1, end 1, sent 1, begin 2, end 2, sent 2");
}

TEST_CASE("An rvalue is lent where it stands unmoved so items need not be movable") {
    weft::channel<Immovable> items;
    weft::scope fibers;
    fibers.spawn([send = std::move(items.sender)] {
        send(Immovable(1));
        Immovable named(2);
        send(std::move(named));
    });
    int sum = 0;
    for (Immovable& item : items.receiver) sum = sum * 10 + item.value;
    CHECK(sum == 12);
}

TEST_CASE("A temporary lives until the loop comes back") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    fibers.spawn([send = std::move(items.sender)] {
        send(Counted(1));
        CHECK(Counted::live == 0);
        send(2);  // converted: made once
        CHECK(Counted::live == 0);
    });
    for (Counted& item : items.receiver) {
        weft::yield();
        CHECK(item.value > 0);
        CHECK(Counted::live == 1);
    }
    CHECK(Counted::made == 2);
    CHECK(Counted::copies + Counted::moves == 0);
}

TEST_CASE("An lvalue is copied once first") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    auto producer = fibers.spawn([send = std::move(items.sender)] {
        Counted item(1);
        send(item);
        CHECK(item.value == 1);  // what the loop wrote, it wrote into the copy
        const Counted constant(2);
        send(constant);
        CHECK(constant.value == 2);
    });
    int seen = 0;
    for (Counted& item : items.receiver) {
        seen = seen * 10 + item.value;
        item.value = 9;
    }
    producer.join();
    CHECK(seen == 12);
    CHECK(Counted::made == 2);
    CHECK(Counted::copies == 2);
    CHECK(Counted::moves == 0);
}

TEST_CASE("channel<T&> lends the caller's own object") {
    AllGone at_end;
    Counted first(1), second(2);
    weft::channel<Counted&> items;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(items.sender)] {
        send(first);
        send(second);
        CHECK(first.value == 11);
        CHECK(second.value == 12);
    });
    std::vector<Counted*> got;
    for (Counted& item : items.receiver) {
        got.push_back(&item);
        item.value += 10;
    }
    producer.join();
    CHECK(got == std::vector<Counted*>{&first, &second});
    CHECK(Counted::copies + Counted::moves == 0);
}

TEST_CASE("channel<const T&> lends the caller's own object") {
    AllGone at_end;
    const Counted item(1);
    weft::channel<const Counted&> items;
    weft::scope fibers;
    fibers.spawn([&, send = std::move(items.sender)] {
        send(item);
        send(Counted(2));  // a temporary lives long enough
    });
    int seen = 0;
    for (auto& got : items.receiver) {
        static_assert(std::same_as<decltype(got), const Counted&>);
        if (got.value == 1) CHECK(&got == &item);
        seen = seen * 10 + got.value;
    }
    CHECK(seen == 12);
    CHECK(Counted::copies + Counted::moves == 0);
}

TEST_CASE(
    "What the loop writes into a lent item the sender sees when send returns: that is how a reply is given") {
    weft::channel<Question> questions;
    weft::scope fibers;
    std::string answers;
    auto asking = fibers.spawn([&, ask = std::move(questions.sender)] {
        for (int n = 1; n <= 3; ++n) {
            Question q{n, ""};
            ask(std::move(q));
            answers += q.answer + ";";
        }
    });
    for (Question& q : questions.receiver) q.answer = std::to_string(q.number * q.number);
    asking.join();
    CHECK(answers == "1;4;9;");
}

TEST_CASE("The loop may move a lent item away") {
    weft::channel<std::unique_ptr<int>> items;
    weft::scope fibers;
    auto producer = fibers.spawn([send = std::move(items.sender)] {
        auto item = std::make_unique<int>(1);
        send(std::move(item));
        CHECK(!item);
    });
    std::vector<std::unique_ptr<int>> kept;
    for (auto& item : items.receiver) kept.push_back(std::move(item));
    producer.join();
    REQUIRE(kept.size() == 1);
    CHECK(*kept[0] == 1);
}

TEST_CASE("A stage may lend on what was lent to it: one object goes through the whole pipeline") {
    AllGone at_end;
    const Counted* sent = nullptr;
    weft::channel<Counted> first, second, third;
    weft::scope fibers;
    const auto stage = [](weft::receiver<Counted> in, weft::sender<Counted> out) {
        for (Counted& item : in) {
            ++item.value;
            out(std::move(item));
        }
    };
    fibers.spawn(stage, std::move(first.receiver), std::move(second.sender));
    fibers.spawn(stage, std::move(second.receiver), std::move(third.sender));
    auto producer = fibers.spawn([&, send = std::move(first.sender)] {
        for (int n = 0; n < 3; ++n) {
            Counted item(n);
            sent = &item;
            send(std::move(item));
            CHECK(item.value == n + 12);
        }
    });
    for (Counted& item : third.receiver) {
        CHECK(&item == sent);
        item.value += 10;
    }
    producer.join();
    CHECK(Counted::copies + Counted::moves == 0);
}
