// SPDX-License-Identifier: BSL-1.0
#include <weft/knock_wait.hpp>

#include <weft/reactor.hpp>

namespace weft::detail {

void knock_wait::begin(bool hopes) {
    scheduler_core& s = core_here();
    reactor_ = &s.outside();
    door_ = reactor_->entrance();
    who_ = s.current;
    hopes_ = hopes;
    if (hopes_) reactor_->hope();
    door_->want(*this);
}

void knock_wait::give_up() noexcept {
    if (door_->forget(*this) && hopes_) reactor_->give_up();
}

void knock_wait::come() noexcept {
    if (door_->forget(*this)) arrive();
}

outcome knock_wait::park(place at) noexcept {
    scheduler_core& s = *who_->owner;
    record& me = *who_;
    me.where = this;
    me.wait_at(at);
    me.state = fiber_state::waiting;
    if (record* n = s.next(); n != &me) jump(s, me, *n);
    return me.result;
}

void knock_wait::arrive() noexcept {
    if (hopes_) reactor_->give_up();
    who_->result = outcome::done;
    who_->owner->unpark(*who_);
}

void knock_wait::leave(record&) noexcept { give_up(); }

std::string knock_wait::describe(const record&) const { return what_; }

}  // namespace weft::detail
