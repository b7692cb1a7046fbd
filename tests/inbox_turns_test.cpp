// SPDX-License-Identifier: BSL-1.0
// Who gets a post: those who wait in their turn, and an item that could not be moved comes back.
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <weft/weft.hpp>

#include "support.hpp"

using test::Trace;

namespace {

/// Once, when it is moved, it lets others run and may then throw.
struct Hesitant {
    enum does { nothing, yields, throws, yields_and_throws };
    static inline does next = nothing;
    int number;
    explicit Hesitant(int n) : number(n) {}
    Hesitant(Hesitant&& other) : number(other.number) {
        const does now = std::exchange(next, nothing);
        if (now == yields || now == yields_and_throws) weft::yield();
        if (now == throws || now == yields_and_throws) throw std::runtime_error("on purpose");
    }
};

}  // namespace

TEST_CASE("the receivers of an inbox take turns as those of a channel do") {
    weft::inbox<int> in;
    const auto to = in.poster();
    weft::receiver<int> one = std::move(in), other = one.clone();
    std::string who;
    weft::scope fibers;
    fibers.spawn([&] {
        for ([[maybe_unused]] int n : one) who += 'a';
    });
    fibers.spawn([&] {
        for ([[maybe_unused]] int n : other) who += 'b';
    });
    weft::yield();
    for (int n = 0; n < 6; ++n) {
        CHECK(to.post(n));
        weft::yield();
        weft::yield();
    }
    CHECK(who == "ababab");
    fibers.cancel();
}

TEST_CASE("who waits for a post gets it before who comes later") {
    weft::inbox<int> in;
    const auto to = in.poster();
    weft::scope fibers;
    Trace trace;
    auto waits = fibers.spawn([&] {
        while (const auto n = in.receive()) trace(*n);
    });
    weft::yield();
    for (int n = 0; n < 3; ++n) {
        std::thread([&] { CHECK(to.post(n)); }).join();
        CHECK(!in.try_receive());
        CHECK(weft::select(weft::on(in, [](int) {}), weft::otherwise([] {})) == 1);
        weft::yield();
    }
    in.close();
    waits.join();
    CHECK(trace.text() == "0, 1, 2");
}

TEST_CASE("posts that nobody waits for are had at once though others wait for the first ones") {
    weft::inbox<int> in;
    const auto to = in.poster();
    weft::scope fibers;
    for (const bool select : {false, true}) {
        auto waits = fibers.spawn([&] { return in.receive(); });
        weft::yield();
        std::thread([&] { CHECK((to.post(1) && to.post(2))); }).join();
        if (select) {
            CHECK(weft::select(weft::on(in, [](int n) { CHECK(n == 2); }), weft::otherwise([] {})) == 0);
            CHECK(weft::select(weft::on(in, [](int) {}), weft::otherwise([] {})) == 1);
        } else {
            CHECK(in.try_receive() == 2);
        }
        CHECK(waits.join() == 1);
        waits = fibers.spawn([&] { return in.receive(); });
        weft::yield();
        std::thread([&] { CHECK(to.post(3)); }).join();
        if (select) CHECK(weft::select(weft::on(in, [](int) {}), weft::otherwise([] {})) == 1);
        CHECK(waits.join() == 3);
    }
}

TEST_CASE("a post for one of two selects leaves the other one waiting where it waits") {
    weft::inbox<int> in;
    weft::channel<int> own[2];
    weft::scope fibers;
    Trace trace;
    for (auto& mine : own)
        fibers.spawn([&] {
            weft::select(weft::on(in, [&](int n) { trace("post", n); }),
                         weft::on(mine.receiver, [&](int n) { trace("item", n); }));
        });
    weft::yield();
    CHECK(in.post(1));
    CHECK(own[1].sender.try_send(2) == weft::send_status::sent);
    fibers.join();
    CHECK(trace.text() == "post 1, item 2");
}

TEST_CASE("an item whose move fails goes to the next who waits") {
    weft::inbox<Hesitant> in;
    CHECK(in.post(Hesitant(1)));
    weft::scope fibers;
    Hesitant::next = Hesitant::yields_and_throws;
    auto fails = fibers.spawn([&] { CHECK_THROWS_AS((void)in.receive(), std::runtime_error); });
    auto next = fibers.spawn([&] { return in.receive()->number; });
    CHECK(next.join() == 1);
    fails.join();
}

TEST_CASE("an item whose move fails is received by a second try also after the end") {
    weft::inbox<Hesitant> in;
    CHECK(in.post(Hesitant(1)));
    in.close();
    weft::scope fibers;
    Hesitant::next = Hesitant::yields_and_throws;
    auto tries = fibers.spawn([&] {
        CHECK_THROWS_AS((void)in.receive(), std::runtime_error);
        return in.receive()->number;
    });
    auto other = fibers.spawn([&] { CHECK(!in.receive()); });  // it was in somebody's hands
    CHECK(tries.join() == 1);
    other.join();
    CHECK(!in.receive());
}

TEST_CASE("while a post is being moved others get the next ones and nobody spins") {
    weft::inbox<Hesitant> in(4);
    for (int n = 1; n < 4; ++n) CHECK(in.post(Hesitant(n)));
    weft::scope fibers;
    Trace trace;
    Hesitant::next = Hesitant::yields;
    fibers.spawn([&] { trace("received", in.receive()->number); });
    fibers.spawn([&] { weft::select(weft::on(in, [&](Hesitant& h) { trace("selected", h.number); })); });
    fibers.spawn([&] { trace("tried", in.try_receive()->number); });
    fibers.join();
    CHECK(trace.text() == "selected 2, tried 3, received 1");
}

TEST_CASE("an inbox that drops has its capacity again after a move that failed") {
    for (const auto policy : {weft::when_full::drop_oldest, weft::when_full::drop_newest}) {
        weft::inbox<Hesitant> in(2, policy);
        for (int n = 0; n < 2; ++n) CHECK(in.post(Hesitant(n)));
        weft::scope fibers;
        Hesitant::next = Hesitant::yields_and_throws;
        auto fails = fibers.spawn([&] { CHECK_THROWS_AS((void)in.receive(), std::runtime_error); });
        fibers.spawn([&] { CHECK(in.post(Hesitant(2))); });  // into the place of the one that comes back
        fails.join();
        for (int n = 3; n < 20; ++n) CHECK(in.post(Hesitant(n)));
        int left = 0;
        while (in.try_receive()) ++left;
        CHECK(left == (policy == weft::when_full::drop_oldest ? 2 : 3));
        CHECK(static_cast<int>(in.dropped()) == 20 - left);
    }
}
