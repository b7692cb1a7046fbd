// SPDX-License-Identifier: BSL-1.0
// What happens to the items of a select: lent, moved, copied, or left alone (rules 2, 4 and 24).
#include <weft/weft.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "select_support.hpp"

using test::AllGone;
using test::Counted;
using test::ignore;
using test::nothing;
using test::Trace;
using weft::on;
using weft::otherwise;

namespace {

struct Immovable {
    int value;
    explicit Immovable(int v) : value(v) {}
    Immovable(const Immovable&) = delete;
};

template <class End, class... Arguments>
concept clause = requires(End& end, Arguments&&... a) { weft::on(end, std::forward<Arguments>(a)...); };

}  // namespace

TEST_CASE("A handler is lent the very object that was sent and what it writes the sender sees") {
    for (const bool selects : {true, false})
        for (const bool receiver_first : {true, false}) {
            AllGone at_end;
            const Counted* got = nullptr;
            weft::channel<Counted> c, other;
            weft::scope fibers;
            const auto send = [&] {
                Counted item(1);
                if (selects)
                    CHECK(weft::select(on(other.receiver, ignore), on(c.sender, std::move(item), nothing)) ==
                          1);
                else
                    c.sender(std::move(item));
                CHECK(got == &item);
                CHECK(item.value == 42);
            };
            const auto receive = [&] {
                weft::select(on(other.sender, Counted(9), nothing), on(c.receiver, [&](Counted& item) {
                                 got = &item;
                                 CHECK(item.value == 1);
                                 weft::yield();
                                 item.value = 42;
                             }));
            };
            receiver_first ? fibers.spawn(receive) : fibers.spawn(send);
            receiver_first ? fibers.spawn(send) : fibers.spawn(receive);
            fibers.join();
            CHECK(got);
            CHECK(Counted::moves + Counted::copies == 0);
        }
}

TEST_CASE("The sender of a lent item goes on when the handler has returned") {
    Trace trace;
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] {
        c.sender(1);
        trace("sent");
    });
    weft::select(on(c.receiver, [&](int) {
        for (int i = 0; i < 3; ++i) weft::yield();
        trace("handled");
    }));
    weft::yield();
    CHECK(trace.text() == "handled, sent");
}

TEST_CASE("A loop that is lent the item of a select writes into it") {
    AllGone at_end;
    weft::channel<Counted> c, other;
    weft::scope fibers;
    fibers.spawn([&, in = std::move(c.receiver)] {
        for (Counted& item : in) item.value += 10;
    });
    for (const bool waiting : {true, false}) {
        if (waiting) weft::yield();
        Counted item(1);
        weft::select(on(other.receiver, ignore),
                     on(c.sender, std::move(item), [&] { CHECK(item.value == 11); }));
    }
    c.sender.close();
    fibers.join();
    CHECK(Counted::moves + Counted::copies == 0);
}

TEST_CASE("Items that can not be moved are selected both ways") {
    for (const bool receiver_first : {true, false}) {
        int got = 0;
        weft::channel<Immovable> c, other;
        weft::scope fibers;
        const auto send = [&] {
            weft::select(on(other.sender, Immovable(1), nothing), on(c.sender, Immovable(2), nothing));
        };
        const auto receive = [&] { weft::select(on(c.receiver, [&](Immovable& i) { got = i.value; })); };
        receiver_first ? fibers.spawn(receive) : fibers.spawn(send);
        receiver_first ? fibers.spawn(send) : fibers.spawn(receive);
        fibers.join();
        CHECK(got == 2);
    }
    static_assert(!clause<weft::sender<Immovable>, const Immovable&, void (*)()>);
}

TEST_CASE("References are selected both ways: it is the caller's own object") {
    AllGone at_end;
    Counted mine(1);
    weft::channel<Counted&> c;
    weft::channel<const Counted&> readonly;
    weft::scope fibers;
    fibers.spawn([&] {
        weft::select(on(readonly.receiver, [](const Counted&) {}), on(c.sender, mine, nothing));
        weft::select(on(readonly.sender, mine, nothing));
    });
    weft::select(on(c.receiver, [&](Counted& item) {
        CHECK(&item == &mine);
        item.value = 2;
    }));
    weft::select(on(readonly.receiver, [&](const Counted& item) { CHECK(&item == &mine); }));
    CHECK(mine.value == 2);
    fibers.join();
    CHECK(Counted::moves + Counted::copies == 0);
    static_assert(!clause<weft::sender<Counted&>, Counted, void (*)()>);
}

TEST_CASE("Move-only items are handed to handlers by reference or by value") {
    for (std::size_t capacity = 0; capacity <= 1; ++capacity) {
        std::unique_ptr<int> kept;
        weft::channel<std::unique_ptr<int>> c(capacity);
        weft::scope fibers;
        fibers.spawn([&] {
            for (int i = 1; i <= 4; ++i) weft::select(on(c.sender, std::make_unique<int>(i), nothing));
        });
        weft::select(on(c.receiver, [](std::unique_ptr<int>& p) { CHECK(*p == 1); }));
        weft::select(on(c.receiver, [&](std::unique_ptr<int> p) { kept = std::move(p); }));
        CHECK(*kept == 2);
        weft::select(on(c.receiver, [&](std::unique_ptr<int>&& p) { kept = std::move(p); }));
        CHECK(*kept == 3);
        weft::select(on(c.receiver, [](const std::unique_ptr<int>& p) { CHECK(*p == 4); }));
    }
    static_assert(!clause<weft::receiver<std::string>, void (*)(int*)>);
    static_assert(!clause<weft::sender<std::string>, std::string, void (*)(int)>);
    static_assert(clause<weft::sender<std::string>, const char*, void (*)()>);
}

