// SPDX-License-Identifier: BSL-1.0
// Calls that block, on helper threads.
#include <weft/weft.hpp>

#include <poll.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "descriptors.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::thrown_by;
using test::Trace;

namespace {

/// Held shut for calls to wait at, and opened by their test.
class Gate {
 public:
    void open() { promise_.set_value(); }
    auto pass() const {
        return [future = future_] { future.wait(); };
    }

 private:
    std::promise<void> promise_;
    std::shared_future<void> future_ = promise_.get_future().share();
};

}  // namespace

TEST_CASE("offload gives what the call returns from another thread") {
    const auto here = std::this_thread::get_id();
    CHECK(weft::offload([] { return std::this_thread::get_id(); }) != here);
    CHECK(weft::offload([text = std::string("move ")]() mutable { return std::move(text) + "only"; }) ==
          "move only");
    int there = 0;
    int& same = weft::offload([&there]() -> int& { return there; });
    CHECK(&same == &there);
    weft::offload([&there] { there = 7; });
    CHECK(there == 7);
    const auto moved = weft::offload([p = std::make_unique<int>(3)]() mutable { return std::move(p); });
    CHECK(*moved == 3);
}

TEST_CASE("offload throws what the call throws") {
    CHECK(thrown_by<std::runtime_error>([] {
              weft::offload([]() -> int { throw std::runtime_error("on purpose"); });
          }) == "on purpose");
    CHECK_THROWS_AS(weft::offload([] { throw 7; }), int);
}

TEST_CASE("only the fiber that offloads waits") {
    Gate gate;
    Trace trace;
    weft::scope fibers;
    auto caller = fibers.spawn([&] {
        weft::offload(gate.pass());
        trace("called");
    });
    fibers.spawn([&] {
        for (int i = 0; i < 3; ++i) {
            trace(i);
            weft::yield();
        }
        gate.open();
    });
    caller.join();
    CHECK(trace.text() == "0, 1, 2, called");
}

TEST_CASE("many calls are made by few threads") {
    const std::size_t calls = static_cast<std::size_t>(test::many(200, 200)), most = 16;
    std::mutex lock;
    std::condition_variable more;
    std::set<std::thread::id> threads;  // that have made calls
    weft::scope fibers;
    std::vector<weft::fiber<std::size_t>> results;
    for (std::size_t i = 0; i < calls; ++i)
        results.push_back(fibers.spawn([&, i] {
            return weft::offload([&, i] {
                std::unique_lock hold(lock);
                threads.insert(std::this_thread::get_id());
                more.notify_all();
                more.wait(hold, [&] { return threads.size() >= most; });  // so none makes two before
                return i;
            });
        }));
    for (std::size_t i = 0; i < calls; ++i) CHECK(results[i].join() == i);
    CHECK(threads.size() == most);
}

TEST_CASE("a cancelled fiber leaves at once and the call finishes and its result is dropped") {
    Gate gate;
    auto result = std::make_shared<int>(7);
    std::weak_ptr<int> left = result;
    std::promise<void> over;
    weft::scope fibers;
    auto caller = fibers.spawn([&] {
        weft::offload([wait = gate.pass(), result = std::move(result), &over] {
            wait();
            over.set_value();
            return result;
        });
    });
    weft::yield();
    caller.cancel();
    CHECK_THROWS_AS(caller.join(), weft::no_result);
    CHECK(left.lock());
    gate.open();
    over.get_future().wait();
    while (left.lock()) std::this_thread::yield();
}

TEST_CASE("a deadline that passes ends the wait and the call finishes") {
    weft::virtual_clock clock;
    Gate gate;
    std::promise<void> over;
    {
        weft::deadline limit(1h);
        CHECK_THROWS_AS(weft::offload([&, wait = gate.pass()] {
                            wait();
                            over.set_value();
                        }),
                        weft::timed_out);
    }
    gate.open();
    over.get_future().wait();
    CHECK(weft::offload([] { return 1; }) == 1);
}

TEST_CASE("a call that was over before its fiber was cancelled leaves nothing behind") {
    std::thread([] {
        Gate gate;
        weft::scope fibers;
        auto call = fibers.spawn([&] { weft::offload(gate.pass()); });
        pollfd host{weft::this_thread().fd(), POLLIN, 0};
        weft::yield();
        CHECK(poll(&host, 1, 0) == 0);
        gate.open();
        CHECK(poll(&host, 1, 10000) == 1);  // it has come, and nobody has looked
        call.cancel();
        CHECK_THROWS_AS(call.join(), weft::no_result);
        weft::channel<int> never;
        CHECK_THROWS_AS((void)never.receiver.receive(), weft::deadlock);
        CHECK(poll(&host, 1, 0) == 0);
    }).join();
}

TEST_CASE("a cancelled fiber makes no call") {
    bool called = false;
    weft::scope fibers;
    auto caller = fibers.spawn([&] {
        try {
            weft::yield();
        } catch (const weft::cancelled&) {
            weft::offload([&] { called = true; });
        }
    });
    weft::yield();
    caller.cancel();
    CHECK_THROWS_AS(caller.join(), weft::no_result);
    CHECK(!called);
}

TEST_CASE("a host is woken when a call is over") {
    Gate gate;
    weft::scope fibers;
    auto caller = fibers.spawn([&] { return weft::offload([wait = gate.pass()] { return wait(), 5; }); });
    pollfd host{weft::this_thread().fd(), POLLIN, 0};
    weft::this_thread().run_ready();
    CHECK(poll(&host, 1, 0) == 0);
    gate.open();
    while (!caller.done()) {
        CHECK(poll(&host, 1, 10000) == 1);
        weft::this_thread().run_ready();
    }
    CHECK(caller.join() == 5);
    CHECK(poll(&host, 1, 0) == 0);
}

TEST_CASE("reports say that a fiber waits for a call") {
    Gate gate;
    weft::scope fibers;
    fibers.spawn([&] { weft::offload(gate.pass(), {"here.cpp", 3}); });
    weft::yield();
    const auto all = weft::this_thread().fibers();
    CHECK(all.at(1).waits == "for a call on a helper thread");
    CHECK(all.at(1).waiting_at.line == 3);
    gate.open();
    fibers.join();
}

TEST_CASE("threads may offload at the same time and end while a call goes on") {
    Gate gate;
    std::promise<void> over;
    std::vector<std::thread> threads;
    std::atomic<int> sum = 0;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            weft::scope fibers;
            for (int n = 0; n < 20; ++n) fibers.spawn([&, i] { sum += weft::offload([i] { return i; }); });
            fibers.join();
        });
    threads.emplace_back([&] {
        weft::scope fibers;
        auto caller = fibers.spawn([&] {
            weft::offload([wait = gate.pass(), &over] {
                wait();
                over.set_value();
            });
        });
        weft::yield();
        fibers.cancel();
    });
    for (std::thread& t : threads) t.join();
    CHECK(sum == 20 * (0 + 1 + 2 + 3));
    gate.open();
    over.get_future().wait();
}

TEST_CASE("where no descriptors are to be had offload fails before the call") {
    if (!test::can_be_scarce) return;
    std::thread([] {
        const test::ScarceDescriptors none;
        bool called = false;
        CHECK_THROWS_AS(weft::offload([&] { called = true; }), std::system_error);
        CHECK(!called);
    }).join();
}
