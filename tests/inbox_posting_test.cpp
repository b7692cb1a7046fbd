// SPDX-License-Identifier: BSL-1.0
// Posting to an inbox: places, waiting for one, and what happens without.
#include <weft/weft.hpp>

#include <poll.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "descriptors.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::contains;
using test::Counted;
using test::Trace;
using weft::send_status;

TEST_CASE("a full inbox refuses to wait by try_post and the item is still the caller's") {
    AllGone all;
    weft::inbox<Counted> in(2);
    Counted third(3);
    CHECK(in.try_post(Counted(1)) == send_status::sent);
    CHECK(in.try_post(Counted(2)) == send_status::sent);
    CHECK(in.try_post(std::move(third)) == send_status::full);
    CHECK(third.value == 3);
    CHECK(in.receive()->value == 1);
    CHECK(in.try_post(std::move(third)) == send_status::sent);
    in.close();
    Counted late(4);
    CHECK(in.try_post(std::move(late)) == send_status::closed);
    CHECK(!in.post(std::move(late)));
    CHECK(late.value == 4);
    CHECK(in.receive()->value == 2);
    CHECK(in.receive()->value == 3);
    CHECK(!in.receive());
}

TEST_CASE("by choice a full inbox refuses or drops the newest or the oldest") {
    AllGone all;
    const auto fill = [](weft::inbox<Counted>& in) {
        int taken = 0;
        for (int n = 0; n < 5; ++n) taken += in.post(Counted(n));
        in.close();
        std::string text = std::to_string(taken) + ":";
        for (Counted& item : in) text += " " + std::to_string(item.value);
        return text + " dropped " + std::to_string(in.dropped());
    };
    weft::inbox<Counted> fails(3, weft::when_full::fail);
    CHECK(fill(fails) == "3: 0 1 2 dropped 0");
    weft::inbox<Counted> newest(3, weft::when_full::drop_newest);
    CHECK(fill(newest) == "5: 0 1 2 dropped 2");
    weft::inbox<Counted> oldest(3, weft::when_full::drop_oldest);
    CHECK(fill(oldest) == "5: 2 3 4 dropped 2");
}

TEST_CASE("a thread that posts to a full inbox waits until there is a place") {
    weft::inbox<int> in(1);
    std::promise<void> full;
    std::thread other([to = in.poster(), &full] {
        CHECK(to.post(1));
        CHECK(to.try_post(2) == send_status::full);
        full.set_value();
        CHECK(to.post(2));
        CHECK(to.post(3));
    });
    full.get_future().wait();
    Trace trace;
    for (int n : in) trace(n);
    other.join();
    CHECK(trace.text() == "1, 2, 3");
}

TEST_CASE("a fiber that posts to another thread's full inbox parks and the others of its thread run") {
    weft::inbox<int> in(1);
    std::promise<std::string> what;
    std::thread other([to = in.poster(), &what] {
        weft::scope fibers;
        fibers.spawn([&] {
            for (int n = 0; n < 10; ++n) CHECK(to.post(n));
        });
        fibers.spawn([&] { what.set_value(weft::this_thread().fibers().at(1).waits); });
        fibers.join();
    });
    CHECK(contains(what.get_future().get(), "to post to an inbox"));
    int sum = 0;
    for (int n : in) sum += n;
    other.join();
    CHECK(sum == 45);
}

TEST_CASE("whoever waits for a place is served in its turn") {
    weft::inbox<int> in(1);
    CHECK(in.post(0));
    weft::scope fibers;
    for (int i = 1; i <= 3; ++i) fibers.spawn([&, i] { CHECK(in.post(int(i))); });
    weft::yield();
    CHECK(in.try_post(4) == send_status::full);
    CHECK(in.receive() == 0);
    CHECK(in.try_post(4) == send_status::full);  // the place is promised
    for (int i = 1; i <= 3; ++i) CHECK(in.receive() == i);
    CHECK(in.try_post(4) == send_status::sent);
    CHECK(in.receive() == 4);
}