TEST_CASE("Nothing happens to the rvalue of a clause that sends and loses") {
    AllGone at_end;
    for (std::size_t capacity = 0; capacity <= 1; ++capacity)
        for (const bool waits : {true, false}) {
            weft::channel<Counted> loses(capacity), wins(1);
            if (capacity) loses.sender(Counted(0));
            weft::scope fibers;
            if (waits)
                fibers.spawn([&] { wins.sender(Counted(5)); });
            else
                wins.sender(Counted(5));
            Counted item(7);
            const int moves = Counted::moves;
            CHECK(weft::select(on(loses.sender, std::move(item), [] { CHECK(false); }),
                               on(wins.receiver, ignore)) == 1);
            CHECK(item.value == 7);
            // It is the other item that is moved into its channel.
            CHECK(Counted::moves == moves + (waits ? 1 : 0));
            CHECK(weft::select(on(loses.sender, std::move(item), nothing), otherwise(nothing)) == 1);
            CHECK(item.value == 7);
        }
    CHECK(Counted::copies == 0);
}

TEST_CASE("An lvalue is copied once by each select and stays what it is") {
    AllGone at_end;
    for (const bool wins : {true, false}) {
        weft::channel<Counted> c(1), other(1);
        if (!wins) c.sender(Counted(0)), other.sender(Counted(0));
        const Counted item(7);
        Counted::copies = Counted::moves = 0;
        weft::select(on(c.sender, item, nothing), on(other.receiver, ignore));
        CHECK(Counted::copies == 1);
        CHECK(Counted::moves == (wins ? 1 : 0));
        CHECK(item.value == 7);
        CHECK(c.receiver.try_receive()->value == (wins ? 7 : 0));
    }
}

TEST_CASE("An item through a buffer is moved once and the handler is lent it in its node") {
    AllGone at_end;
    for (const bool waits : {true, false}) {
        weft::channel<Counted> c(2);
        weft::scope fibers;
        Counted::reset();
        const auto receive = [&] {
            weft::select(on(c.receiver, [](Counted& item) {
                CHECK(item.value == 3);
                weft::yield();
                CHECK(item.value == 3);
            }));
        };
        if (waits) fibers.spawn(receive), weft::yield();
        weft::select(on(c.sender, Counted(3), nothing));
        if (!waits) receive();
        fibers.join();
        CHECK(Counted::made == 1);
        CHECK(Counted::moves == 1);
        CHECK(Counted::copies == 0);
        CHECK(Counted::live == 0);
    }
}

TEST_CASE("The place of an item that a handler has in hand is free for others") {
    AllGone at_end;
    weft::channel<Counted> c(1);
    c.sender(Counted(1));
    weft::select(on(c.receiver, [&](Counted& item) {
        CHECK(c.sender.try_send(Counted(2)) == weft::send_status::sent);
        CHECK(c.sender.try_send(Counted(3)) == weft::send_status::full);
        CHECK(c.receiver.receive()->value == 2);
        weft::select(on(c.sender, Counted(4), nothing));
        CHECK(item.value == 1);
    }));
    CHECK(c.receiver.receive()->value == 4);
}

TEST_CASE("Who waits for the place of an item that a handler has in hand goes on at once") {
    weft::channel<int> c(1);
    weft::scope fibers;
    bool stored = false;
    c.sender(1);
    fibers.spawn([&] {
        c.sender(2);
        stored = true;
    });
    weft::yield();
    weft::select(on(c.receiver, [&](int) {
        CHECK(!stored);
        weft::yield();
        CHECK(stored);
    }));
}

TEST_CASE("receive moves the item of a select out and lets it go on") {
    AllGone at_end;
    weft::channel<Counted> c, other;
    weft::scope fibers;
    Counted item(3);
    bool went_on = false;
    fibers.spawn([&] {
        weft::select(on(other.receiver, ignore), on(c.sender, std::move(item), nothing));
        went_on = true;
    });
    weft::yield();
    const auto got = c.receiver.receive();
    CHECK(got->value == 3);
    CHECK(item.value == -1);
    CHECK(Counted::moves == 1);
    weft::yield();
    CHECK(went_on);
}

TEST_CASE("A sender that goes while a loop or handler has the item of its select is told when that is done") {
    for (const bool handler : {true, false}) {
        AllGone at_end;
        Trace trace;
        weft::channel<Counted> c, other;
        weft::scope fibers;
        auto waits = fibers.spawn([&] {
            CHECK_THROWS_AS(
                weft::select(on(other.receiver, ignore), on(c.sender, Counted(1), [] { CHECK(false); })),
                std::logic_error);
            trace("told");
        });
        weft::yield();
        const auto use = [&](const Counted& item) {
            c.sender.close();
            weft::yield();
            trace("item", item.value);
        };
        if (handler)
            weft::select(on(c.receiver, use));
        else
            for (const Counted& item : c.receiver) use(item);
        waits.join();
        CHECK(trace.text() == "item 1, told");
    }
}
