// SPDX-License-Identifier: BSL-1.0
// When stacks run out (rule 27).
#include <weft/weft.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "support.hpp"
#include "tools.hpp"

using weft::detail::guard_kind;
using weft::detail::pretend_guard;

namespace {

// Spawns `count` fibers that park, and tells how many came to that; the others failed with std::bad_alloc.
int parked_of(int count) {
    weft::channel<int> c;
    int parked = 0, refused = 0;
    weft::scope fibers;
    std::vector<weft::fiber<void>> handles;
    for (int i = 0; i < count; ++i) {
        try {
            handles.push_back(fibers.spawn([&] {
                ++parked;
                (void)c.receiver.receive();
            }));
        } catch (const std::bad_alloc&) {
            ++refused;
        }
    }
    weft::yield();
    weft::yield();
    int failed = 0;
    for (auto& f : handles)
        if (f.done()) failed += test::thrown_by<std::bad_alloc>([&] { f.join(); }) == std::bad_alloc().what();
    CHECK(parked + failed + refused == count);
    c.sender.close();
    for (auto& f : handles)
        if (!f.done()) f.join();
    return parked;
}

}  // namespace

TEST_CASE("several fibers for which no stack can be had all fail with std::bad_alloc") {
    std::thread([] {
        test::AllGone all;
        weft::scope fibers;
        fibers.spawn([] {}).join();
        pretend_guard(guard_kind::none);
        std::vector<weft::fiber<void>> late;
        for (int i = 0; i < 5; ++i)
            late.push_back(fibers.spawn([kept = test::Counted(i)] {}, {.stack = 3 << 20}));
        CHECK_THROWS_AS(fibers.join(), std::bad_alloc);
        for (auto& f : late) CHECK_THROWS_AS(f.join(), std::bad_alloc);
        pretend_guard(guard_kind::unknown);
        CHECK(fibers.spawn([] { return 1; }, {.stack = 3 << 20}).join() == 1);
    }).join();
}

TEST_CASE("without the marker half of the mappings is taken and then spawn fails with std::bad_alloc") {
    const std::size_t most = test::most_mappings();
    if (test::watched() || most < 1000 || most > 200'000) return;
    const int guards = static_cast<int>(most / 2 / 2);
    const std::size_t before = test::mappings();
    for (int round = 0; round < 2; ++round)  // a thread that ends gives its share back
        std::thread([&] {
            pretend_guard(guard_kind::mapping);
            weft::scope fibers;
            fibers.spawn([] {}).join();
            CHECK(parked_of(guards - 100) == guards - 100);
            const int got = parked_of(guards + 1000);
            CHECK(got <= guards);
            CHECK(got >= guards - 100);
            CHECK(test::mappings() < before + most / 2 + 200);
            CHECK(fibers.spawn([] { return 1; }).join() == 1);
        }).join();
    pretend_guard(guard_kind::unknown);
}

// In a process of its own: the limit can not be lifted again.
TEST_CASE("when no address space is left fibers fail with std::bad_alloc and earlier ones complete") {
    if (test::watched()) return;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::thread([] {
            weft::channel<int> c;
            weft::scope fibers;
            fibers.spawn([] {}).join();
            const rlim_t room = test::reserved_bytes() + 100 * 1024 * 1024;
            const rlimit limit{room, room};
            if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(1);
            std::vector<weft::fiber<int>> handles;
            for (int i = 0; i < 3000; ++i) {
                try {
                    handles.push_back(fibers.spawn([&] { return c.receiver.receive().value_or(7); }));
                } catch (const std::bad_alloc&) {
                }
            }
            weft::yield();
            weft::yield();
            c.sender.close();
            int completed = 0, failed = 0;
            for (auto& f : handles) {
                try {
                    completed += f.join() == 7;
                } catch (const std::bad_alloc&) {
                    ++failed;
                }
            }
            _exit(completed < 100 ? 2 : failed < 100 ? 3 : fibers.spawn([] { return 0; }).join());
        }).join();
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("where no thread can be had offload fails before the call and works when there is one") {
    if (test::watched()) return;  // which could not go on themselves
    rlimit before{};
    getrlimit(RLIMIT_AS, &before);
    rlimit scarce = before;
    std::promise<void> end;
    std::thread holds_what_was_kept([&] { end.get_future().wait(); });  // the stack of an earlier thread
    scarce.rlim_cur = test::reserved_bytes() + (4 << 20);
    weft::scope fibers;
    auto calls = fibers.spawn([&] {
        bool called = false;
        weft::deadline limit(std::chrono::seconds(10));
        setrlimit(RLIMIT_AS, &scarce);
        CHECK_THROWS_AS(weft::offload([&] { called = true; }), std::system_error);
        setrlimit(RLIMIT_AS, &before);
        CHECK(!called);
        weft::offload([&] { called = true; });
        CHECK(called);
    });
    calls.join();
    end.set_value();
    holds_what_was_kept.join();
    weft::channel<int> never;
    CHECK_THROWS_AS((void)never.receiver.receive(), weft::deadlock);  // nothing is waited for any more
}
