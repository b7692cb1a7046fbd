// SPDX-License-Identifier: BSL-1.0
// Stacks: when a fiber gets one, how large, how guarded, and where it goes (rules 25 and 27).
#include <weft/weft.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"
#include "tools.hpp"

using test::AllGone;
using test::contains;
using test::Counted;
using weft::detail::guard_kind;
using weft::detail::minimum_stack;
using weft::detail::pretend_guard;

namespace {

constexpr std::size_t mebi = 1024 * 1024;

[[gnu::noinline]] std::uintptr_t here() {
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

bool near(std::uintptr_t a, std::uintptr_t b) { return (a > b ? a - b : b - a) < 8 * 1024; }

// Runs `f` in a thread, whose scheduler and stacks begin and end with it.
template <class F>
void in_a_thread(F f) {
    std::thread(f).join();
}

struct Pretending {
    explicit Pretending(guard_kind kind) { pretend_guard(kind); }
    ~Pretending() { pretend_guard(guard_kind::unknown); }
    Pretending(const Pretending&) = delete;
};

}  // namespace

TEST_CASE("a spawned fiber gets its stack when it first runs") {
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([] {}).join();
    const std::size_t before = test::reserved_bytes();
    for (int i = 0; i < 40; ++i) fibers.spawn([&] { (void)c.receiver.receive(); }, {.stack = 16 * mebi});
    CHECK(test::reserved_bytes() - before < 16 * mebi);
    weft::yield();
    CHECK(test::reserved_bytes() - before >= 40 * 16 * mebi);
}

TEST_CASE("a finished fiber leaves its stack to the next") {
    weft::scope fibers;
    auto where = [] { return here(); };
    const auto first = fibers.spawn(where).join();
    for (int i = 0; i < 100; ++i) CHECK(near(fibers.spawn(where).join(), first));
}

TEST_CASE("the stack that was left last is taken first") {
    weft::channel<int> c[3], again;
    std::uintptr_t at[3] = {}, then[3] = {};
    weft::scope fibers;
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&, i] {
            at[i] = here();
            (void)c[i].receiver.receive();
        });
    weft::yield();
    for (int i : {1, 0, 2}) {
        c[i].sender.close();
        weft::yield();
    }
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&, i] {
            then[i] = here();
            (void)again.receiver.receive();
        });
    weft::yield();
    CHECK(near(then[0], at[2]));
    CHECK(near(then[1], at[0]));
    CHECK(near(then[2], at[1]));
}

