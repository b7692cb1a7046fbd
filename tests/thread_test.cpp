// SPDX-License-Identifier: BSL-1.0
// Threads (rule 17): each has a scheduler of its own, and no fiber leaves its thread.
#include <weft/weft.hpp>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"
#include "tools.hpp"

using test::AllGone;
using test::contains;
using test::Counted;
using test::run_death;
using test::thrown_by;

namespace {

// A pipeline of three fibers; gives the sum of what came out.
long work(int items) {
    weft::channel<int> raw, doubled;
    weft::scope fibers;
    fibers.spawn([send = std::move(raw.sender), items] {
        for (int i = 1; i <= items; ++i) send(int(i));
    });
    fibers.spawn([in = std::move(raw.receiver), send = std::move(doubled.sender)] {
        for (int n : in) send(2 * n);
    });
    long sum = 0;
    for (int n : doubled.receiver) sum += n;
    return sum;
}

}  // namespace

TEST_CASE("each thread has one scheduler") {
    const auto* mine = &weft::this_thread();
    const weft::scheduler* theirs = nullptr;
    std::thread([&] {
        theirs = &weft::this_thread();
        weft::scope fibers;
        fibers.spawn([&] { CHECK(&weft::this_thread() == theirs); }).join();
    }).join();
    CHECK(theirs != mine);
    CHECK(&weft::this_thread() == mine);
}

TEST_CASE("several threads run their fibers side by side") {
    constexpr int items = 3000;
    std::vector<long> sums(4);
    std::vector<std::thread> threads;
    for (long& sum : sums) threads.emplace_back([&sum] { sum = work(items); });
    const long mine = work(items);
    for (std::thread& t : threads) t.join();
    CHECK(mine == long{items} * (items + 1));
    for (long sum : sums) CHECK(sum == mine);
}

TEST_CASE("fibers never change thread") {
    auto check = [] {
        weft::scope fibers;
        for (int i = 0; i < 10; ++i)
            fibers.spawn([here = std::this_thread::get_id()] {
                for (int n = 0; n < 100; ++n) {
                    weft::yield();
                    CHECK(std::this_thread::get_id() == here);
                }
            });
        fibers.join();
    };
    std::thread other(check);
    check();
    other.join();
}

TEST_CASE("when a thread ends everything of its scheduler is freed") {
    auto once = [] {
        std::thread([] {
            weft::scope fibers;
            for (int i = 0; i < 20; ++i) fibers.spawn([] { weft::yield(); });
            for (std::size_t size : {16, 64, 1024}) fibers.spawn([] {}, {.stack = size * 1024 + 16384});
            fibers.join();
        }).join();
    };
    for (int i = 0; i < 3; ++i) once();
    const std::size_t maps = test::mappings(), reserved = test::reserved_bytes();
    for (int i = 0; i < 20; ++i) once();
    if (test::watched()) return;  // tools keep memory of their own
    CHECK(test::mappings() <= maps + 3);
    CHECK(test::reserved_bytes() <= reserved + (1 << 20));
}

TEST_CASE("a handle may outlive the thread of its fiber") {
    AllGone all;
    weft::fiber<Counted> kept;
    std::thread([&] {
        weft::scope fibers;
        kept = fibers.spawn([] { return Counted(1); });
        fibers.join();
    }).join();
    CHECK(kept.done());
}

TEST_CASE("an object of another thread is refused with std::logic_error") {
    AllGone all;
    weft::channel<int> c;
    weft::scope fibers;
    auto done = fibers.spawn([] { return 1; });
    std::thread([&] {
        auto refused = [](auto f) {
            CHECK(contains(thrown_by<std::logic_error>(f), "belongs to another thread"));
        };
        refused([&] { c.sender(1); });
        refused([&] { (void)c.receiver.receive(); });
        refused([&] { (void)c.receiver.begin(); });
        refused([&] { (void)c.sender.clone(); });
        refused([&] { (void)c.receiver.clone(); });
        refused([&] { fibers.spawn([kept = Counted(1)] {}); });
        refused([&] { fibers.join(); });
        refused([&] { done.join(); });
        CHECK_FALSE(c.sender.offer(1));
    }).join();
    CHECK(done.join() == 1);
}

TEST_CASE("static channels and scopes work to the end of the main thread") {
    const test::Ended e = run_death("static_objects");
    CHECK(e.errors == "got 1, got 2, cancelled in the static scope\n");
    CHECK(e.status == 0);
}
