// SPDX-License-Identifier: BSL-1.0
// Posts are handed on when somebody asks for them, and what waits for an inbox is told what becomes of it.
#include <weft/weft.hpp>

#include <cerrno>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "descriptors.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::thrown_by;
using test::Trace;

namespace {

/// Can be moved only when it may.
struct Stubborn {
    int number;
    static inline bool may = true;
    explicit Stubborn(int n) : number(n) {}
    Stubborn(Stubborn&& other) : number(other.number) {
        if (!may) throw std::runtime_error("on purpose");
    }
};

/// Lets others run when it is moved, if it is to.
struct Slow {
    int number;
    static inline bool parks = false;
    explicit Slow(int n) : number(n) {}
    Slow(Slow&& other) : number(other.number) {
        if (parks) weft::yield();
    }
};

}  // namespace

TEST_CASE("a post stays in its inbox until somebody asks for it") {
    weft::inbox<int> one(1, weft::when_full::fail);
    CHECK(one.post(0));
    CHECK(one.receive() == 0);
    for (int i = 0; i < 3; ++i) weft::yield();
    CHECK(one.post(1));
    for (int i = 0; i < 3; ++i) weft::yield();
    CHECK(!one.post(2));

    weft::inbox<int> newest(1, weft::when_full::drop_oldest);
    CHECK(newest.post(0));
    CHECK(newest.receive() == 0);
    for (int n = 1; n <= 5; ++n) {
        CHECK(newest.post(int(n)));
        weft::yield();
    }
    CHECK(newest.receive() == 5);
    CHECK(newest.dropped() == 4);
}

TEST_CASE("who gave up waiting for an inbox leaves it as it was") {
    weft::inbox<int> in(1, weft::when_full::drop_oldest);
    weft::scope fibers;
    auto impatient = fibers.spawn([&] {
        weft::deadline soon(1ms);
        CHECK_THROWS_AS((void)in.receive(), weft::timed_out);
    });
    impatient.join();
    CHECK(weft::select(weft::on(in, [](int) {}), weft::after(1ms, [] {})) == 1);
    weft::channel<int> never;
    CHECK_THROWS_AS((void)never.receiver.receive(), weft::deadlock);  // no post is waited for
    CHECK(in.post(1));
    weft::yield();
    CHECK(in.post(2));
    CHECK(in.receive() == 2);
}

TEST_CASE("workers share an inbox and one that is cancelled takes nothing with it") {
    weft::inbox<int> jobs;
    weft::scope fibers;
    int done = 0;
    std::vector<weft::fiber<void>> workers;
    for (int w = 0; w < 3; ++w)
        workers.push_back(fibers.spawn([&] {
            while (const auto job = jobs.receive()) done += *job;
        }));
    weft::yield();
    CHECK(jobs.post(1));  // for the first, which does not come to it
    workers[0].cancel();
    CHECK_THROWS_AS(workers[0].join(), weft::no_result);
    std::thread([to = jobs.poster()] {
        for (int n = 0; n < 3; ++n) CHECK(to.post(10));
    }).join();
    workers[1].join();
    workers[2].join();
    CHECK(done == 31);
    CHECK(jobs.is_closed());
}

TEST_CASE("each of several who wait for an inbox gets a post in the order in which they came") {
    weft::inbox<int> in;
    weft::scope fibers;
    Trace trace;
    for (int w = 0; w < 3; ++w)
        fibers.spawn([&, w] {
            if (const auto n = in.receive()) trace(w * 10 + *n);
        });
    weft::yield();
    for (int n = 0; n < 3; ++n) CHECK(in.post(int(n)));
    fibers.join();
    CHECK(trace.text() == "0, 11, 22");
}

TEST_CASE("a select finds a post at once and takes turns between an inbox and a channel") {
    weft::inbox<int> in;
    CHECK(in.post(1));
    CHECK(weft::select(weft::on(in, [](int n) { CHECK(n == 1); }), weft::otherwise([] {})) == 0);
    CHECK(weft::select(weft::on(in, [](int) {}), weft::otherwise([] {})) == 1);
    weft::channel<int> c(16);
    int posts = 0, items = 0;
    for (int n = 0; n < 16; ++n) {
        CHECK(in.post(int(n)));
        c.sender(int(n));
    }
    for (int n = 0; n < 16; ++n)
        weft::select(weft::on(in, [&](int) { ++posts; }), weft::on(c.receiver, [&](int) { ++items; }));
    CHECK(posts == 8);
    CHECK(items == 8);
}

TEST_CASE("a select that chooses something else leaves the post in its inbox") {
    weft::inbox<int> in(1, weft::when_full::drop_oldest);
    weft::channel<int> c(4);
    for (int n = 0; n < 4; ++n) c.sender(int(n));
    std::size_t chosen = 0;
    for (int n = 1; chosen != 1; ++n) {
        CHECK(in.post(int(n)));
        chosen =
            weft::select(weft::on(in, [&](int got) { CHECK(got == n); }), weft::on(c.receiver, [](int) {}));
    }
    CHECK(in.post(7));
    CHECK(in.dropped() == 1);
    CHECK(in.receive() == 7);
}

