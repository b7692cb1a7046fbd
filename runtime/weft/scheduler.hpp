// SPDX-License-Identifier: BSL-1.0
// The thread's scheduler, as a host that owns the loop sees it.
#pragma once

#include <optional>
#include <vector>

#include <weft/report.hpp>
#include <weft/scheduler_core.hpp>

namespace weft {

/// Runs the fibers of one thread. Made at the thread's first use of weft; the main thread's is never
/// destroyed.
///
/// Nothing here need be called: plain code that waits (in a loop over a receiver, in join, in a destructor
/// of a scope) lets the fibers run meanwhile. A host with a loop of its own calls run_ready() between
/// other things.
class scheduler : private detail::scheduler_core {
 public:
    /// One round: every fiber that is ready at entry runs once, and whatever it hands over to; due timers
    /// wake their fibers first. Never waits. True: call again, somebody is ready.
    ///
    /// Called in a fiber it is one yield(), so a host's loop nested in a fiber goes on; then it throws
    /// `cancelled` if that fiber was cancelled. Never throws `deadlock`.
    WEFT_API bool run_ready(place at = place::here());

    /// When run_ready() will have something to do: the time of the first timer, `now` or earlier if a
    /// fiber is ready, nothing if no timer is armed. Round up when converting it to a coarser unit.
    WEFT_API std::optional<clock::time_point> next_deadline() const;

    /// What every fiber of the thread is doing, plain code first, then by scope and in the order of
    /// spawning.
    WEFT_API std::vector<fiber_info> fibers() const;

 private:
    friend scheduler& this_thread();
    friend detail::scheduler_core& detail::make_core();
    scheduler() = default;
};

/// The calling thread's scheduler.
inline scheduler& this_thread() { return static_cast<scheduler&>(detail::core_here()); }

}  // namespace weft
