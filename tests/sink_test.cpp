// SPDX-License-Identifier: BSL-1.0
// Rule 11: sink<T> is how a function asks for something to send to.
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using weft::sender;
using weft::sink;

namespace {

struct Animal {
    std::string name;
};
struct Dog : Animal {};

static_assert(sizeof(sink<int>) == 2 * sizeof(void*));
static_assert(std::is_trivially_copyable_v<sink<std::string>>);
static_assert(!std::is_default_constructible_v<sink<int>>);

// Contravariant: from the sender of anything that a T converts to, and not the other way round.
static_assert(std::convertible_to<const sender<std::string>&, sink<const char*>>);
static_assert(std::convertible_to<const sender<double>&, sink<int>>);
static_assert(std::convertible_to<const sender<Animal&>&, sink<Dog&>>);
static_assert(std::convertible_to<const sender<const Animal&>&, sink<Dog&>>);
static_assert(!std::convertible_to<const sender<Dog&>&, sink<Animal&>>);
static_assert(!std::convertible_to<const sender<Animal&>&, sink<const Animal&>>);
static_assert(!std::convertible_to<const sender<int>&, sink<std::string>>);
static_assert(!std::convertible_to<const sender<std::string>&, sink<std::string_view>>);  // explicit only
static_assert(!std::convertible_to<int, sink<int>>);

void two(sink<std::string> send) {
    send("One");
    send("Two");
}

struct Tree {
    int value;
    std::vector<Tree> children;
};

void walk(const Tree& tree, sink<int> send) {
    send(int(tree.value));
    for (const Tree& child : tree.children) walk(child, send);
}

void plain_function(int&& n) { n = 0; }

/// What `f`, called with a sender, sends.
template <class T, class F>
std::vector<T> sent_by(F f) {
    std::vector<T> all;
    weft::channel<T> items;
    weft::scope fibers;
    fibers.spawn([f, send = std::move(items.sender)] { f(send); });
    for (T& item : items.receiver) all.push_back(item);
    return all;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("A function asks for a sink and is called with a sender") {
    CHECK(sent_by<std::string>([](const sender<std::string>& send) {
              send("Zero");
              two(send);
              send("The end");
          }) == Lines{"Zero", "One", "Two", "The end"});
}

TEST_CASE("A sink sends from any depth") {
    const Tree tree{1, {{2, {{3, {}}, {4, {}}}}, {5, {}}}};
    CHECK(sent_by<int>([&](const sender<int>& send) { walk(tree, send); }) ==
          std::vector<int>{1, 2, 3, 4, 5});
    Tree deep{0, {}};
    Tree* at = &deep;
    for (int n = 1; n < 200; ++n) at = &at->children.emplace_back(Tree{n, {}});
    CHECK(sent_by<int>([&](const sender<int>& send) { walk(deep, send); }).size() == 200);
}

TEST_CASE("A sink is copied freely and its copies send to the same") {
    CHECK(sent_by<std::string>([](const sender<std::string>& send) {
              const sink<std::string> first(send);
              sink<std::string> second = first;
              second = first;
              first("One");
              second("Two");
              two(second);
          }) == Lines{"One", "Two", "One", "Two"});
}

TEST_CASE("A sink owns nothing: the stream ends with its senders") {
    weft::channel<int> numbers;
    const sink<int> send(numbers.sender);
    numbers.sender.close();
    CHECK(!numbers.receiver.receive());
    CHECK_THROWS_AS(send(1), std::logic_error);
    CHECK(!send.offer(1));
}

TEST_CASE("A sink is made from any sender that accepts a T: contravariant") {
    CHECK(sent_by<std::string>([](const sender<std::string>& to) {
              const sink<const char*> send(to);
              send("One");
              CHECK(send.offer("Two"));
          }) == Lines{"One", "Two"});
    CHECK(sent_by<double>([](const sender<double>& to) {
              const sink<int> send(to);
              send(1);
          }) == std::vector<double>{1.0});
}

TEST_CASE("A sink of the derived is made from a sender of the base and lends the very object") {
    Dog rex{{"Rex"}};
    weft::channel<Animal&> animals;
    weft::scope fibers;
    fibers.spawn([&, to = std::move(animals.sender)] {
        const sink<Dog&> send(to);
        send(rex);
        CHECK(rex.name == "Rex the good");
    });
    for (Animal& animal : animals.receiver) {
        CHECK(&animal == &rex);
        animal.name += " the good";
    }
}

TEST_CASE("Through a sink of the same type the item is lent as by the sender") {
    AllGone at_end;
    const Counted* sent = nullptr;
    weft::channel<Counted> items;
    weft::scope fibers;
    fibers.spawn([&, to = std::move(items.sender)] {
        const sink<Counted> send(to);
        Counted item(1);
        sent = &item;
        send(std::move(item));
        CHECK(item.value == 2);
        send(item);  // copied once
    });
    int rounds = 0;
    for (Counted& item : items.receiver) {
        CHECK((&item == sent) == (rounds++ == 0));
        item.value = 2;
    }
    CHECK(Counted::copies == 1);
    CHECK(Counted::moves == 0);
}

TEST_CASE("A sink is made from another sink that accepts a T") {
    CHECK(sent_by<std::string>([](const sender<std::string>& to) {
              const sink<std::string> strings(to);
              const sink<const char*> send(strings);
              send("One");
              CHECK(send.offer("Two"));
          }) == Lines{"One", "Two"});
}

TEST_CASE("A sink is made from any callable that accepts a T") {
    Lines got;
    const auto keep = [&](std::string line) { got.push_back(std::move(line)); };
    two(keep);
    auto counting = [&, n = 0](const std::string& line) mutable {
        got.push_back(line + std::to_string(++n));
    };
    two(counting);
    two([&](std::string&& line) { got.push_back(line + "!"); });
    const sink<const std::string&> by_reference(keep);
    by_reference("last");
    CHECK(got == Lines{"One", "Two", "One1", "Two2", "One!", "Two!", "last"});
}

TEST_CASE("A sink is made from a plain function") {
    const sink<int> send(plain_function);
    int n = 1;
    send(std::move(n));
    CHECK(n == 0);
    CHECK(send.offer(2));
}

TEST_CASE("A sink is made from a member function of its items") {
    struct Job {
        int* done;
        void run() { ++*done; }
    };
    int done = 0;
    const auto give = [&done](weft::sink<Job> out) {
        out(Job{&done});
        return out.offer(Job{&done});
    };
    CHECK(give(&Job::run));
    CHECK(done == 2);
}

TEST_CASE("A callable that refuses tells an offer by false and a send by its exception") {
    const auto full = [](int) { throw weft::receiver_gone(); };
    const sink<int> send(full);
    CHECK_THROWS_AS(send(1), weft::receiver_gone);
    CHECK(!send.offer(1));
}

TEST_CASE("A sink tells of a gone receiver as its sender does") {
    weft::channel<std::string> lines;
    lines.receiver.close();
    const sink<std::string> same(lines.sender);
    const sink<const char*> converting(lines.sender);
    for (int twice = 0; twice < 2; ++twice) {
        CHECK_THROWS_AS(same("x"), weft::receiver_gone);
        CHECK_THROWS_AS(converting("x"), weft::receiver_gone);
        CHECK(!same.offer("x"));
        CHECK(!converting.offer("x"));
    }
}

TEST_CASE("A conversion that fails: send throws it and offer ends the stream with it") {
    struct Picky {
        int value;
        Picky(int v) : value(v) {
            if (v < 0) throw std::runtime_error("negative");
        }
    };
    weft::channel<Picky> items;
    weft::scope fibers;
    auto producer = fibers.spawn([to = std::move(items.sender)] {
        const sink<int> send(to);
        CHECK_THROWS_AS(send(-1), std::runtime_error);
        send(1);
        CHECK(!send.offer(-1));
        CHECK(!send.offer(1));
    });
    CHECK(items.receiver.receive()->value == 1);
    CHECK(test::thrown_by<std::runtime_error>([&] { items.receiver.receive(); }) == "negative");
    producer.join();
}

TEST_CASE("A sink may move only: unique pointers go through") {
    weft::channel<std::unique_ptr<Animal>> items;
    weft::scope fibers;
    fibers.spawn([to = std::move(items.sender)] {
        const sink<std::unique_ptr<Dog>> send(to);
        auto rex = std::make_unique<Dog>();
        rex->name = "Rex";
        send(std::move(rex));
        CHECK(!rex);
    });
    CHECK((*items.receiver.receive())->name == "Rex");
}
