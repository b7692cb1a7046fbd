// SPDX-License-Identifier: BSL-1.0
// Fibers in a loop that can wait for a time, but for no descriptor.
#pragma once

#include <algorithm>
#include <chrono>

#include <weft/scheduler.hpp>

/// How many milliseconds the host may wait before it calls run_ready() again, as poll(2) takes it; -1: for ever.
/// Rounded up: rounded down, the host would come too early, and then again and again.
inline int guest_timeout() {
    using std::chrono::milliseconds;
    const auto next = weft::this_thread().next_deadline();
    if (!next) return -1;
    const milliseconds left = std::chrono::ceil<milliseconds>(*next - weft::clock::now());
    return static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, 1 << 30));
}
