// SPDX-License-Identifier: BSL-1.0
// A process with weft in it: exit, and what is left as it was. Written down in runtime/README.md.
#include <weft/weft.hpp>

#include <signal.h>

#include <cerrno>
#include <cfenv>
#include <chrono>
#include <clocale>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "descriptors.hpp"
#include "signals.hpp"
#include "support.hpp"
#include "tools.hpp"

using namespace std::chrono_literals;
using test::contains;
using test::Ended;
using test::handler_of;
using test::Handling;
using test::run_death;

namespace {

/// What a process and a thread have of their own.
struct surroundings {
    std::vector<void*> handlers;
    std::vector<int> flags;
    stack_t alternate{};
    sigset_t blocked{};
    int rounding = std::fegetround();
    int error = errno;
    std::string locale = std::setlocale(LC_ALL, nullptr);
    int descriptors = test::descriptors();

    surroundings() {
        for (int signal = 1; signal < NSIG; ++signal) {
            struct sigaction action {};
            sigaction(signal, nullptr, &action);
            handlers.push_back(reinterpret_cast<void*>(action.sa_handler));
            flags.push_back(action.sa_flags);
        }
        sigaltstack(nullptr, &alternate);
        pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        errno = error;
    }
};

void check_same(const surroundings& before, const surroundings& after) {
    CHECK(before.handlers == after.handlers);
    CHECK(before.flags == after.flags);
    CHECK(before.alternate.ss_flags == after.alternate.ss_flags);
    CHECK(std::memcmp(&before.blocked, &after.blocked, sizeof(sigset_t)) == 0);
    CHECK(before.rounding == after.rounding);
    CHECK(before.error == after.error);
    CHECK(before.locale == after.locale);
    CHECK(before.descriptors == after.descriptors);
}

void nothing(int) {}

void work() {
    const test::Ends ends = test::Ends::pipe();
    weft::scope fibers;
    fibers.spawn([&] { weft::wait_readable(ends.reads()); });
    fibers.spawn([&] {
        std::fesetround(FE_UPWARD);
        weft::sleep_for(1ms);
        errno = 77;
        weft::offload([&] { ends.put('x'); });
    });
    weft::inbox<int> in;
    std::thread other([to = in.poster()] { CHECK(to.post(1)); });
    for (int n : in) CHECK(n == 1);
    other.join();
    fibers.join();
}

}  // namespace

TEST_CASE("after the last scope of a thread is gone all is as it was before") {
    const auto round = [] {
        std::fesetround(FE_DOWNWARD);
        errno = 5;
        const surroundings before;
        work();
        errno = 5;  // which the calls in it may change, as any call may
        check_same(before, surroundings());
        {
            weft::generator<int> g([](weft::sink<int> send) { send(1); });
            CHECK(g.receive() == 1);
        }
        check_same(before, surroundings());
        std::fesetround(FE_TONEAREST);
    };
    round();
    round();
    std::thread(round).join();
}

TEST_CASE("while a scope has had fibers an alternate stack and a handler for overflows are there") {
    void* const before = handler_of(SIGSEGV);
    {
        weft::scope outer;
        CHECK(handler_of(SIGSEGV) == before);
        outer.spawn([] {}).join();
        CHECK(handler_of(SIGSEGV) != before);
        std::thread([] {
            weft::scope inner;
            inner.spawn([] {}).join();
        }).join();
        CHECK(handler_of(SIGSEGV) != before);
        weft::scope{};
        CHECK(handler_of(SIGSEGV) != before);
        if (test::sanitized) return;  // they have one already
        stack_t now{};
        sigaltstack(nullptr, &now);
        CHECK((now.ss_flags & SS_DISABLE) == 0);
    }
    CHECK(handler_of(SIGSEGV) == before);
}

TEST_CASE("a handler that was set over ours stays and so does a thread's own alternate stack") {
    std::vector<char> memory(64 * 1024);
    stack_t own{}, before{}, now{};
    own.ss_sp = memory.data();
    own.ss_size = memory.size();
    sigaltstack(&own, &before);
    auto* const mine = reinterpret_cast<void*>(&nothing);
    {
        weft::scope fibers;
        fibers.spawn([] {}).join();
        sigaltstack(nullptr, &now);
        CHECK(now.ss_sp == own.ss_sp);
        const Handling above(SIGSEGV, nothing);
        {
            weft::generator<int> g([](weft::sink<int> send) { send(1); });
            CHECK(g.receive() == 1);
        }
        CHECK(handler_of(SIGSEGV) == mine);
    }
    sigaltstack(nullptr, &now);
    CHECK(now.ss_sp == own.ss_sp);
    sigaltstack(&before, nullptr);
}

TEST_CASE("a handler set while a scope lived is there after it") {
    void* const before = handler_of(SIGSEGV);
    {
        std::optional<weft::scope> fibers(std::in_place);
        fibers->spawn([] {}).join();
        const Handling above(SIGSEGV, nothing);
        fibers.reset();
        CHECK(handler_of(SIGSEGV) == reinterpret_cast<void*>(&nothing));
    }
    weft::scope{}.spawn([] {}).join();
    CHECK(handler_of(SIGSEGV) == before);
}

TEST_CASE("exit runs what it always runs and leaves parked fibers as they are") {
    const Ended plain = run_death("exits", "plain");
    CHECK(plain.status == 3);
    CHECK(plain.errors == "at exit\nstatic scope unwound\nstatic destructor\n");
}

TEST_CASE("exit in a fiber does the same on the fiber's stack") {
    for (const auto& [way, status] : {std::pair{"fiber", 4}, std::pair{"callback", 5}}) {
        const Ended e = run_death("exits", way);
        CHECK(e.status == status);
        CHECK(e.errors == "at exit\nstatic destructor\n");
    }
}

TEST_CASE("exit ends idle helper threads and waits for no call") {
    const Ended idle = run_death("exits", "idle_helper");
    CHECK(idle.status == 7);
    if (!test::thread_sanitizer)  // which has a thread of its own
        CHECK(idle.errors == "1 thread\nat exit\nstatic destructor\n");
    const Ended busy = run_death("exits", "busy_helper");
    CHECK(busy.status == 8);
    CHECK(busy.errors == "at exit\nstatic destructor\n");
}

TEST_CASE("exit in a fiber of a static scope is told that it destroys its own scope") {
    const Ended e = run_death("exits", "own_scope");
    CHECK(e.status != 6);
    CHECK(contains(e.errors, "weft: a fiber destroys its own scope"));
}

TEST_CASE("pthread_exit in a fiber aborts") {
    if (test::thread_sanitizer) return;  // whose pthread_exit knows no fibers
    const Ended e = run_death("exits", "thread_in_fiber");
    CHECK(e.signal == SIGABRT);
}
