// SPDX-License-Identifier: BSL-1.0
// Giving way, and letting time pass.
#pragma once

#include <weft/clock.hpp>
#include <weft/scheduler_core.hpp>

namespace weft {

/// Lets every fiber that is ready run once, then goes on. Returns at once if there is none.
///
/// Throws `cancelled` in a cancelled fiber and `timed_out` in a deadline that has passed, unless an exception
/// is in flight there; then it returns.
inline void yield(place at = place::here()) {
    auto& s = detail::core_here();
    auto& me = *s.current;
    if (const auto why = me.refusal(); why != detail::outcome::done) [[unlikely]]
        return s.raise(why, false);
    me.wait_at(at);
    if (auto* n = s.give_way(); n && n != &me) detail::jump(s, me, *n);
    if (const auto why = me.refusal(); why != detail::outcome::done) [[unlikely]]
        s.raise(why, false);
}

/// Parks until `when`. A time that has passed is one yield(). Plain code lets the fibers run meanwhile, and
/// the thread sleeps when there is nothing else to do.
///
/// Throws `cancelled` in a cancelled fiber and `timed_out` in a deadline that has passed, unless an exception
/// is in flight there; then it returns.
WEFT_API void sleep_until(clock::time_point when, place at = place::here());

/// Parks for `length`. Zero or less is one yield().
WEFT_API void sleep_for(clock::duration length, place at = place::here());

}  // namespace weft
