// SPDX-License-Identifier: BSL-1.0
// How functions and arguments reach a fiber, and what happens if they can not (rules 14 and 27).
#include <weft/weft.hpp>

#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "allocations.hpp"
#include "support.hpp"
#include "tools.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;
using test::until_failure;

namespace {

int twice(int n) { return 2 * n; }

struct Adder {
    int to = 0;
    int add(int n) { return to += n; }
};

template <class F, class... A>
concept spawnable =
    requires(weft::scope& s, F&& f, A&&... a) { s.spawn(std::forward<F>(f), std::forward<A>(a)...); };

// As std::thread: the arguments arrive as rvalues of the decayed types.
static_assert(spawnable<void (*)(std::unique_ptr<int>), std::unique_ptr<int>>);
static_assert(spawnable<void (*)(int&), std::reference_wrapper<int>>);
static_assert(!spawnable<void (*)(int&), int&>);
static_assert(!spawnable<void (*)(int), const char*>);
static_assert(!spawnable<int>);

/// Its n-th copy or move throws.
struct Fragile : Counted {
    static inline int until_throw = -1;
    static void step() {
        if (until_throw >= 0 && until_throw-- == 0) throw std::runtime_error("can not be copied");
    }
    Fragile() = default;
    Fragile(const Fragile& other) : Counted(other) { step(); }
};

}  // namespace

TEST_CASE("callables and arguments are taken as std::thread takes them") {
    AllGone all;
    weft::scope fibers;
    SUBCASE("a member function and its object") {
        Adder a;
        CHECK(fibers.spawn(&Adder::add, &a, 3).join() == 3);
        CHECK(fibers.spawn(&Adder::add, std::ref(a), 4).join() == 7);
        CHECK(fibers.spawn(&Adder::add, a, 4).join() == 11);
        CHECK(a.to == 7);
    }
    SUBCASE("an lvalue is copied and an rvalue moved") {
        Counted mine(1);
        auto f =
            fibers.spawn([](Counted a, const Counted& b) { return a.value + b.value; }, mine, Counted(2));
        CHECK(Counted::copies == 1);
        mine.value = 100;  // the fiber has its own
        CHECK(f.join() == 3);
    }
    SUBCASE("a reference has to be asked for") {
        int n = 0;
        fibers.spawn([](int& to) { to = 9; }, std::ref(n)).join();
        CHECK(n == 9);
    }
    SUBCASE("text of a literal") {
        CHECK(fibers.spawn([](std::string s) { return s + "!"; }, "hello").join() == "hello!");
    }
    SUBCASE("with a name and a size in front") {
        CHECK(fibers.spawn(weft::how{.name = "adder", .stack = 32 * 1024}, twice, 4).join() == 8);
        CHECK(fibers.spawn([] { return 5; }, {.name = "five"}).join() == 5);
    }
    SUBCASE("a function object is called as an rvalue") {
        struct once {
            std::unique_ptr<int> n = std::make_unique<int>(6);
            std::unique_ptr<int> operator()() && { return std::move(n); }
        };
        CHECK(*fibers.spawn(once()).join() == 6);
    }
}

TEST_CASE("a fiber's function and arguments die inside it") {
    AllGone all;
    Trace trace;
    struct says {
        Trace* trace = nullptr;
        explicit says(Trace& t) : trace(&t) {}
        says(says&& other) noexcept : trace(std::exchange(other.trace, nullptr)) {}
        ~says() {
            if (!trace) return;
            (*trace)("argument dies");
            weft::yield();  // inside: it may wait
            (*trace)("is dead");
        }
    };
    weft::scope fibers;
    auto f = fibers.spawn([&](const says&) { trace("returns"); }, says(trace));
    fibers.spawn([&] { trace("the other"); });
    f.join();
    trace("joined");
    CHECK(trace.text() == "returns, argument dies, the other, is dead, joined");
}

TEST_CASE("a spawn that throws has changed nothing") {
    AllGone all;
    weft::scope fibers;
    Fragile mine;
    int ran = 0;
    SUBCASE("because the function can not be copied") {
        for (Fragile::until_throw = 0;;) {
            const int n = Fragile::until_throw;
            const auto text = thrown_by<std::runtime_error>([&] { fibers.spawn([mine, &ran] { ++ran; }); });
            CHECK(Counted::live == (text == "nothing" ? 2 : 1));
            if (text == "nothing") break;
            CHECK(text == "can not be copied");
            Fragile::until_throw = n + 1;
        }
    }
    SUBCASE("because an argument can not be copied") {
        auto f = [&](const Fragile&, const Counted&, const Fragile&) { ++ran; };
        for (Fragile::until_throw = 0;;) {
            const int n = Fragile::until_throw;
            const auto text = thrown_by<std::runtime_error>([&] { fibers.spawn(f, mine, Counted(), mine); });
            CHECK(Counted::live == (text == "nothing" ? 4 : 1));
            if (text == "nothing") break;
            CHECK(text == "can not be copied");
            Fragile::until_throw = n + 1;
        }
    }
    Fragile::until_throw = -1;
    CHECK(ran == 0);
    fibers.join();
    CHECK(ran == 1);
}

TEST_CASE("spawn throws bad_alloc if there is no memory and then nothing was spawned") {
    if (test::valgrind() || test::thread_sanitizer) return;  // which have allocation functions of their own
    AllGone all;
    // The first of a thread makes its scheduler: a thread of its own for each failure.
    int failures = 0;
    for (bool done = false; !done; ++failures) {
        std::thread([&] {
            int ran = 0;
            bool refused = false;
            const Counted mine;
            try {
                until_failure = failures;
                weft::scope fibers;
                try {
                    fibers.spawn([&ran, mine] { ++ran; }, {.name = "a name", .stack = 20 * 1024});
                } catch (const std::bad_alloc&) {
                    refused = true;
                }
                until_failure = -1;
                CHECK(Counted::live == (refused ? 1 : 2));
                fibers.join();
                CHECK(ran == (refused ? 0 : 1));
                fibers.spawn([&ran, mine] { ran += 10; });
                fibers.join();
                CHECK(ran == (refused ? 10 : 11));
                done = !refused;
            } catch (const std::bad_alloc&) {  // the scheduler itself
                until_failure = -1;
            }
        }).join();
        REQUIRE(failures < 100);
    }
    CHECK(failures > 2);
}
