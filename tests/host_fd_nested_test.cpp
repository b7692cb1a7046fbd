// SPDX-License-Identifier: BSL-1.0
// The descriptor that tells a host's loop when run_ready has something to do, where that loop runs in a fiber.
#include <weft/weft.hpp>

#include <chrono>
#include <thread>

#include "hosting.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::host_until;
using test::readable;
using test::Trace;

TEST_CASE("a host's loop nested in a fiber sees what the others have to do") {
    weft::channel<int> c;
    weft::scope fibers;
    Trace trace;
    bool quit = false;
    auto modal = fibers.spawn([&] {
        while (!quit) {
            CHECK(readable(10s));
            weft::this_thread().run_ready();
        }
        trace("modal ends");
    });
    fibers.spawn([&] {
        for (int n : c.receiver) trace("got", n);
    });
    fibers.spawn([&] {
        c.sender(1);
        weft::sleep_for(1ms);
        c.sender(2);
        c.sender.close();
        weft::sleep_for(1ms);
        quit = true;
    });
    host_until([&] { return modal.done(); });
    CHECK(trace.text() == "got 1, got 2, modal ends");
    CHECK(!readable());
}

TEST_CASE("a callback of a nested host that waits leaves the descriptor as it should be") {
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int n : c.receiver) (void)n;
    });
    auto modal = fibers.spawn([&] {
        weft::this_thread().run_ready();
        CHECK(!readable());
        c.sender(1);
        CHECK(!readable());
        fibers.spawn([] {});
        CHECK(readable());
        weft::yield();
        CHECK(!readable());
    });
    modal.join();
    CHECK(!readable());
}

TEST_CASE("a fiber that asks for the descriptor and waits before its first round sees what there is to do") {
    weft::channel<int> gate;
    weft::scope fibers;
    auto modal = fibers.spawn([&] {
        weft::this_thread().fd();
        weft::yield();
        CHECK(!readable());
        auto other = fibers.spawn([&] { (void)gate.receiver.receive(); });
        CHECK(readable());
        weft::yield();
        CHECK(!readable());
        gate.sender(1);
        CHECK(readable());
        other.join();
        CHECK(!readable());
    });
    modal.join();
}

TEST_CASE("the descriptor that a fiber was the first to ask for serves plain code as well") {
    std::thread([] {
        weft::channel<int> c;
        weft::scope fibers;
        fibers.spawn([] { CHECK(!readable()); }).join();
        fibers.spawn([&] {
            for (int n : c.receiver) (void)n;
        });
        CHECK(readable());
        weft::yield();
        CHECK(!readable());
        c.sender(1);
        CHECK(!readable());
        c.sender.close();
        CHECK(readable());
        weft::yield();
        CHECK(!readable());
    }).join();
}
