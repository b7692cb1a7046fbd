// SPDX-License-Identifier: BSL-1.0
// What is done to items on their way through a buffer: each is moved once and destroyed once, and a move that throws or
// waits leaves the channel usable.
#include <memory>
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

/// Its n-th move or copy throws.
struct Throwing {
    static inline int until_it_throws = 0;
    static inline int live = 0;
    int value;

    Throwing(int v) : value(v) { ++live; }
    Throwing(const Throwing& other) : value(other.value) { count(); }
    Throwing(Throwing&& other) : value(other.value) {
        count();
        other.value = -1;
    }
    Throwing& operator=(Throwing&&) = delete;
    ~Throwing() { --live; }

 private:
    static void count() {
        if (--until_it_throws == 0) throw std::runtime_error("this move fails");
        ++live;
    }
};

/// A move of it lets other fibers run.
struct Yielding {
    int value;
    Yielding(int v) : value(v) {}
    Yielding(Yielding&& other) noexcept : value(std::exchange(other.value, -1)) { weft::yield(); }
    Yielding& operator=(Yielding&&) = delete;
};

}  // namespace

TEST_CASE("A loop over a buffered stream is lent the item in its slot: it was moved once") {
    AllGone at_end;
    {
        weft::channel<Counted> items(3);
        weft::scope fibers;
        fibers.spawn([send = std::move(items.sender)] {
            for (int i = 0; i < 20; ++i) send(Counted(i));
        });
        int expected = 0;
        for (Counted& item : items.receiver) CHECK(item.value == expected++);
    }
    CHECK(Counted::moves == 20);
    CHECK(Counted::copies == 0);
}

TEST_CASE("receive moves an item a second time and a copy is made of what stays with the caller") {
    AllGone at_end;
    {
        weft::channel<Counted> items(3);
        const Counted kept(7);
        items.sender(kept);
        CHECK(Counted::copies == 1);
        CHECK(Counted::moves == 1);
        CHECK(items.receiver.receive()->value == 7);
        CHECK(Counted::moves == 2);
        CHECK(items.sender.try_send(Counted(1)) == weft::send_status::sent);
        CHECK(Counted::moves == 3);
        CHECK(items.sender.try_send(kept) == weft::send_status::sent);
        CHECK(Counted::copies == 2);
    }
}

TEST_CASE("An item that did not get in still belongs to the caller unmoved") {
    AllGone at_end;
    weft::channel<Counted> items(1);
    items.sender(Counted(1));
    Counted mine(2);
    CHECK(items.sender.try_send(std::move(mine)) == weft::send_status::full);
    CHECK(mine.value == 2);
    items.receiver.close();
    CHECK(items.sender.try_send(std::move(mine)) == weft::send_status::closed);
    CHECK(!items.sender.offer(std::move(mine)));
    CHECK(mine.value == 2);
}

TEST_CASE("What a loop over a buffered stream writes or moves away is its own") {
    weft::channel<std::shared_ptr<int>> items(2);
    const auto shared = std::make_shared<int>(1);
    items.sender(shared);
    items.sender(shared);
    CHECK(shared.use_count() == 3);
    std::shared_ptr<int> got;
    for (auto& item : items.receiver) {
        got = std::move(item);
        break;
    }
    CHECK(shared.use_count() == 3);
    items.receiver.close();
    CHECK(shared.use_count() == 2);
}

TEST_CASE("A move that throws at any point leaves the channel usable and loses nothing twice") {
    // Every item that a send has accepted arrives, once, or is the one whose move into receive()'s result threw.
    for (const std::size_t capacity : {1, 2, 3}) {
        for (int how = 0; how < 3; ++how) {
            for (int n = 1; n <= 40; ++n) {
                CHECK(Throwing::live == 0);
                Throwing::until_it_throws = n;
                std::vector<int> sent, got;
                int refused = 0, missed = 0;
                {
                    weft::channel<Throwing> items(capacity);
                    weft::scope fibers;
                    fibers.spawn([&, send = std::move(items.sender)] {
                        for (int i = 0; i < 12; ++i) {
                            try {
                                if (how == 2) weft::yield();
                                send(Throwing(i));
                                sent.push_back(i);
                            } catch (const std::runtime_error&) {
                                ++refused;
                            }
                        }
                    });
                    if (how == 1) weft::yield();
                    for (bool more = true; more;) {
                        try {
                            if (const auto item = items.receiver.receive())
                                got.push_back(item->value);
                            else
                                more = false;
                        } catch (const std::runtime_error&) {
                            ++missed;
                        }
                    }
                }
                CHECK(refused + missed == (Throwing::until_it_throws <= 0));
                CHECK(got == sent);
                CHECK(sent.size() + static_cast<std::size_t>(refused) == 12);
                CHECK(Throwing::live == 0);
            }
        }
    }
}

