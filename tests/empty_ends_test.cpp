// SPDX-License-Identifier: BSL-1.0
// Rule 13: which calls are const, and what empty ends and those of other threads say.
#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <thread>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;

namespace {

// All calls but close, fail and moves are const.
template <class Sender, class Receiver>
concept const_calls = requires(const Sender& send, const Receiver& in, int item) {
    send(1);
    send(item);
    send.offer(1);
    send.try_send(1);
    send.clone();
    in.begin();
    in.end();
    in.receive();
    in.try_receive();
    in.clone();
    in.is_closed();
};
static_assert(const_calls<weft::sender<int>, weft::receiver<int>>);
static_assert(requires(const weft::consumer<int>& feed) { feed(1), feed.offer(1); });
static_assert(requires(const weft::generator<int>& in) {
    in.begin(), in.end(), in.receive(), in.is_closed();
});
template <class End>
concept closes = requires(End& end) { end.close(); };
static_assert(closes<weft::sender<int>> && !closes<const weft::sender<int>>);
static_assert(closes<weft::receiver<int>> && !closes<const weft::receiver<int>>);

void check_empty(const weft::sender<Counted>& send) {
    for (int twice = 0; twice < 2; ++twice) {
        Counted item(1);
        CHECK_THROWS_AS(send(std::move(item)), std::logic_error);
        CHECK_THROWS_AS(send(item), std::logic_error);
        CHECK_THROWS_AS(static_cast<void>(send.try_send(std::move(item))), std::logic_error);
        CHECK_THROWS_AS(send.clone(), std::logic_error);
        CHECK(!send.offer(std::move(item)));
        CHECK(item.value == 1);
    }
    CHECK(test::contains(test::thrown_by<std::logic_error>([&] { send(1); }), "empty"));
}

void check_empty(const weft::receiver<Counted>& in) {
    for (int twice = 0; twice < 2; ++twice) {
        CHECK_THROWS_AS(in.begin(), std::logic_error);
        CHECK_THROWS_AS(in.receive(), std::logic_error);
        CHECK_THROWS_AS(in.try_receive(), std::logic_error);
        CHECK_THROWS_AS(in.clone(), std::logic_error);
        CHECK(in.is_closed());
    }
    CHECK(test::contains(test::thrown_by<std::logic_error>([&] { in.receive(); }), "empty"));
}

}  // namespace

TEST_CASE("A default-constructed end equals a moved-from one: its use throws std::logic_error") {
    AllGone at_end;
    weft::channel<Counted> items;
    const auto send = std::move(items.sender);
    const auto in = std::move(items.receiver);
    check_empty(items.sender);
    check_empty(items.receiver);
    check_empty(weft::sender<Counted>());
    check_empty(weft::receiver<Counted>());
    CHECK_THROWS_AS(weft::generator<Counted>().receive(), std::logic_error);
    CHECK_THROWS_AS(weft::generator<Counted>().begin(), std::logic_error);
    CHECK_THROWS_AS(weft::consumer<Counted>()(1), std::logic_error);
    CHECK(!weft::consumer<Counted>().offer(1));
}

TEST_CASE("Closing twice and closing an empty end are harmless") {
    AllGone at_end;
    weft::channel<Counted> items;
    for (int twice = 0; twice < 2; ++twice) {
        items.sender.close();
        items.receiver.close();
        weft::sender<Counted>().close();
        weft::receiver<Counted>().close();
    }
    check_empty(items.sender);
    CHECK(items.receiver.is_closed());
}

TEST_CASE("An end may be assigned to itself and moved round") {
    weft::channel<int> numbers;
    auto& same_sender = numbers.sender;
    auto& same_receiver = numbers.receiver;
    numbers.sender = std::move(same_sender);
    numbers.receiver = std::move(same_receiver);
    std::swap(numbers.sender, same_sender);
    weft::scope fibers;
    auto producer = fibers.spawn([send = weft::sender<int>(std::move(numbers.sender))] { send(1); });
    weft::receiver<int> in(std::move(numbers.receiver));
    numbers.receiver = std::move(in);
    CHECK(numbers.receiver.receive() == 1);
    producer.join();
}

TEST_CASE("Assigning to an end closes what it was") {
    weft::channel<int> one, two;
    one.sender = std::move(two.sender);
    CHECK(!one.receiver.receive());
    weft::scope fibers;
    fibers.spawn([&] { one.sender(1); });
    CHECK(two.receiver.receive() == 1);
}

TEST_CASE("An end belongs to its thread: elsewhere its use throws std::logic_error") {
    weft::channel<int> numbers;
    std::array<std::string, 4> texts;
    std::thread([&] {
        texts[0] = test::thrown_by<std::logic_error>([&] { numbers.sender(1); });
        texts[1] = test::thrown_by<std::logic_error>([&] { numbers.receiver.receive(); });
        texts[2] = test::thrown_by<std::logic_error>([&] { numbers.sender.clone(); });
        texts[3] = test::thrown_by<std::logic_error>([&] { numbers.receiver.begin(); });
    }).join();
    for (const std::string& text : texts) CHECK(test::contains(text, "another thread"));
}