TEST_CASE("a loop and a handler look at the item where it was posted and nothing is moved") {
    weft::inbox<Stubborn> in;
    for (int n = 1; n < 4; ++n) CHECK(in.post(Stubborn(n)));
    Stubborn::may = false;
    CHECK(weft::select(weft::on(in, [](Stubborn& s) { CHECK(s.number == 1); })) == 0);
    for (Stubborn& s : in) {
        CHECK(s.number == 2);
        break;
    }
    Stubborn::may = true;
    CHECK(in.receive()->number == 3);
}

TEST_CASE("an item whose move lets others run may go to one of them and the select waits for the next") {
    weft::inbox<Slow> in;
    weft::scope fibers;
    CHECK(in.post(Slow(1)));
    auto other = fibers.spawn([&] { return in.receive()->number; });
    Slow::parks = true;
    auto selects = fibers.spawn([&] {
        int got = 0;
        weft::select(weft::on(in, [&](Slow& s) { got = s.number; }));
        return got;
    });
    for (int i = 0; i < 6; ++i) weft::yield();
    Slow::parks = false;
    CHECK(in.post(Slow(2)));
    CHECK(other.join() + selects.join() == 3);
}

TEST_CASE("a post in a thread without fibers keeps its deadline") {
    weft::inbox<int> in(1);
    std::thread([&] {
        CHECK(in.post(1));
        weft::deadline soon(1ms);
        CHECK(!in.post(2));
        CHECK(!in.post(3));  // it has passed
    }).join();
    CHECK(in.receive() == 1);
}

TEST_CASE(
    "a fiber of the own thread that waits for a place is refused when another thread closes the inbox") {
    std::optional<weft::inbox<int>> in(std::in_place, 1);
    auto last = in->poster();
    CHECK(in->post(0));
    weft::scope fibers;
    auto own = fibers.spawn([&] { return in->post(1); });
    weft::yield();
    std::thread([&] { last.close(); }).join();
    CHECK(!own.join());
    CHECK(in->receive() == 0);
    CHECK(!in->receive());
}

TEST_CASE("an inbox that was moved from is closed and says so") {
    weft::inbox<int> in;
    CHECK(in.post(1));
    weft::inbox<int> other(std::move(in));
    CHECK(in.is_closed());
    CHECK(in.dropped() == 0);
    in.close();
    CHECK(thrown_by<std::logic_error>([&] { (void)in.post(2); }) ==
          "weft: this inbox was moved from; use the object it was moved to");
    CHECK(!in.poster().post(2));
    CHECK_THROWS_AS((void)in.receive(), std::logic_error);
    in = std::move(other);
    CHECK(in.post(2));
    CHECK(in.receive() == 1);
    for (int n : in) {
        CHECK(n == 2);
        CHECK_THROWS_AS(weft::inbox<int>(std::move(in)), std::logic_error);
        in.close();
    }
    CHECK(in.is_closed());
}

TEST_CASE("an item whose move throws stays the first in its inbox") {
    weft::inbox<Stubborn> in;
    CHECK(in.post(Stubborn(1)));
    CHECK(in.post(Stubborn(2)));
    Stubborn::may = false;
    CHECK_THROWS_AS((void)in.try_receive(), std::runtime_error);
    CHECK_THROWS_AS((void)in.receive(), std::runtime_error);
    Stubborn::may = true;
    CHECK(in.receive()->number == 1);
    weft::scope fibers;
    in.close();
    CHECK(in.receive()->number == 2);
    CHECK(!in.receive());
}

TEST_CASE("reports call an inbox by its name") {
    weft::inbox<int> in(1, weft::when_full::wait, "mail");
    weft::scope fibers;
    fibers.spawn([&] { (void)in.receive(); });
    weft::yield();
    CHECK(test::contains(weft::this_thread().fibers().at(1).waits, "to receive from inbox 'mail' (made at "));
}

TEST_CASE("who only asks an inbox opens no descriptors") {
    const int before = test::descriptors();
    weft::inbox<int> in;
    CHECK(!in.try_receive());
    CHECK(weft::select(weft::on(in, [](int) {}), weft::otherwise([] {})) == 1);
    CHECK(in.post(1));
    CHECK(in.receive() == 1);
    CHECK(test::descriptors() == before);
}

TEST_CASE("who would have to wait without descriptors is told so, and stands nowhere") {
    if (!test::can_be_scarce) return;
    weft::channel<int> items;
    weft::inbox<int> in;
    {
        const test::ScarceDescriptors none;
        CHECK(test::error_of([&] { (void)in.receive(); }) == EMFILE);
        CHECK(test::error_of([&] {
                  for ([[maybe_unused]] int n : in) {
                  }
              }) == EMFILE);
        CHECK(test::error_of([&] {
                  weft::select(weft::on(items.receiver, [](int) {}), weft::on(in, [](int) {}));
              }) == EMFILE);
        CHECK(items.sender.try_send(1) == weft::send_status::full);
        CHECK(in.post(1));
        CHECK(in.receive() == 1);  // nobody waits for that
    }
    weft::scope fibers;
    auto receives = fibers.spawn([&] { return in.receive(); });
    weft::yield();
    CHECK(in.post(2));
    CHECK(receives.join() == 2);
}
