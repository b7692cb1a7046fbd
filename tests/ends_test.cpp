// SPDX-License-Identifier: BSL-1.0
// Rule 13: ends are handles to shared state and may die in any order.
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;

namespace {

/// Calls `f` with every order of 0 to n - 1.
void in_all_orders(int n, const std::function<void(const std::vector<int>&)>& f) {
    std::vector<int> order;
    for (int i = 0; i < n; ++i) order.push_back(i);
    do f(order);
    while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace

TEST_CASE("Any end may die in any order before or after the scope") {
    in_all_orders(4, [](const std::vector<int>& order) {
        AllGone at_end;
        auto fibers = std::make_unique<weft::scope>();
        weft::channel<Counted> items;
        auto send = std::make_unique<weft::sender<Counted>>(std::move(items.sender));
        auto in = std::make_unique<weft::receiver<Counted>>(std::move(items.receiver));
        auto other = std::make_unique<weft::receiver<Counted>>(in->clone());
        for (const int next : order) {
            if (next == 0) send.reset();
            if (next == 1) in.reset();
            if (next == 2) other.reset();
            if (next == 3) fibers.reset();
        }
    });
}

TEST_CASE("Any end may die in any order parked: whoever waits in it gets std::logic_error") {
    const auto in_order = [](const std::vector<int>& order, bool run_between) {
        AllGone at_end;
        std::array<std::string, 3> told;
        {
            auto fibers = std::make_unique<weft::scope>();
            weft::channel<Counted> one, two, three;
            auto send = std::make_unique<weft::sender<Counted>>(std::move(one.sender));
            auto in = std::make_unique<weft::receiver<Counted>>(std::move(two.receiver));
            auto looped = std::make_unique<weft::receiver<Counted>>(std::move(three.receiver));
            const auto note = [&](int n, auto wait) {
                fibers->spawn([&told, n, wait] {
                    try {
                        wait();
                        told[n] = "nothing";
                    } catch (const std::logic_error&) {
                        told[n] = "logic_error";
                    } catch (const weft::receiver_gone&) {
                        told[n] = "gone";
                    } catch (const weft::cancelled&) {
                        told[n] = "cancelled";
                    }
                });
            };
            note(0, [&] { (*send)(1); });
            note(1, [&] { in->receive(); });
            note(2, [&] {
                for ([[maybe_unused]] Counted& item : *looped) {
                }
            });
            weft::yield();
            for (const int next : order) {
                if (next == 0) send.reset();
                if (next == 1) in.reset();
                if (next == 2) looped.reset();
                if (next == 3) one.receiver.close(), two.sender.close();  // the partners
                if (next == 4) fibers.reset();
                if (run_between) weft::yield();
            }
        }
        for (const std::string& text : told) CHECK(!text.empty());
        if (!run_between) return;  // then he may be told of either
        const auto expected = [&](int own, const std::string& of_partner) -> std::string {
            for (const int next : order) {
                if (next == own) return "logic_error";
                if (next == 3 && !of_partner.empty()) return of_partner;
                if (next == 4) return "cancelled";
            }
            return "";
        };
        CHECK(told[0] == expected(0, "gone"));
        CHECK(told[1] == expected(1, "nothing"));
        CHECK(told[2] == expected(2, ""));
    };
    in_all_orders(5, [&](const std::vector<int>& order) {
        in_order(order, true);
        in_order(order, false);
    });
}

TEST_CASE("Moving an end in which somebody waits wakes him with std::logic_error") {
    AllGone at_end;
    weft::channel<Counted> sent, received, looped;
    weft::scope fibers;
    auto sending = fibers.spawn([&] { CHECK_THROWS_AS(sent.sender(1), std::logic_error); });
    auto receiving = fibers.spawn([&] { CHECK_THROWS_AS(received.receiver.receive(), std::logic_error); });
    weft::yield();
    const auto send = std::move(sent.sender);
    const auto in = std::move(received.receiver);
    sending.join();
    receiving.join();
    // The streams go on.
    fibers.spawn([&] { send(2); });
    CHECK(sent.receiver.receive()->value == 2);
    fibers.spawn([&] { received.sender(3); });
    CHECK(in.receive()->value == 3);
}

TEST_CASE("Closing a sender in which somebody waits wakes him with std::logic_error") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    auto sending = fibers.spawn([&] { CHECK_THROWS_AS(items.sender(1), std::logic_error); });
    weft::yield();
    items.sender.close();
    sending.join();
    CHECK(!items.receiver.receive());
}

TEST_CASE("A sender destroyed while a loop uses its item: the lender is told when the loop comes back") {
    AllGone at_end;
    weft::channel<Counted> items;
    auto send = std::make_unique<weft::sender<Counted>>(std::move(items.sender));
    weft::scope fibers;
    bool told = false;
    auto sending = fibers.spawn([&] {
        CHECK_THROWS_AS((*send)(1), std::logic_error);
        told = true;
    });
    int rounds = 0;
    for (Counted& item : items.receiver) {
        send.reset();
        weft::yield();
        CHECK(item.value == 1);
        CHECK(!told);
        ++rounds;
    }
    sending.join();
    CHECK(rounds == 1);
    CHECK(told);
}

TEST_CASE("A parked call holds the stream") {
    AllGone at_end;
    weft::scope fibers;
    auto items = std::make_unique<weft::channel<Counted>>();
    auto sending =
        fibers.spawn([&, send = std::move(items->sender)] { CHECK_THROWS_AS(send(1), weft::receiver_gone); });
    weft::yield();
    items.reset();
    sending.join();
}

TEST_CASE("Iterators outlive receivers safely") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::receiver<Counted>::iterator looked, fresh;
    weft::scope fibers;
    auto producer =
        fibers.spawn([send = std::move(items.sender)] { CHECK_THROWS_AS(send(1), weft::receiver_gone); });
    {
        const auto in = std::move(items.receiver);
        fresh = in.clone().begin();
        looked = in.begin();
        CHECK(looked->value == 1);
    }
    CHECK(looked->value == 1);
    CHECK(fresh == std::default_sentinel);
    ++looked;
    CHECK(looked == std::default_sentinel);
    producer.join();
}

TEST_CASE("Moving a receiver inside its own loop throws std::logic_error and the loop goes on") {
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int n = 1; n <= 3; ++n) send(int(n));
    });
    int sum = 0;
    for (int n : numbers.receiver) {
        CHECK_THROWS_AS(weft::receiver<int>(std::move(numbers.receiver)), std::logic_error);
        sum += n;
    }
    CHECK(sum == 6);
    const auto in = std::move(numbers.receiver);
    CHECK(!in.receive());
}
