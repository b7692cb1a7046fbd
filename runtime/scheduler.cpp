// SPDX-License-Identifier: BSL-1.0
// Choosing who runs, and running it.
#include <weft/scheduler.hpp>

#include <weft/reactor.hpp>

#include <cerrno>
#include <thread>

namespace weft::detail {

// A fresh record for which there is no stack. True: it runs on the reserve, to fail there; false: it waits
// for the reserve.
bool scheduler_core::doom(record& r) noexcept {
    r.doomed = true;
    if (reserve_busy_) {
        r.next = nullptr;
        *starved_end_ = &r;
        starved_end_ = &r.next;
        return false;
    }
    reserve_busy_ = true;
    reserve_->runs = &r;
    r.on = reserve_;
    r.context = reserve_->context;
    return true;
}

// Gives a fresh record a stack.
inline bool scheduler_core::equip(record& r) noexcept {
    // Not through r for the common pool, so that the processor need not wait for r to find the worker.
    worker* w = r.pool == default_pool_ ? default_pool_->take() : r.pool->take();
    if (!w) [[unlikely]]
        return doom(r);
    r.on = w;
    w->runs = &r;
    r.context = w->context;
    set_control_words(r.context, r.words);
    return true;
}

// Timers are looked at no less often than every so many hand-overs, or turns of the queue.
void scheduler_core::look_at_timers() noexcept {
    until_timers_ -= 1 + (budget < 0 ? hand_overs : hand_overs - budget);
    if (until_timers_ >= 0) return;
    until_timers_ = hand_overs;
    fire_due_timers();
}

// The one that runs next, while something is odd.
void scheduler_core::look_at(const record& n) noexcept {
    budget = 0;
    hand_overs_looked_at_ = 0;
    if (watchers) note_running(n);
    if (n.hosts) outside_->tell_host();
}

inline record* scheduler_core::pick() noexcept {
    if (!timers.empty()) [[unlikely]]
        look_at_timers();
    while (!ready) [[unlikely]]
        idle();
    record* n = ready;
    ready = n->next;
    if (ready) __builtin_prefetch(ready->context);
    budget = hand_overs;
    if (odd) [[unlikely]]
        look_at(*n);
    return n;
}

// The current record stops running, while something is odd.
inline void scheduler_core::look_back() noexcept {
    rings = false;
    if (current->watches) tell_watches(*current, nullptr);
}

record* scheduler_core::next() noexcept {
    if (odd) [[unlikely]]
        look_back();
    for (;;) {
        record* n = pick();
        if (n->context || n == current || equip(*n)) return n;
    }
}

record* scheduler_core::hand_over_slow(record& to) noexcept {
    if (odd) look_back();
    // While something is odd every hand-over comes by here, but is one all the same.
    if (odd ? ++hand_overs_looked_at_ < hand_overs : again()) {
        if (watchers) [[unlikely]]
            note_running(to);
        to.state = fiber_state::running;
        if (to.hosts) [[unlikely]]
            outside_->tell_host();
        return &to;
    }
    unpark(to);
    return next();
}

bool scheduler_core::again() noexcept {
    if (ready || odd) return false;
    if (!timers.empty()) fire_due_timers();
    if (ready) return false;
    budget = hand_overs - 1;
    return true;
}

record* scheduler_core::give_way() noexcept {
    if (!ready) {
        fire_due_timers();
        if (!ready) return nullptr;
    }
    unpark(*current);
    return next();
}

bool scheduler_core::wake_with(record& r, outcome why) noexcept {
    if (r.state != fiber_state::waiting) return false;
    r.where->leave(r);
    r.item = nullptr;
    r.result = why;
    unpark(r);
    return true;
}

void scheduler_core::cancel(record& r) noexcept {
    if (r.cancelled || r.state == fiber_state::done) return;
    r.cancelled = true;
    alarm();
    // A lender stays until its borrower is done: if that is a fiber of its own, it is told as well.
    if (!wake_with(r, outcome::cancelled) && r.state == fiber_state::lent && r.scopes) cancel_scopes_of(r);
}

void scheduler_core::watch_failure(failure_watch& watch) noexcept {
    watch.next_watch = current->watches;
    current->watches = &watch;
    alarm();
}

void scheduler_core::tell_watches(record& r, const std::exception_ptr& failure) noexcept {
    while (failure_watch* watch = r.watches) {
        r.watches = watch->next_watch;
        calm();
        watch->learn(failure, r);
    }
}

// Nobody is ready: let time pass, or somebody must be told that it never will.
void scheduler_core::idle() noexcept {
    const clock::time_point then = first_timer();
    const bool timed = then != clock::time_point::max();  // a time at the end of the clock never comes
    const bool hopeful = outside_ && outside_->hopeful();
    const bool jumps = virtual_now && timed;  // which it does not while something from outside is there
    if (outside_ && (jumps || (!timed && !hopeful))) {
        outside_->look();
        if (ready) return;
    }
    if (!timed && !hopeful) return stuck();
    if (jumps) {
        if (*virtual_now < then) *virtual_now = then;
    } else if (outside_) {
        outside_->wait(then);
    } else if (then > clock::now()) {
        std::this_thread::sleep_until(then);
    }
    run_timers();
}

void scheduler_core::run_timers() noexcept {
    if (timers.empty()) return;
    const clock::time_point at = now();
    while (!timers.empty() && timers.first().when <= at) {
        auto& due = const_cast<timer&>(timers.first());
        timers.remove(due);
        due.fire(due);
    }
}

// While something may come from outside there is a timer, if only the one that never fires.
void scheduler_core::fire_due_timers() noexcept {
    if (timers.empty()) return;
    run_timers();
    if (outside_ && outside_->hopeful()) outside_->look();
}

clock::time_point scheduler_core::now() const noexcept { return virtual_now ? *virtual_now : clock::now(); }

clock::time_point scheduler_core::later(clock::duration length) const noexcept {
    const clock::time_point at = now();
    return length < clock::time_point::max() - at ? at + length : clock::time_point::max();
}

void scheduler_core::jump_carefully(record& me, record& to) noexcept {
    const exception_state kept = *exceptions;
    *exceptions = {};
    const int error = *errno_here;
    current = &to;
    if (announced) {
        leaving = &me.on->bounds;
        announce_leaving(me.on->bounds, to.on->bounds, false);
    }
    const transfer from = raw_jump(jump_to, to.context, &me);
    *static_cast<void**>(from.word) = from.context;
    if (announced) announce_arrival(me.on->bounds, *leaving);
    *errno_here = error;
    *exceptions = kept;
}

// A worker has nothing to run.
inline void scheduler_core::rest(worker& w) noexcept {
    if (&w == reserve_) [[unlikely]]
        return;
    if (w.pool->put(&w) && !announced) [[unlikely]]
        w.pool->trim(w.pool->drop());
}

void scheduler_core::free_reserve() noexcept {
    reserve_->runs = nullptr;
    reserve_busy_ = false;
    if (record* r = starved_) {
        starved_ = r->next;
        if (!starved_) starved_end_ = &starved_;
        unpark(*r);
    }
}

// The loop of a worker: one fiber after the other. A fresh fiber whose stack may be this one is run
// without a switch.
void scheduler_core::work(worker& w) noexcept {
    for (;;) {
        record& r = *current;
        *errno_here = 0;
        r.function->run(r);
        finish(r);
        current = nullptr;  // r may be no more
        if (&w == reserve_) [[unlikely]]
            free_reserve();
        record* n;
        for (;;) {
            n = pick();
            if (n->context) break;
            if (n->pool == w.pool && &w != reserve_) break;
            if (equip(*n)) break;
        }
        if (!n->context || n->on == &w) {  // the latter is doomed to run on the reserve, which this is
            current = w.runs = n;
            n->context = nullptr;
            n->on = &w;
            write_control_words(n->words);
            continue;
        }
        rest(w);
        current = n;
        if (announced) {
            leaving = &w.bounds;
            announce_leaving(w.bounds, n->on->bounds, false);
        }
        const transfer from = raw_jump(jump_to, n->context, &w);
        *static_cast<void**>(from.word) = from.context;
        if (announced) announce_arrival(w.bounds, *leaving);
        if (!current) break;
    }
    // The pool wants the stack back, and a sanitizer must see the last of it.
    current = &plain;
    leaving = &w.bounds;
    announce_leaving(w.bounds, plain_worker_.bounds, true);
    raw_jump(jump_to, plain.context, &w);
    __builtin_trap();
}

// Only plain code does this, when the thread ends.
void scheduler_core::end_worker(worker& w) noexcept {
    current = nullptr;
    leaving = &plain_worker_.bounds;
    announce_leaving(plain_worker_.bounds, w.bounds, false);
    const transfer from = raw_jump(jump_to, w.context, &plain);
    *static_cast<void**>(from.word) = from.context;
    announce_arrival(plain_worker_.bounds, *leaving);
    withdraw_stack(w.bounds);
}

void worker_main(transfer from) noexcept {
    *static_cast<void**>(from.word) = from.context;
    scheduler_core& s = *this_core;
    worker& w = *s.current->on;
    w.started = true;
    if (s.announced) announce_arrival(w.bounds, *s.leaving);
    s.work(w);
}

}  // namespace weft::detail