TEST_CASE("A move that throws inside a loop's send is the sender's and the loop goes on") {
    for (const std::size_t capacity : {1, 3}) {
        for (int n = 1; n <= 10; ++n) {
            Throwing::until_it_throws = n;
            std::vector<int> got;
            int refused = 0;
            weft::channel<Throwing> items(capacity);
            weft::scope fibers;
            fibers.spawn([&, send = std::move(items.sender)] {
                for (int i = 0; i < 10; ++i) {
                    try {
                        send(Throwing(i));
                    } catch (const std::runtime_error&) {
                        refused = i + 1;
                    }
                }
            });
            for (Throwing& item : items.receiver) got.push_back(item.value);
            CHECK(got.size() == 9);
            CHECK(refused == n);
        }
    }
}

TEST_CASE("A copy that throws is the sender's own affair") {
    weft::channel<Throwing> items(2);
    const Throwing kept(1);
    Throwing::until_it_throws = 1;
    CHECK_THROWS_AS(items.sender(kept), std::runtime_error);
    CHECK(items.sender.size() == 0);
    Throwing::until_it_throws = 1;
    CHECK_THROWS_AS((void)items.sender.try_send(kept), std::runtime_error);
    CHECK(items.sender.size() == 0);
    items.sender(kept);
    CHECK(items.receiver.receive()->value == 1);
}

TEST_CASE("An offer whose move throws is refused and ends the stream with what it threw") {
    for (const bool waits : {false, true}) {
        weft::channel<Throwing> items(1);
        weft::scope fibers;
        items.sender(Throwing(1));
        if (!waits) CHECK(items.receiver.receive());
        auto offers = fibers.spawn([&, send = items.sender.clone()] {
            Throwing item(2);
            if (!waits) Throwing::until_it_throws = 1;
            return send.offer(std::move(item));
        });
        weft::yield();
        if (waits) {
            Throwing::until_it_throws = 1;  // that of the item that waits, when a place is free
            CHECK(items.receiver.receive()->value == 1);
        }
        CHECK(!offers.join());
        CHECK(test::thrown_by<std::runtime_error>([&] { items.receiver.receive(); }) == "this move fails");
    }
}

TEST_CASE("All ends may go while an item is on its way into the buffer") {
    for (int how = 0; how < 4; ++how) {
        AllGone at_end;
        struct Slow {
            Counted counted;
            explicit Slow(int v) : counted(v) {}
            Slow(Slow&& other) noexcept : counted(std::move(other.counted)) { weft::yield(); }
        };
        auto items = std::make_unique<weft::channel<Slow>>(how % 2 ? 1u : 2u);
        weft::scope fibers;
        fibers.spawn([&, send = items->sender.clone()]() mutable {
            auto mine = std::make_unique<weft::sender<Slow>>(std::move(send));
            weft::sender<Slow>& here = *mine;
            fibers.spawn([gone = std::move(mine)] {});  // destroyed while it sends
            CHECK(here.offer(Slow(1)) == (how >= 2));
        });
        if (how >= 2) weft::yield();
        items.reset();
    }
}

TEST_CASE("A move that waits loses nothing and keeps the order of each sender") {
    for (const std::size_t capacity : {1, 2, 3}) {
        std::vector<int> last{-1, -1, -1};
        int count = 0;
        weft::channel<Yielding> items(capacity);
        weft::scope fibers;
        for (int from = 0; from < 3; ++from)
            fibers.spawn([from, send = items.sender.clone()] {
                for (int i = 0; i < 20; ++i) send(Yielding(100 * from + i));
            });
        items.sender.close();
        auto receives = fibers.spawn([&, in = items.receiver.clone()] {
            while (const auto item = in.receive()) {
                CHECK(item->value >= 0);
                ++count;
                weft::yield();
            }
        });
        for (Yielding& item : items.receiver) {
            const auto from = static_cast<std::size_t>(item.value / 100);
            CHECK(item.value % 100 > last[from]);
            last[from] = item.value % 100;
            ++count;
        }
        receives.join();
        CHECK(count == 60);
    }
}

TEST_CASE("The receiver may go while an item is on its way into the buffer") {
    AllGone at_end;
    struct Closing {
        weft::receiver<Closing>* close;
        Counted counted;
        explicit Closing(weft::receiver<Closing>* r) : close(r) {}
        Closing(Closing&& other) noexcept : close(nullptr), counted(std::move(other.counted)) {
            if (other.close) other.close->close();
        }
    };
    weft::channel<Closing> items(2);
    items.sender(Closing(nullptr));
    items.sender(Closing(&items.receiver));
    CHECK(Counted::live == 0);
    CHECK(!items.sender.offer(Closing(nullptr)));
}

TEST_CASE("An argument of a send may receive from the same channel") {
    weft::channel<int> numbers(1);
    numbers.sender(1);
    for (int i = 0; i < 10; ++i) numbers.sender(*numbers.receiver.receive() + 1);
    CHECK(numbers.receiver.receive() == 11);
}
