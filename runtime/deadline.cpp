// SPDX-License-Identifier: BSL-1.0
// A deadline arms one timer, for as long as it lives: a wait in it costs nothing more.
//
// - A record counts the deadlines that have passed and are still there (`expired`); while there is one,
//   whatever waits is refused. So that no hand-over passes unseen, the thread is alarmed meanwhile.
#include <weft/deadline.hpp>

namespace weft {

deadline::deadline(clock::duration length) : deadline(detail::core_here().later(length)) {}

deadline::deadline(clock::time_point when) : who_(*detail::core_here().current) {
    detail::scheduler_core& s = *who_.owner;
    who_.hold();
    timer_.of = this;
    timer_.when = when;
    timer_.fire = [](detail::timer& t) noexcept { static_cast<passing&>(t).of->pass(); };
    if (when <= s.now())
        pass();
    else
        s.timers.add(timer_);
    s.time_changed();
}

void deadline::pass() noexcept {
    passed_ = true;
    ++who_.expired;
    who_.owner->alarm();
    who_.owner->wake_with(who_, detail::outcome::timed_out);
}

deadline::~deadline() {
    detail::scheduler_core& s = *who_.owner;
    if (&s != detail::this_core) detail::die("weft: a deadline is destroyed in another thread than its own");
    if (passed_) {
        --who_.expired;
        s.calm();
    } else {
        s.timers.remove(timer_);
    }
    s.time_changed();
    who_.release();
}

}  // namespace weft
