// SPDX-License-Identifier: BSL-1.0
// The timers of a host that has no library for that.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <utility>

#include <weft/clock.hpp>

namespace test {

/// What a host is going to call, and when.
class Callbacks {
 public:
    void after(std::chrono::milliseconds length, std::function<void()> call) {
        calls_.emplace(weft::clock::now() + length, std::move(call));
    }
    /// For poll() and epoll_wait(): milliseconds until the first; -1 without one.
    int timeout() const {
        if (calls_.empty()) return -1;
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(calls_.begin()->first - weft::clock::now());
        return std::max(0, static_cast<int>(left.count()));
    }
    void call_due() {
        while (!calls_.empty() && calls_.begin()->first <= weft::clock::now())
            calls_.extract(calls_.begin()).mapped()();
    }

 private:
    std::multimap<weft::clock::time_point, std::function<void()>> calls_;
};

}  // namespace test
