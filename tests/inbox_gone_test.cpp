// SPDX-License-Identifier: BSL-1.0
// An inbox that goes while somebody posts to it, receives from it, or holds one of its items.
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;

namespace {

/// Calls back when it is moved, once.
struct Telling {
    static inline std::function<void()> next;
    int number;
    Counted counted;
    explicit Telling(int n) : number(n), counted(n) {}
    Telling(Telling&& other) : number(other.number), counted(number) {
        if (const auto call = std::exchange(next, nullptr)) call();
    }
    Telling(const Telling& other) : Telling(std::move(const_cast<Telling&>(other))) {}
};

}  // namespace

TEST_CASE("who waits for a place is refused when the inbox goes and then all posters") {
    std::optional<weft::inbox<int>> in(std::in_place, 1);
    std::optional<weft::poster<int>> to(in->poster());
    CHECK(to->post(1));
    weft::scope fibers;
    auto by_poster = fibers.spawn([&] { return to->post(2); });
    auto by_inbox = fibers.spawn([&] { return in->post(3); });
    weft::yield();
    in.reset();
    to.reset();
    CHECK(!by_poster.join());
    CHECK(!by_inbox.join());
}

TEST_CASE("an inbox may go while its item is copied into it") {
    std::optional<weft::inbox<Telling>> in(std::in_place, 1);
    const Telling item(1);
    Telling::next = [&] { in.reset(); };
    CHECK(in->post(item));  // it had a place
}

TEST_CASE("an inbox may go while its item is moved out, and that is received") {
    for (const bool select : {false, true}) {
        auto in = std::make_unique<weft::inbox<Telling>>(4);
        for (int n = 1; n < 3; ++n) CHECK(in->post(Telling(n)));
        Telling::next = [&] { in.reset(); };
        int got = 0;
        if (select)
            weft::select(weft::on(*in, [&](Telling t) { got = t.number; }));
        else
            got = in->receive()->number;
        CHECK(!in);
        CHECK(got == 1);
    }
}

TEST_CASE("an inbox may go while a move parks that then fails") {
    AllGone all;
    auto in = std::make_unique<weft::inbox<Telling>>();
    CHECK(in->post(Telling(1)));
    weft::scope fibers;
    Telling::next = [] {
        weft::yield();
        throw std::runtime_error("on purpose");
    };
    fibers.spawn([&] { CHECK_THROWS_AS((void)in->receive(), std::runtime_error); });
    fibers.spawn([&] { in.reset(); });
    fibers.join();
}

TEST_CASE("an item stays with its loop and its handler when the inbox goes") {
    AllGone all;
    {
        auto in = std::make_unique<weft::inbox<Counted>>();
        for (int n = 1; n < 4; ++n) CHECK(in->post(Counted(n)));
        for (Counted& c : *in) {
            in.reset();
            CHECK(Counted::live == 1);
            CHECK(c.value == 1);
        }
    }
    auto in = std::make_unique<weft::inbox<Counted>>();
    for (int n = 1; n < 4; ++n) CHECK(in->post(Counted(n)));
    weft::select(weft::on(*in, [&](Counted& c) {
        in.reset();
        CHECK(Counted::live == 1);
        CHECK(c.value == 1);
    }));
}

TEST_CASE("who has been handed a post receives it though the inbox goes before he runs") {
    AllGone all;
    auto in = std::make_unique<weft::inbox<Counted>>();
    weft::scope fibers;
    auto receives = fibers.spawn([&] { return in->receive()->value; });
    weft::yield();
    CHECK(in->post(Counted(7)));
    in.reset();
    CHECK(receives.join() == 7);
}
