// SPDX-License-Identifier: BSL-1.0
#include <weft/sleep.hpp>

namespace weft {

namespace {

// The waiting record of a sleeper: it lies in the sleeping call's frame.
class nap final : public detail::timer, public detail::waitable {
 public:
    nap(detail::scheduler_core& s, detail::record& who, clock::time_point until) : s_(s), who_(who) {
        when = until;
        fire = [](detail::timer& t) noexcept {
            auto& self = static_cast<nap&>(t);
            self.who_.result = detail::outcome::done;
            self.s_.unpark(self.who_);
        };
    }
    void leave(detail::record&) noexcept override { s_.timers.remove(*this); }
    std::string describe(const detail::record&) const override { return "in sleep"; }

 private:
    detail::scheduler_core& s_;
    detail::record& who_;
};

}  // namespace

void sleep_until(clock::time_point when, place at) {
    auto& s = detail::core_here();
    if (when <= s.now()) return yield(at);
    auto& me = *s.current;
    if (const auto why = me.refusal(); why != detail::outcome::done) return s.raise(why, false);
    nap rest(s, me, when);
    me.wait_at(at);
    me.where = &rest;
    me.state = detail::fiber_state::waiting;
    s.timers.add(rest);
    if (auto* n = s.next(); n != &me) detail::jump(s, me, *n);
    if (me.result != detail::outcome::done) s.raise(me.result, false);
}

void sleep_for(clock::duration length, place at) {
    if (length <= clock::duration::zero()) return yield(at);
    sleep_until(detail::core_here().later(length), at);
}

}  // namespace weft
