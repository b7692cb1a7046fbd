// SPDX-License-Identifier: BSL-1.0
// Rule 6: the last receiver goes, while I do this or that; each question is asked twice: it stays so.
#include <functional>
#include <memory>
#include <string>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;

namespace {

/// What all ways of sending find when nobody listens, twice over; the item stays the caller's.
void check_gone(const weft::sender<Counted>& out) {
    Counted item(5);
    for (int twice = 0; twice < 2; ++twice) {
        CHECK_THROWS_AS(out(std::move(item)), weft::receiver_gone);
        CHECK_THROWS_AS(out(item), weft::receiver_gone);
        CHECK(!out.offer(std::move(item)));
        CHECK(!out.offer(item));
        CHECK(out.try_send(std::move(item)) == weft::send_status::closed);
        CHECK(item.value == 5);
    }
}

}  // namespace

TEST_CASE("When the last receiver is gone send throws receiver_gone and offer returns false") {
    AllGone at_end;
    weft::channel<Counted> items;
    SUBCASE("by close") { items.receiver.close(); }
    SUBCASE("by destruction") { const auto dies = std::move(items.receiver); }
    SUBCASE("by assignment") { items.receiver = weft::receiver<Counted>(); }
    SUBCASE("by close of both") {
        auto other = items.receiver.clone();
        items.receiver.close();
        other.close();
    }
    check_gone(items.sender);
}

TEST_CASE("The last receiver goes while I wait in send: the item is still mine and it stays so") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    auto throwing = fibers.spawn([send = items.sender.clone()] {
        Counted item(1);
        CHECK_THROWS_AS(send(std::move(item)), weft::receiver_gone);
        CHECK(item.value == 1);
        check_gone(send);
    });
    auto offering = fibers.spawn([send = std::move(items.sender)] {
        Counted item(2);
        CHECK(!send.offer(std::move(item)));
        CHECK(item.value == 2);
        check_gone(send);
    });
    weft::yield();
    items.receiver.close();
    throwing.join();
    offering.join();
}

TEST_CASE("The loop that has my item is left and the last receiver goes: send throws receiver_gone") {
    AllGone at_end;
    const auto leave = [](int way) {
        weft::channel<Counted> items;
        weft::scope fibers;
        auto producer = fibers.spawn([send = std::move(items.sender)] {
            Counted item(1);
            CHECK_THROWS_AS(send(std::move(item)), weft::receiver_gone);
            CHECK(item.value == 1);
            check_gone(send);
        });
        if (way == 0) {  // a temporary receiver
            for (Counted& item : std::invoke([&] { return std::move(items.receiver); })) {
                CHECK(item.value == 1);
                break;
            }
        } else if (way == 1) {  // paused, then gone
            for (Counted& item : items.receiver) {
                CHECK(item.value == 1);
                break;
            }
            weft::yield();
            CHECK(!producer.done());
            items.receiver.close();
        } else if (way == 2) {  // by an exception
            try {
                const auto in = std::move(items.receiver);
                for (Counted& item : in) throw item.value;
            } catch (int) {
            }
        } else if (way == 3) {  // closed in its own loop
            int rounds = 0;
            for (Counted& item : items.receiver) {
                items.receiver.close();
                weft::yield();
                CHECK(item.value == 1);
                CHECK(!producer.done());
                ++rounds;
            }
            CHECK(rounds == 1);
        } else {  // an iterator that outlives its receiver
            auto in = std::make_unique<weft::receiver<Counted>>(std::move(items.receiver));
            auto at = in->begin();
            CHECK(at->value == 1);
            in.reset();
            weft::yield();
            CHECK(!producer.done());
        }
        producer.join();
    };
    for (int way = 0; way < 5; ++way) leave(way);
}

TEST_CASE("If other receivers remain a send whose loop was left returns normally") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    weft::receiver<Counted> other = items.receiver.clone();
    auto producer = fibers.spawn([send = std::move(items.sender)] {
        send(1);
        CHECK(send.offer(2));
        CHECK_THROWS_AS(send(3), weft::receiver_gone);
    });
    for (int expected = 1; expected <= 2; ++expected) {
        weft::receiver<Counted> in = other.clone();
        for (Counted& item : in) {
            CHECK(item.value == expected);
            break;
        }
    }
    items.receiver.close();
    weft::yield();
    CHECK(!producer.done());
    other.close();
    producer.join();
}

TEST_CASE("False means stop and not that the item was not delivered") {
    weft::channel<std::string> lines;
    weft::scope fibers;
    auto producer = fibers.spawn([send = std::move(lines.sender)] { CHECK(!send.offer("read")); });
    std::string got;
    for (std::string& line : std::invoke([&] { return std::move(lines.receiver); })) {
        got = line;
        break;
    }
    producer.join();
    CHECK(got == "read");
}

TEST_CASE("A thousand refusals with waits in between are no reason to end the process") {
    const AllGone all_gone;
    struct request {
        weft::sender<int> answer;
    };
    weft::channel<request> requests;
    weft::scope fibers;
    int refused = 0;
    fibers.spawn([&, in = std::move(requests.receiver)] {
        for (request& r : in) try {
                r.answer(1);
            } catch (const weft::receiver_gone&) {
                ++refused;
            }
    });
    for (int i = 0; i < 2500; ++i) {
        weft::channel<int> c;
        c.receiver.close();
        requests.sender(request{std::move(c.sender)});
    }
    requests.sender.close();
    fibers.join();
    CHECK(refused == 2500);
}

TEST_CASE("A receiver that was closed finds the end and its clone goes on") {
    weft::channel<int> numbers;
    weft::receiver<int> other = numbers.receiver.clone();
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] { send(1); });
    numbers.receiver.close();
    CHECK(numbers.receiver.is_closed());
    CHECK(!other.is_closed());
    CHECK(other.receive() == 1);
    CHECK(!other.receive());
}
