// SPDX-License-Identifier: BSL-1.0
// Fibers in a loop on poll(2).
#pragma once

#include <poll.h>

#include <weft/scheduler.hpp>

/// Lets the thread's fibers run in a loop on poll(2).
struct poll_guest {
    /// What the host adds to its descriptors. Without it the fibers stand still.
    static pollfd entry() { return {weft::this_thread().fd(), POLLIN, 0}; }
    /// After each poll(). Throws as run_ready() does.
    static void run(const pollfd& entry) {
        if (entry.revents != 0) weft::this_thread().run_ready();
    }
};