TEST_CASE("a fiber of the own thread that can not post is a deadlock and is told") {
    weft::inbox<int> in(1, weft::when_full::wait, "orders", {"made.cpp", 1});
    CHECK(in.post(1));
    weft::scope fibers;
    auto poster = fibers.spawn([&] { return in.post(2, {"post.cpp", 2}); });
    weft::yield();
    CHECK(weft::this_thread().fibers().at(1).waits == "to post to inbox 'orders' (made at made.cpp:1)");
    CHECK_THROWS_AS((void)poster.join(), weft::deadlock);
    CHECK(!in.post(3));  // the same for plain code
    CHECK(in.receive() == 1);
    CHECK(poster.join());
    CHECK(in.receive() == 2);
}

TEST_CASE("a deadline or a cancel ends the wait for a place and nothing is posted") {
    AllGone all;
    weft::virtual_clock clock;
    weft::inbox<Counted> in(1);
    CHECK(in.post(Counted(1)));
    Counted mine(2);
    weft::scope fibers;
    auto late = fibers.spawn([&] {
        weft::deadline limit(1h);
        CHECK(!in.post(std::move(mine)));
        CHECK(mine.value == 2);
    });
    late.join();
    auto stopped = fibers.spawn([&] { CHECK(!in.post(std::move(mine))); });
    weft::yield();
    stopped.cancel();
    stopped.join();
    CHECK(mine.value == 2);
    CHECK(in.receive()->value == 1);
    CHECK(in.try_receive() == std::nullopt);
}

TEST_CASE("a deadline ends the wait of a fiber of another thread as well") {
    weft::inbox<int> in(1);
    CHECK(in.post(1));
    std::thread([to = in.poster()] {
        weft::virtual_clock clock;
        weft::scope fibers;
        fibers.spawn([&] {
            weft::deadline limit(1h);
            CHECK(!to.post(2));
        });
        auto stopped = fibers.spawn([&] { CHECK(!to.post(3)); });
        weft::yield();
        stopped.cancel();
        fibers.join();
    }).join();
    CHECK(in.receive() == 1);
    CHECK(in.try_receive() == std::nullopt);
}

namespace {

/// Throws when it is copied or moved for the n-th time.
struct Brittle {
    static inline int left = 0;
    int value;
    explicit Brittle(int v) : value(v) {}
    Brittle(const Brittle& other) : value(other.value) {
        if (--left == 0) throw std::runtime_error("brittle");
    }
};

}  // namespace

TEST_CASE("an item that can not be made is not posted and its place is free again") {
    weft::inbox<Brittle> in(1);
    const Brittle item(5);
    Brittle::left = 1;
    CHECK_THROWS_AS(in.post(item), std::runtime_error);
    Brittle::left = 0;
    CHECK(in.try_post(item) == send_status::sent);
    CHECK(in.try_post(item) == send_status::full);
    Brittle::left = 0;
    CHECK(in.receive()->value == 5);
    CHECK(in.try_post(item) == send_status::sent);
}

TEST_CASE("an inbox without room is refused") { CHECK_THROWS_AS(weft::inbox<int>(0), std::invalid_argument); }

TEST_CASE("posters come and go while an inbox is received from and destroyed") {
    AllGone all;
    for (int round = 0; round < 50; ++round) {
        std::vector<std::thread> threads;
        {
            weft::inbox<int> in(static_cast<std::size_t>(1 + round % 3));
            auto first = std::optional(in.poster());
            for (int t = 0; t < 3; ++t)
                threads.emplace_back([to = *first] {
                    auto mine = to;
                    for (int n = 0; n < 20 && mine.post(int(n)); ++n) {
                        auto other = mine;
                        mine = std::move(other);
                    }
                });
            first.reset();
            int got = 0;
            for (int n : in) {
                (void)n;
                if (++got == round) break;
            }
        }
        for (std::thread& t : threads) t.join();
    }
}
