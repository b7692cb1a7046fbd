// SPDX-License-Identifier: BSL-1.0
// A host with a loop on poll(2).
#pragma once

#include <vector>

#include "../../demos/hosts/poll.hpp"
#include "callbacks.hpp"

namespace {

class Host {
 public:
    void attach() { entries_.push_back(poll_guest::entry()); }
    void detach() { entries_.clear(); }
    void after(std::chrono::milliseconds length, std::function<void()> call) {
        callbacks_.after(length, std::move(call));
    }
    void turn() {
        ++turns;
        poll(entries_.data(), entries_.size(), callbacks_.timeout());
        callbacks_.call_due();
        for (const pollfd& entry : std::vector(entries_)) poll_guest::run(entry);
    }
    template <class F>
    void run_nested(F&& done) {
        while (!done()) turn();
    }

    int turns = 0;

 private:
    std::vector<pollfd> entries_;
    test::Callbacks callbacks_;
};

}  // namespace
