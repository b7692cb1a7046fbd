// SPDX-License-Identifier: BSL-1.0
// What the destructor of a scope waits for: that all its fibers are parked, and a further round of the thread wakes none
// of them; then it cancels them and waits for their end.
//
// - A round is one turn of the queue. The scope watches it: whenever a fiber runs, the closing scopes around
//   it note when (`ran_`), from the inside out up to one that has noted it since the last watch began, or
//   lies further out than any that watches. Each scope remembers the next closing one around it for as long
//   as none begins or ceases to be one (`closings`). So a run costs the same however many scopes close and
//   however deep they lie.
// - A scope in which others close waits for those first, without turns of its own: for their fibers are its
//   own.
#include <weft/scope.hpp>

#include <utility>

namespace weft::detail {

// The next closing scope, beginning with `at`.
scope_core* scope_core::closing_from(scope_core* at) noexcept {
    scope_core* known = at;
    while (known && !known->closing_ && known->known_at_ != known->owner_->closings) known = known->around();
    scope_core* found = !known || known->closing_ ? known : known->closing_around_;
    for (; at != known; at = at->around()) {
        at->closing_around_ = found;
        at->known_at_ = at->owner_->closings;
    }
    return found;
}

void note_running(const record& r) noexcept {
    scheduler_core& s = *r.owner;
    ++s.runs;
    for (scope_core* at = scope_core::closing_from(r.scope);
         at && at->depth_ >= s.watched_depth && at->ran_ <= s.last_watch;
         at = scope_core::closing_from(at->around()))
        at->ran_ = s.runs;
}

// Looks at so many of those who are ready, and no more, or many scopes that close would make a long queue
// slow.
scope_core::round scope_core::ready_ones() const noexcept {
    int looked_at = 0;
    for (const record* r = owner_->ready; r; r = r->next) {
        if (contains(*r)) return round::stirred;
        if (++looked_at == hand_overs) return round::silent;
    }
    return round::still;
}

void scope_core::begin_watch() noexcept {
    scheduler_core& s = *owner_;
    if (!s.watchers || depth_ < s.watched_depth) s.watched_depth = depth_;
    s.last_watch = s.runs;
    watch_before_ = nullptr;
    watch_after_ = s.watchers;
    if (watch_after_) watch_after_->watch_before_ = this;
    s.watchers = this;
    s.alarm();
}

// Where many watch, the depth is not made exact again: it is only there to save steps.
void scope_core::end_watch() noexcept {
    scheduler_core& s = *owner_;
    s.calm();
    (watch_before_ ? watch_before_->watch_after_ : s.watchers) = watch_after_;
    if (watch_after_) watch_after_->watch_before_ = watch_before_;
    unsigned outermost = depth_;
    int looked_at = 0;
    for (const scope_core* w = s.watchers; w; w = w->watch_after_) {
        if (++looked_at == hand_overs) return;
        outermost = looked_at == 1 || w->depth_ < outermost ? w->depth_ : outermost;
    }
    s.watched_depth = outermost;
}

// One turn of the queue, in which every hand-over must be seen.
scope_core::round scope_core::watch_round() noexcept {
    scheduler_core& s = *owner_;
    record& me = *s.current;
    const std::uint64_t began = s.runs;
    begin_watch();
    record* n = s.give_way();
    if (n && n != &me) jump(s, me, *n);
    end_watch();
    if (!n) return round::still;  // nobody at all is ready
    return ran_ > began ? round::stirred : ready_ones();
}

// Until all fibers are parked, and a further round has woken none of them. One that was woken behind too many
// others to be seen runs in the round after.
void scope_core::wait_for_quiet() noexcept {
    record& me = *owner_->current;
    lets_wait_ = closing_from(me.scope);
    closing_ = true;
    ++owner_->closings;
    if (lets_wait_) ++lets_wait_->closing_inside_;
    for (int silent = 0; eldest_ && !me.cancelled && silent < 2;) {
        if (closing_inside_) {
            inner_wait_.push_back(me);
            me.where = this;
            me.wait_at({});
            me.state = fiber_state::waiting;
            if (record* n = owner_->next(); n != &me) jump(*owner_, me, *n);
            continue;
        }
        const round r = watch_round();
        if (r == round::still) break;
        silent = r == round::silent ? silent + 1 : 0;
    }
    closing_ = false;
    ++owner_->closings;
    if (closing_inside_)  // this was cancelled, and may be gone before they are quiet
        for (scope_core* s = owner_->scopes; s; s = s->later_)
            if (s->lets_wait_ == this) s->lets_wait_ = nullptr;
    closing_inside_ = 0;
    scope_core* outer = std::exchange(lets_wait_, nullptr);
    if (!outer || --outer->closing_inside_ || outer->inner_wait_.empty()) return;
    record& waits = *outer->inner_wait_.first()->who;
    waits.queue.unlink();
    owner_->unpark(waits);
}

void scope_core::close() noexcept {
    scheduler_core& s = *owner_;
    record& me = *s.current;
    if (contains(me))
        die("weft: a fiber destroys its own scope or generator; let the code that made it do that");
    const bool unwinding = s.exceptions->uncaught > (me.id == made_in_ ? in_flight_ : 0);
    destroyer_ = &me;
    if (!unwinding) wait_for_quiet();
    cancel();
    if (!eldest_) return;
    closer_ = &me;
    me.where = this;
    me.wait_at({});
    me.state = fiber_state::fixed;
    if (record* n = s.next(); n != &me) jump(s, me, *n);
}

}  // namespace weft::detail
