// SPDX-License-Identifier: BSL-1.0
// Time that does not pass by itself: for tests of timeouts.
#pragma once

#include <weft/clock.hpp>
#include <weft/export.hpp>

namespace weft {

namespace detail {
class scheduler_core;
}

/// While it lives, the thread's waits go by its time: it stands still while any fiber is ready, and jumps
/// to the next timer when none is. A test of an hour's timeout takes no time and always the same course.
/// After Trio's autojump clock.
///
/// What comes from outside, through descriptors and from other threads, takes the time that it takes: it is
/// looked for before time jumps, and waited for only where no timer is armed.
///
/// Timers that are armed when it begins or ends keep their time points. Clocks may nest; the innermost
/// counts.
class WEFT_API virtual_clock {
 public:
    /// Starts at the time it is, so that time points made from clock::now() keep their sense.
    virtual_clock();
    ~virtual_clock();
    virtual_clock(const virtual_clock&) = delete;
    virtual_clock& operator=(const virtual_clock&) = delete;

    clock::time_point now() const noexcept { return now_; }
    /// Lets `length` pass. Timers that are due then fire when the thread next waits or yields.
    void advance(clock::duration length) noexcept;

 private:
    detail::scheduler_core& scheduler_;
    clock::time_point now_;
    clock::time_point* before_;
};

}  // namespace weft
