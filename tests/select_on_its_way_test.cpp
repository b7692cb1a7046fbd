// SPDX-License-Identifier: BSL-1.0
// Rules 19 and 24: an item whose hand-over to a select goes through the queue, and what happens meanwhile.
#include <weft/weft.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>

#include "select_support.hpp"

using test::AllGone;
using test::Counted;
using test::ignore;
using weft::on;

namespace {

/// What is done while the item is on its way.
enum class meanwhile { nothing, sender_goes, receiver_goes, cancels };

/// A chain of `length` loops that pass an item on from within, so that all are handed over to in a row; at its
/// end a select. Gives whether the item was on its way when something was done.
bool pass_on(std::size_t length, meanwhile what) {
    AllGone at_end;
    int got = 0, told = 0;
    bool sent = false, done = false, on_its_way = false;
    std::deque<weft::channel<Counted>> links(length + 1);
    weft::channel<Counted> never;
    {
        weft::scope fibers;
        for (std::size_t i = 0; i < length; ++i)
            fibers.spawn([&, i] {
                for (Counted& item : links[i].receiver) {
                    const bool last = i + 1 == length;
                    sent = sent || last;
                    try {
                        links[i + 1].sender(std::move(item));
                    } catch (const weft::receiver_gone&) {
                        told += last;
                    } catch (const std::logic_error&) {
                        told += last;
                    }
                    break;
                }
                links[i].receiver.close();
            });
        auto select = fibers.spawn([&] {
            weft::select(on(never.receiver, ignore), on(links[length].receiver, [&](const Counted& item) {
                             got = item.value;
                             weft::yield();
                             CHECK(item.value == 7);
                         }));
        });
        weft::yield();
        fibers.spawn([&, what] {
            if (!sent) return;  // too early
            done = true;
            on_its_way = got == 0;
            if (what == meanwhile::sender_goes) links[length].sender.close();
            if (what == meanwhile::receiver_goes) links[length].receiver.close();
            if (what == meanwhile::cancels) select.cancel();
        });
        CHECK(!links[0].sender.offer(Counted(7)));
        fibers.join();
    }
    CHECK(got == 7);
    CHECK(Counted::moves + Counted::copies == 0);
    const bool goes = what == meanwhile::sender_goes || what == meanwhile::receiver_goes;
    CHECK(told == (goes && done ? 1 : 0));
    CHECK(never.sender.try_send(Counted(1)) == weft::send_status::full);
    return on_its_way;
}

}  // namespace

TEST_CASE("An item that is on its way to a select arrives whatever happens meanwhile") {
    for (const meanwhile what :
         {meanwhile::nothing, meanwhile::sender_goes, meanwhile::receiver_goes, meanwhile::cancels}) {
        int times = 0;
        for (std::size_t length = 60; length <= 70; ++length) times += pass_on(length, what);
        CHECK(times > 0);
    }
}

TEST_CASE("A select is served in its turn among many hand-overs") {
    int got = 0;
    weft::channel<int> a, b;
    weft::scope fibers;
    fibers.spawn([&, in = std::move(b.receiver)] {
        for ([[maybe_unused]] int n : in) {
        }
    });
    fibers.spawn([&] {
        for (int i = 0; i < 300; ++i) {
            a.sender(int(i));
            for (int n = 0; n < i % 70; ++n) b.sender(int(n));
        }
        a.sender.close();
        b.sender.close();
    });
    while (weft::select(on(a.receiver, [&](int n) { CHECK(n == got++); })) == 0) {
    }
    CHECK(got == 300);
}

TEST_CASE("A select that was given an item handles it though its receiver goes before it runs") {
    const test::AllGone at_end;
    for (const std::size_t capacity : {0, 1}) {
        weft::channel<test::Counted> c(capacity);
        auto in = std::make_unique<weft::receiver<test::Counted>>(c.receiver.clone());
        c.receiver.close();
        weft::channel<int> never;
        weft::scope fibers;
        int got = 0;
        fibers.spawn([&] {
            const weft::receiver<test::Counted>& from = *in;
            weft::select(weft::on(never.receiver, [](int) {}),
                         weft::on(from, [&](test::Counted& item) { got = item.value; }));
        });
        weft::yield();
        CHECK(c.sender.try_send(test::Counted(7)) == weft::send_status::sent);
        in.reset();
        c.sender.close();
        fibers.join();
        CHECK(got == 7);
    }
}
