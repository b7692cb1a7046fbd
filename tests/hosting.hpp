// SPDX-License-Identifier: BSL-1.0
// A host for tests: a loop that waits for weft's descriptor and for nothing else.
#pragma once

#include <weft/scheduler.hpp>

#include <poll.h>

#include <chrono>

#include <doctest/doctest.h>

namespace test {

/// Whether the descriptor is readable; waits for that, at most so long. Like a host, asks for it only once.
inline bool readable(std::chrono::milliseconds wait = std::chrono::milliseconds(0)) {
    thread_local const int descriptor = weft::this_thread().fd();
    pollfd host{descriptor, POLLIN, 0};
    return poll(&host, 1, static_cast<int>(wait.count())) == 1;
}

/// Runs the fibers until `done`; gives how often it woke.
template <class F>
int host_until(F&& done) {
    int wakes = 0;
    while (!done()) {
        CHECK(readable(std::chrono::seconds(10)));
        ++wakes;
        weft::this_thread().run_ready();
    }
    return wakes;
}

}  // namespace test
