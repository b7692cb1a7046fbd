// SPDX-License-Identifier: BSL-1.0
// A thread ends, and fibers and ends of streams are still there. Written down in runtime/README.md.
#include <weft/weft.hpp>

#include <pthread.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "descriptors.hpp"
#include "support.hpp"
#include "tools.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::Counted;
using test::Trace;

namespace {

Trace* trace = nullptr;

/// Waits for what never comes, and tells how that ended.
void wait_for_ever() {
    weft::channel<int> never;
    try {
        (void)never.receiver.receive();
    } catch (const weft::cancelled&) {
        (*trace)("cancelled");
        throw;
    }
}

/// Does something with fibers when it is destroyed.
struct at_end {
    bool armed = false;
    std::optional<weft::scope> fibers;
    std::optional<weft::channel<Counted>> items;
    ~at_end() {
        if (!armed) return;
        (*trace)("end");
        weft::scope more;
        auto seven = more.spawn([] {
            weft::yield();
            return 7;
        });
        CHECK(seven.join() == 7);
        if (items) CHECK(items->receiver.receive()->value == 1);
        fibers.reset();
        (*trace)("over");
    }
};

thread_local at_end holder;

}  // namespace

TEST_CASE("a thread_local scope ends with its thread and cancels its fibers") {
    Trace told;
    trace = &told;
    std::thread([] {
        thread_local weft::scope its_own;
        its_own.spawn(wait_for_ever);
        weft::yield();
    }).join();
    CHECK(told.text() == "cancelled");
}

TEST_CASE(
    "thread_local objects made before the first use of weft may hold its objects and use it at their end") {
    AllGone all;
    Trace told;
    trace = &told;
    const int before = test::descriptors();
    std::thread([] {
        holder.armed = true;  // it is made before, and so destroyed after, all else
        holder.items.emplace(1);
        holder.items->sender(Counted(1));
        holder.fibers.emplace().spawn(wait_for_ever);
        weft::yield();
    }).join();
    CHECK(told.text() == "end, cancelled, over");
    CHECK(test::descriptors() == before);
}

TEST_CASE("a destructor may be the first in its thread to use weft") {
    Trace told;
    trace = &told;
    const auto once = [] { std::thread([] { holder.armed = true; }).join(); };
    for (int i = 0; i < 3; ++i) once();
    const std::size_t reserved = test::reserved_bytes();
    for (int i = 0; i < 20; ++i) once();
    CHECK(test::contains(told.text(), "end, over, end, over"));
    if (test::watched()) return;  // tools keep memory of their own
    CHECK(test::reserved_bytes() <= reserved + (1 << 20));
}

TEST_CASE("pthread_exit in plain code unwinds its scopes") {
    Trace told;
    trace = &told;
    std::thread([] {
        weft::scope fibers;
        fibers.spawn(wait_for_ever);
        weft::yield();
        pthread_exit(nullptr);
    }).join();
    CHECK(told.text() == "cancelled");
}

TEST_CASE("fibers of a scope that was leaked stay parked for ever when their thread ends") {
    static auto& leaked = *new std::vector<weft::scope*>;  // within reach, for tools that look for leaks
    Trace told;
    trace = &told;
    weft::fiber<void> parked;
    std::thread([&] {
        leaked.push_back(new weft::scope);
        parked = leaked.back()->spawn(wait_for_ever);
        leaked.back()->spawn([] { weft::sleep_for(1ms); });
        weft::yield();
    }).join();
    CHECK(told.text() == "");
    CHECK(!parked.done());
    CHECK_THROWS_AS(parked.join(), std::logic_error);
}

TEST_CASE("who posts to an inbox that was leaked is refused when its thread ends") {
    static auto& leaked = *new std::vector<weft::inbox<int>*>;
    weft::poster<int> to;
    std::optional<std::thread> other;
    std::thread([&] {
        leaked.push_back(new weft::inbox<int>(1));
        to = leaked.back()->poster();
        CHECK(to.post(1));
        other.emplace([&] { CHECK(!to.post(2)); });  // most often it waits already when the thread ends
    }).join();
    other->join();
    CHECK(to.is_closed());
    CHECK(!to.post(3));
}