TEST_CASE("a stack may be smaller or larger than usual") {
    weft::scope fibers;
    for (std::size_t size :
         {minimum_stack(), std::size_t{100'000}, std::size_t{256} * 1024, mebi, 10 * mebi}) {
        const bool reached = fibers
                                 .spawn(
                                     [size] {
                                         // Down to where a function or two still have room.
                                         const std::size_t deep = size - 8 * 1024;
                                         auto* p = static_cast<volatile char*>(__builtin_alloca(deep));
                                         p[0] = 1;
                                         p[deep - 1] = 1;
                                         return p[0] + p[deep - 1] == 2;
                                     },
                                     {.stack = size})
                                 .join();
        CHECK(reached);
    }
}

TEST_CASE("a stack smaller than the minimum is refused with std::invalid_argument") {
    AllGone all;
    weft::scope fibers;
    for (std::size_t size : {std::size_t{1}, std::size_t{4096}, minimum_stack() - 1}) {
        CAPTURE(size);
        const std::string text = test::thrown_by<std::invalid_argument>(
            [&] { fibers.spawn([kept = Counted(1)] {}, {.stack = size}); });
        CHECK(contains(text, std::to_string(minimum_stack())));
        CHECK(contains(text, std::to_string(size)));
    }
    CHECK(Counted::live == 0);
    CHECK(fibers.spawn([] { return 3; }, {.stack = minimum_stack()}).join() == 3);
}

TEST_CASE("the minimum is 16 KiB or what a signal needs") {
    CHECK(minimum_stack() >= 16 * 1024);
    CHECK(minimum_stack() <= 64 * 1024);
}

TEST_CASE("a stack larger than memory is refused with std::bad_alloc") {
    AllGone all;
    weft::scope fibers;
    bool thrown = false;
    try {
        auto f = fibers.spawn([kept = Counted(1)] {}, {.stack = std::size_t{1} << 46});
        f.join();
    } catch (const std::bad_alloc&) {
        thrown = true;
    }
    CHECK(thrown);
    CHECK(fibers.spawn([] { return 3; }).join() == 3);
}

TEST_CASE("if no guard can be had spawn throws std::bad_alloc") {
    in_a_thread([] {
        AllGone all;
        Pretending none(guard_kind::none);
        weft::scope fibers;
        CHECK_THROWS_AS(fibers.spawn([kept = Counted(1)] {}), std::bad_alloc);
        CHECK(Counted::live == 0);
        pretend_guard(guard_kind::unknown);
        CHECK(fibers.spawn([] { return 1; }).join() == 1);
    });
}

TEST_CASE("if no stack can be had a fiber fails with std::bad_alloc when it first runs") {
    in_a_thread([] {
        AllGone all;
        weft::channel<int> c;
        bool ran = false;
        weft::scope fibers;
        fibers.spawn([] {}).join();
        auto earlier = fibers.spawn([&, kept = Counted(1)] { return c.receiver.receive().value_or(0); });
        weft::yield();
        Pretending none(guard_kind::none);
        std::vector<weft::fiber<void>> late;
        for (int i = 0; i < 30; ++i) {
            try {
                late.push_back(fibers.spawn([&, kept = Counted(2)] { ran = true; }, {.stack = 2 * mebi}));
            } catch (const std::bad_alloc&) {
            }
        }
        for (auto& f : late) CHECK_THROWS_AS(f.join(), std::bad_alloc);
        CHECK_FALSE(ran);
        CHECK(Counted::live == 1);  // the earlier fiber's
        CHECK(c.sender.try_send(7) == weft::send_status::sent);
        CHECK(earlier.join() == 7);
        fibers.join();
    });
}

TEST_CASE("where the kernel has the marker guards take no mappings") {
    if (!test::kernel_has_marker()) return;
    in_a_thread([] {
        const std::size_t before = test::mappings();
        weft::channel<int> c;
        weft::scope fibers;
        for (int i = 0; i < 1000; ++i) fibers.spawn([&] { (void)c.receiver.receive(); });
        weft::yield();
        if (!test::sanitized) CHECK(test::mappings() < before + 100);
        CHECK(test::mappings("---p") < before + 100);
    });
}

TEST_CASE("without the marker every stack is guarded by a mapping") {
    in_a_thread([] {
        Pretending mapping(guard_kind::mapping);
        const std::size_t before = test::mappings("---p");
        weft::channel<int> c;
        weft::scope fibers;
        for (int i = 0; i < 100; ++i) fibers.spawn([&] { (void)c.receiver.receive(); });
        weft::yield();
        CHECK(test::mappings("---p") >= before + 100);
    });
}

TEST_CASE("huge pages do not inflate stacks") {
    weft::scope fibers;
    const std::uintptr_t at = fibers.spawn([] { return here(); }).join();
    std::ifstream in("/proc/self/smaps");
    bool inside = false, told = false;
    for (std::string line; std::getline(in, line);) {
        std::uintptr_t low = 0, high = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &low, &high) == 2) inside = low <= at && at < high;
        if (!inside || line.compare(0, 8, "VmFlags:") != 0) continue;
        told = true;
        CHECK(contains(line, " nh"));
    }
    if (!test::valgrind()) CHECK(told);
}

TEST_CASE("memory goes back past a limit") {
    if (test::watched()) return;
    in_a_thread([] {
        constexpr int many = 50'000;
        weft::channel<int> c;
        int ran = 0;
        weft::scope fibers;
        fibers.spawn([] {}).join();
        const std::size_t before = test::resident_bytes();
        for (int i = 0; i < many; ++i) fibers.spawn([&] { (void)c.receiver.receive(); });
        weft::yield();
        CHECK(test::resident_bytes() - before > many * std::size_t{4096});
        c.sender.close();
        fibers.join();
        CHECK(test::resident_bytes() - before < 120 * mebi);
        // What went back can be used again.
        for (int i = 0; i < many; ++i) fibers.spawn([&] { weft::yield(), ++ran; });
        fibers.join();
        CHECK(ran == many);
    });
}

TEST_CASE("locked memory refuses the marker and stacks are guarded all the same") {
    if (test::watched()) return;
    in_a_thread([] {
        if (mlockall(MCL_FUTURE) != 0) return;
        const std::size_t before = test::mappings("---p");
        {
            weft::channel<int> c;
            weft::scope fibers;
            for (int i = 0; i < 20; ++i) fibers.spawn([&] { (void)c.receiver.receive(); });
            weft::yield();
            CHECK(test::mappings("---p") >= before + 20);
        }
        munlockall();
    });
}
