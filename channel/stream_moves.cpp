// SPDX-License-Identifier: BSL-1.0
// Items that are moved rather than lent: receive(), try_receive() and try_send().
#include <weft/stream.hpp>

namespace weft::detail {

record* stream_core::take_ready(receiver_end& by) {
    check_thread(owner);
    scheduler_core& s = *owner;
    if (!by.looping && by.kept) {
        record* lender = by.kept;
        by.kept = nullptr;
        give_back(*lender);
        s.unpark(*lender);
    }
    if (!by.open) return nullptr;
    if (!started) start_producer();
    if (record* from = offers_.first()) {
        unqueue_offer(*from);
        from->state = fiber_state::lent;
        from->peer = s.current;
        ++moving_;
        refresh();
        return from;
    }
    if (state_ == stream_state::failing) s.tell_watches(*s.current, nullptr);
    if (state_ == stream_state::failed) nothing_came(outcome::failed);
    return nullptr;
}

record* stream_core::take_slow(receiver_end& by, void* slot, place at, record*& from, outcome& came_to) {
    check_thread(owner);
    scheduler_core& s = *owner;
    record& me = *s.current;
    came_to = me.cancelled ? outcome::cancelled : outcome::ended;
    if (me.cancelled) return nullptr;
    from = take_ready(by);
    if (from || !by.open || state_ != stream_state::open) return nullptr;
    settle();
    me.takes = true;
    me.item = slot;
    wait_here(me, &by, at);
    queue_taker(me, false);
    refresh();
    record* n = s.next();
    if (n != &me) return n;
    came_to = me.result;
    return nullptr;
}

void stream_core::release(record& lender) noexcept {
    --moving_;
    lender.result = lender.spoiled ? outcome::misused : outcome::done;
    lender.spoiled = false;
    owner->unpark(lender);
}

void stream_core::put_back(record& lender) noexcept {
    --moving_;
    if (!static_cast<const sender_end*>(lender.end)->open) lender.spoiled = true;
    if (lender.spoiled || lender.cancelled || open_receivers_ == 0) {
        give_back(lender);
        if (lender.cancelled && lender.result == outcome::done) recall(lender, outcome::cancelled);
        owner->unpark(lender);
        return;
    }
    settle();
    lender.state = fiber_state::waiting;
    queue_offer(lender, true);
    refresh();
}

record* stream_core::claim(outcome& came_to) {
    check_thread(owner);
    came_to = outcome::gone;
    if (state_ != stream_state::open || open_receivers_ == 0) return nullptr;
    came_to = outcome::done;
    settle();
    record* to = takers_.first();
    if (to) {
        unqueue_taker(*to);
        to->state = fiber_state::fixed;  // the move may park
    }
    refresh();
    return to;
}

void stream_core::serve(record& claimed, void* item) noexcept {
    if (!claimed.takes) {
        claimed.item = item;
        claimed.peer = nullptr;
    }
    claimed.result = outcome::done;
    owner->unpark(claimed);
}

void stream_core::unclaim(record& claimed) noexcept {
    settle();
    claimed.state = fiber_state::waiting;
    queue_taker(claimed, true);
    refresh();
    // What has happened meanwhile did not find it waiting.
    if (!static_cast<const receiver_end*>(claimed.end)->open)
        owner->wake_with(claimed, outcome::ended);
    else if (claimed.cancelled)
        owner->wake_with(claimed, outcome::cancelled);
    else if (state_ == stream_state::ended || state_ == stream_state::failed)
        owner->wake_with(claimed, state_ == stream_state::ended ? outcome::ended : outcome::failed);
}

}  // namespace weft::detail
