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
/// of a scope) lets the fibers run meanwhile. A host with a loop of its own waits for fd() among its other
/// descriptors, and calls run_ready() whenever it is readable:
///
///     pollfd host[] = {{weft::this_thread().fd(), POLLIN, 0}, /* the host's own */};
///     while (poll(host, n, -1) > 0) {
///         if (host[0].revents) weft::this_thread().run_ready();
///         /* ... */
///     }
///
/// In the host's callbacks a wait blocks the host, as any blocking call does, and runs the fibers meanwhile.
/// What must not block there uses try_send(), a consumer or an inbox to feed fibers.
///
/// Only for its own thread; in another one all of this throws std::logic_error. There an inbox is how to reach it.
class scheduler : private detail::scheduler_core {
 public:
    /// One round: every fiber that is ready at entry runs once, and whatever it hands over to; due timers
    /// wake their fibers first. Never waits. True: call again, somebody is ready.
    ///
    /// Called in a fiber it is one yield(), so a host's loop nested in a fiber goes on. Like that it throws
    /// `cancelled` in a cancelled fiber and `timed_out` after a deadline, at once and for good: then let the
    /// loop end. Never throws `deadlock`.
    WEFT_API bool run_ready(place at = place::here());

    /// A descriptor for the host's loop: readable exactly while run_ready() has something to do, since a fiber
    /// is ready, a timer is due, a descriptor that a fiber waits for is ready, or another thread wakes one. It
    /// stays so until that is done (level-triggered). The same each time, open for as long as the thread's
    /// scheduler lives, and the scheduler's: do nothing but wait for it. While fibers wait for descriptors it
    /// is readable a few times a second besides, so that one that was closed is found out.
    ///
    /// From the first call on, waits outside of run_ready() cost more. Throws std::system_error if no
    /// descriptors can be had. As libuv's backend descriptor and sd-bus'.
    WEFT_API int fd();

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
