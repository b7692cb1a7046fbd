// SPDX-License-Identifier: BSL-1.0
// What the tests of the recipes share.
#pragma once

#include <iterator>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <weft/channel.hpp>

#include "../descriptors.hpp"
#include "../support.hpp"

namespace test {

/// Does `check` in plain code, then in a fiber. Neither may leave a descriptor open or anything on stderr.
template <class F>
void here_and_in_a_fiber(F&& check) {
    CapturedStderr errors;
    const int before = descriptors();
    check();
    CHECK(descriptors() == before);
    {
        weft::scope fibers;
        fibers.spawn([&] { check(); }).join();
    }
    CHECK(descriptors() == before);
    CHECK(errors.text() == "");
}

/// Lets two streams run in turn, until both have ended.
template <class A, class B, class F, class G>
void in_turn(A& a, F&& use_a, B& b, G&& use_b) {
    auto x = a.begin();
    auto y = b.begin();
    for (bool more = true; more;) {
        more = false;
        if (x != std::default_sentinel) use_a(*x), ++x, more = true;
        if (y != std::default_sentinel) use_b(*y), ++y, more = true;
    }
}

/// A fiber waits while its loop has an item, and is cancelled.
template <class Items>
void cancel_in_the_loop(Items items) {
    weft::channel<int> never;
    weft::scope fibers;
    auto loop = fibers.spawn(
        [&](Items mine) {
            for ([[maybe_unused]] auto& item : mine) never.receiver.receive();
        },
        std::move(items));
    weft::yield();
    loop.cancel();
    CHECK_THROWS_AS(loop.join(), weft::no_result);
}

/// Calls send(from..., sink) in a fiber with a larger stack, and leaves the loop at its first item. That is
/// no failure of the fiber.
template <class T, class F, class... A>
void spawn_and_leave(F send, A... from) {
    weft::channel<T> items;
    weft::scope fibers;
    fibers.spawn(weft::how{.stack = 1 << 20}, send, std::move(from)..., std::move(items.sender));
    {
        const weft::receiver<T> in = std::move(items.receiver);
        for ([[maybe_unused]] auto& item : in) break;
    }
    fibers.join();
}

/// A loop that is left by an exception.
struct Enough {};

}  // namespace test
