// SPDX-License-Identifier: BSL-1.0
// Who waits in a stream: how they enter and leave its queues, and what that means for the hot functions.
//
// Not for users, nor for their code: the out of line functions of streams and selects share it.
#pragma once

#include <weft/choice.hpp>

namespace weft::detail {

inline void stream_core::queue_taker(record& r, bool first) noexcept {
    ++receiver_of(r.end).waiting;
    r.sends = false;
    first ? takers_.push_front(r) : takers_.push_back(r);
}
inline void stream_core::queue_offer(record& r, bool first) noexcept {
    ++sender_of(r.end).waiting;
    r.sends = true;
    first ? offers_.push_front(r) : offers_.push_back(r);
}

// Whoever stood in the queue with a select waits for nothing else any more.
inline record& stream_core::unqueue_taker(wait_node& n) noexcept {
    if (n.of) n.of->commit(n);
    if (lone_clause == &n) {
        lone_clause = nullptr;
    } else {
        --receiver_of(n.who->end).waiting;
        n.unlink();
    }
    return *n.who;
}
inline record& stream_core::unqueue_offer(wait_node& n) noexcept {
    if (n.of) n.of->commit(n);
    --sender_of(n.who->end).waiting;
    n.unlink();
    return *n.who;
}

// The item's use is over: its sender learns what became of it, and is ready for whoever unparks it.
inline void stream_core::give_back(record& lender) noexcept {
    lender.result = lender.spoiled ? outcome::misused : open_receivers_ == 0 ? outcome::gone : outcome::done;
    lender.spoiled = false;
    lender.paused = false;
    lender.state = fiber_state::running;
    if (lender.result == outcome::gone) sender_of(lender.end).unheard = true;
}

inline void stream_core::wait_here(record& me, const void* end, place at) noexcept {
    me.where = this;
    me.end = end;
    me.wait_at(at);
    me.state = fiber_state::waiting;
}

inline void stream_core::lend_to(record& to, record& me, void* item, const void* end, place at) noexcept {
    wait_here(me, end, at);
    me.state = fiber_state::lent;
    me.item = item;
    me.peer = &to;
    me.queue.of = nullptr;  // it is no select that has to look anew, if the item comes back
    to.item = item;
    to.peer = &me;
    to.takes = false;  // a receive() finds an item to move out, rather than one moved in
    to.result = outcome::done;
}

inline void stream_core::note_loan(record& lender) noexcept {
    if (!lone_loan_) [[likely]]
        lone_loan_ = &lender;
    else
        loans_.push_back(lender);
}
inline void stream_core::forget_loan(record& lender) noexcept {
    if (lone_loan_ == &lender) [[likely]]
        lone_loan_ = nullptr;
    else
        lender.queue.unlink();
}

// Before anything else is done: whoever waits stands in a queue.
inline void stream_core::settle() noexcept {
    if (borrower || lone_taker || lone_clause) [[unlikely]]
        queue_lone();
}

// After something was done: what the hot functions may rely on.
inline void stream_core::refresh() noexcept {
    const bool open = state_ == stream_state::open;
    flowing = offers_.empty() && !free_elsewhere_;
    quiet = open && flowing && takers_.empty() && !lone_taker && !lone_clause;
    room = quiet && open_receivers_ > 0 ? capacity_ : 0;
    if (open && flowing && takers_.single()) unqueue_lone();
    if (!started) [[unlikely]]
        tell_producer();
}

// Who is to be served next; null: nobody waits for an item.
inline wait_node* stream_core::first_taker() noexcept {
    if (lone_clause) return lone_clause;
    settle();
    return takers_.first();
}

}  // namespace weft::detail
