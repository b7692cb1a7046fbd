// SPDX-License-Identifier: BSL-1.0
// Signals in a process with fibers. Written down in runtime/README.md.
#include <weft/weft.hpp>

#include <signal.h>
#include <sys/time.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include "descriptors.hpp"
#include "signals.hpp"
#include "support.hpp"
#include "tools.hpp"

using namespace std::chrono_literals;
using test::Handling;

namespace {

const void* handled_at = nullptr;
std::atomic<int> handled = 0;
void note_place(int) {
    handled_at = __builtin_frame_address(0);
    ++handled;
}

/// Whether two addresses lie on one stack, as far as one can say.
bool near(const void* a, const void* b) {
    const auto distance = static_cast<const char*>(a) - static_cast<const char*>(b);
    return distance < 64 * 1024 && distance > -64 * 1024;
}

}  // namespace

TEST_CASE("a signal is handled on the stack of the fiber that runs or on the alternate one") {
    handled = 0;
    const Handling plain(SIGUSR1, note_place);
    const Handling elsewhere(SIGUSR2, note_place, SA_ONSTACK);
    weft::scope fibers;
    const auto one = [] {
        const char local = 0;
        errno = 5;
        for (int i = 0; i < 3; ++i) {
            raise(SIGUSR1);
            if (!test::address_sanitizer) CHECK(near(handled_at, &local));
            weft::yield();
            raise(SIGUSR2);
            CHECK(!near(handled_at, &local));
            weft::yield();
            CHECK(errno == 5);
        }
    };
    fibers.spawn(one);
    fibers.spawn(one);
    fibers.join();
    CHECK(handled == 12);
}

TEST_CASE("a signal does not end a wait") {
    handled = 0;
    signal(SIGALRM, SIG_IGN);  // of one that comes late, when this is over
    const Handling alarm(SIGALRM, note_place);
    const itimerval often{{0, 200}, {0, 200}}, never{};
    setitimer(ITIMER_REAL, &often, nullptr);
    const auto start = weft::clock::now();
    weft::sleep_for(20ms);
    CHECK(weft::clock::now() >= start + 20ms);
    const test::Ends ends = test::Ends::pipe();
    std::thread other([&] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, nullptr);
        for (const int seen = handled; handled < seen + 5;) std::this_thread::yield();
        ends.put('x');
    });
    weft::wait_readable(ends.reads());
    CHECK(ends.get() == 'x');
    setitimer(ITIMER_REAL, &never, nullptr);
    other.join();
    CHECK(handled >= 5);
}

TEST_CASE("helper threads take no signals from the program") {
    CHECK(weft::offload([] {
        sigset_t now;
        pthread_sigmask(SIG_BLOCK, nullptr, &now);
        return sigismember(&now, SIGTERM) == 1 && sigismember(&now, SIGCHLD) == 1;
    }));
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, nullptr, &now);
    CHECK(sigismember(&now, SIGTERM) == 0);
}
