// SPDX-License-Identifier: BSL-1.0
// Entering and leaving the loops over a stream.
#include <weft/queues.hpp>

namespace weft::detail {

void stream_core::begin_loop(receiver_end& e, place at) {
    check_thread(owner);
    if (e.looping)
        throw_misuse("weft: this receiver has a loop already; one receiver has one loop at a time, so"
                     " clone() it for another");
    if (!e.open) link(receivers_, e);  // a closed one is listed only while it has a loop
    e.looping = true;
    e.begun = at;
    e.looper = owner->current;
    ++e.looper->loops;
    ++e.references;
}

// The loop is still there, and may have an item.
void stream_core::forget(const record& r) noexcept {
    for (receiver_end* e = receivers_; e; e = e->after) {
        if (e->looper != &r) continue;
        e->looper = nullptr;
        record* lender = e->lender ? e->lender : e->kept;
        if (lender && lender->peer == &r) lender->peer = nullptr;
    }
}

// The loop was left with an item lent: its sender stays parked, but may be woken from now on.
void stream_core::pause(receiver_end& e) noexcept {
    record* lender = e.kept;
    lender->state = fiber_state::waiting;
    lender->paused = true;
    lender->item = &e;
    if (lender->spoiled) {
        lender->spoiled = false;
        owner->wake_with(*lender, outcome::misused);
    } else if (lender->refusal() != outcome::done) {
        owner->wake_with(*lender, lender->refusal());
    }
}

void stream_core::leave_loop(receiver_end& e) noexcept {
    check_thread_or_die();
    e.looping = false;
    if (!e.open) unlink(receivers_, e);
    if (e.looper) --e.looper->loops;
    e.looper = nullptr;
    e.item = nullptr;
    if (e.lender) e.kept = e.lender;
    e.lender = nullptr;
    if (e.owned) discard(std::exchange(e.owned, nullptr));
    if (e.kept) {
        if (e.open) {
            pause(e);
        } else {
            record* lender = e.kept;
            e.kept = nullptr;
            give_back(*lender);
            owner->unpark(*lender);
            --orphans_;
            end_producer();
        }
    }
    drop(e);
}

}  // namespace weft::detail
