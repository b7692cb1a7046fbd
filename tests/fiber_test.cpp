// SPDX-License-Identifier: BSL-1.0
// The handle of a fiber: its result and its end (rules 14 and 15).
#include <weft/weft.hpp>

#include <array>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "support.hpp"
#include "tools.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;

namespace {

int twice(int n) { return 2 * n; }

static_assert(std::is_nothrow_move_constructible_v<weft::fiber<int>>);
static_assert(!std::is_copy_constructible_v<weft::fiber<int>>);
static_assert(!std::is_move_constructible_v<weft::scope>);

}  // namespace

TEST_CASE("join gives the result of the function") {
    weft::scope fibers;
    SUBCASE("a value") {
        auto f = fibers.spawn(twice, 21);
        static_assert(std::is_same_v<decltype(f), weft::fiber<int>>);
        CHECK(f.join() == 42);
    }
    SUBCASE("nothing") {
        bool ran = false;
        weft::fiber<void> f = fibers.spawn([&] { ran = true; });
        f.join();
        CHECK(ran);
    }
    SUBCASE("a reference") {
        int kept = 1;
        weft::fiber<int&> f = fibers.spawn([&]() -> int& { return kept; });
        f.join() = 7;
        CHECK(kept == 7);
    }
    SUBCASE("a reference to const") {
        const std::string kept = "here";
        weft::fiber<const std::string&> f = fibers.spawn([&]() -> const std::string& { return kept; });
        CHECK(&f.join() == &kept);
    }
    SUBCASE("what can only be moved") {
        auto f = fibers.spawn([] { return std::make_unique<int>(5); });
        CHECK(*f.join() == 5);
    }
    SUBCASE("what has no default value and can not be assigned") {
        struct odd {
            const int value;
            explicit odd(int v) : value(v) {}
        };
        CHECK(fibers.spawn([] { return odd(3); }).join().value == 3);
    }
    SUBCASE("something big") {
        auto f = fibers.spawn([] {
            std::array<int, 8 * 1024> all{};
            std::iota(all.begin(), all.end(), 0);
            return all;
        });
        const auto all = f.join();
        CHECK(std::accumulate(all.begin(), all.end(), 0) == 8 * 1024 * (8 * 1024 - 1) / 2);
    }
}

TEST_CASE("done tells whether the fiber has ended") {
    weft::scope fibers;
    weft::fiber<void> none;
    CHECK(none.done());
    auto f = fibers.spawn([] { weft::yield(); });
    CHECK(!f.done());
    weft::yield();
    CHECK(!f.done());
    weft::yield();
    CHECK(f.done());
    f.join();
    CHECK(f.done());
}

TEST_CASE("dropping a handle changes nothing") {
    AllGone all;
    int ended = 0;
    {
        weft::scope fibers;
        {
            auto dropped = fibers.spawn([&] {
                weft::yield();
                ++ended;
                return Counted(1);
            });
        }
        (void)fibers.spawn([&] {
            ++ended;
            return Counted(2);
        });
        auto overwritten = fibers.spawn([&] {
            weft::yield();
            ++ended;
            return 1;
        });
        overwritten = fibers.spawn([&] {
            ++ended;
            return 2;
        });
        fibers.join();
        CHECK(ended == 4);
        CHECK(Counted::live == 0);  // nobody can ask for the results
        CHECK(overwritten.join() == 2);
    }
}

TEST_CASE("a handle can be joined once") {
    weft::scope fibers;
    auto f = fibers.spawn(twice, 1);
    auto g = std::move(f);
    const std::string empty = "weft: this fiber's handle is empty: it was joined, moved from, or "
                              "default-constructed; a fiber can be "
                              "joined once";
    CHECK(thrown_by<std::logic_error>([&] { f.join(); }) == empty);
    CHECK(g.join() == 2);
    CHECK(thrown_by<std::logic_error>([&] { g.join(); }) == empty);
    CHECK(thrown_by<std::logic_error>([] { weft::fiber<int>().join(); }) == empty);
    g.cancel();  // harmless
}

TEST_CASE("a fiber can be joined before it has started and while it runs and after its end") {
    weft::scope fibers;
    auto before = fibers.spawn(twice, 1);
    CHECK(before.join() == 2);
    auto during = fibers.spawn([] {
        weft::yield();
        weft::yield();
        return 3;
    });
    weft::yield();
    CHECK(during.join() == 3);
    auto after = fibers.spawn(twice, 2);
    fibers.join();
    CHECK(after.join() == 4);
}

TEST_CASE("a handle may outlive the scope") {
    AllGone all;
    weft::fiber<Counted> result;
    weft::fiber<int> failed, stopped;
    {
        test::CapturedStderr quiet;
        weft::scope fibers;
        result = fibers.spawn([] { return Counted(3); });
        failed = fibers.spawn([]() -> int { throw std::runtime_error("on purpose"); });
        stopped = fibers.spawn([] {
            weft::channel<int> never;
            return never.receiver.receive().value();
        });
    }
    CHECK(result.done());
    CHECK(result.join().value == 3);
    CHECK(thrown_by<std::runtime_error>([&] { failed.join(); }) == "on purpose");
    CHECK_THROWS_AS(stopped.join(), weft::no_result);
}

TEST_CASE("a cancelled fiber has no result") {
    weft::scope fibers;
    auto f = fibers.spawn(
        []() -> int {
            weft::channel<int> never;
            return never.receiver.receive().value();
        },
        {.name = "waiter", .at = {"here.cpp", 7}});
    weft::yield();
    f.cancel();
    CHECK(thrown_by<weft::no_result>([&] { f.join(); }) ==
          "weft: fiber 'waiter' (spawned at here.cpp:7) ended without a result: it was cancelled, or nobody "
          "received from it");
}

TEST_CASE("a fiber that was cancelled and returns all the same has its result") {
    weft::scope fibers;
    auto f = fibers.spawn([] {
        try {
            weft::yield();
        } catch (const weft::cancelled&) {
        }
        return 8;
    });
    f.cancel();
    CHECK(f.join() == 8);
}

TEST_CASE("a fiber that nobody receives from has no result") {
    weft::scope fibers;
    weft::channel<int> c;
    auto f = fibers.spawn([send = std::move(c.sender)] {
        for (int i = 0;; ++i) send(i);
    });
    CHECK(c.receiver.receive() == 0);
    c.receiver.close();
    CHECK_THROWS_AS(f.join(), weft::no_result);
}

TEST_CASE("a fiber may be spawned and joined by others") {
    weft::scope fibers;
    std::function<int(int)> fibonacci = [&](int n) {
        if (n < 2) return n;
        auto one = fibers.spawn([&, n] { return fibonacci(n - 1); });
        auto two = fibers.spawn([&, n] { return fibonacci(n - 2); });
        return one.join() + two.join();
    };
    CHECK(fibonacci(12) == 144);
}

TEST_CASE("ten thousand fibers spawned one inside the other are joined") {
    const int most = test::many(10'000, 500);
    weft::scope fibers;
    std::function<int(int)> depth = [&](int n) -> int {
        return n == 0 ? 0 : 1 + fibers.spawn([&, n] { return depth(n - 1); }).join();
    };
    CHECK(depth(most) == most);
}
