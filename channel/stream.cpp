// SPDX-License-Identifier: BSL-1.0
// The slow sides of sending and receiving: whatever is not "one loop waits, and nothing is unusual".
#include <weft/stream.hpp>

namespace weft::detail {

namespace {

sender_end& sender_of(const record& r) noexcept {
    return *static_cast<sender_end*>(const_cast<void*>(r.end));
}
receiver_end& receiver_of(const record& r) noexcept {
    return *static_cast<receiver_end*>(const_cast<void*>(r.end));
}

}  // namespace

void stream_core::queue_taker(record& r, bool first) noexcept {
    ++receiver_of(r).waiting;
    r.sends = false;
    first ? takers_.push_front(r) : takers_.push_back(r);
}
record& stream_core::unqueue_taker(record& r) noexcept {
    --receiver_of(r).waiting;
    r.queue.unlink();
    return r;
}
void stream_core::queue_offer(record& r, bool first) noexcept {
    ++sender_of(r).waiting;
    r.sends = true;
    first ? offers_.push_front(r) : offers_.push_back(r);
}
record& stream_core::unqueue_offer(record& r) noexcept {
    --sender_of(r).waiting;
    r.queue.unlink();
    return r;
}

// Before anything else is done: whoever waits stands in a queue.
void stream_core::settle() noexcept {
    if (!borrower) return;
    queue_taker(*borrower, true);
    borrower = nullptr;
}

// After something was done: what the hot functions may rely on.
void stream_core::refresh() noexcept {
    const bool open = state_ == stream_state::open;
    if (open && takers_.single() && !takers_.first()->takes) borrower = &unqueue_taker(*takers_.first());
    quiet = open && takers_.empty() && offers_.empty();
}

// Somebody is taken out, by a cancel, a deadline, a deadlock or the end of an end.
void stream_core::leave(record& r) noexcept {
    if (borrower == &r) {
        borrower = nullptr;
        return;
    }
    const bool sends = r.paused || r.sends;
    if (r.paused) {
        r.paused = false;
        static_cast<receiver_end*>(r.item)->kept = nullptr;
    } else if (sends) {
        unqueue_offer(r);
    } else {
        unqueue_taker(r);
    }
    if (sends) recall(r, r.result);
    refresh();
}

// Whoever waited to send was taken out for another reason; what came of it his end learns when he runs.
void stream_core::recall(record& r, outcome why) noexcept {
    r.result = why;
    r.recalled = true;
    ++sender_of(r).recalled;
}

void stream_core::refused(outcome came_to, bool offered) noexcept {
    if (came_to == outcome::empty || came_to == outcome::foreign) return;
    record& me = *this_core->current;
    if (came_to == outcome::misused) {  // of the end nothing is known any more
        me.recalled = false;
        return;
    }
    if (came_to == outcome::gone && !me.recalled) return;  // noted when it was told
    if (!me.end) return;                                   // destroyed since
    sender_end& by = sender_of(me);
    if (me.recalled) --by.recalled;
    me.recalled = false;
    if (came_to == outcome::gone)
        by.unheard = true;
    else if (offered)
        by.refused = true;
}

void stream_core::wait_here(record& me, const void* end, place at) noexcept {
    me.where = this;
    me.end = end;
    me.wait_at(at);
    me.refusals = 0;
    me.state = fiber_state::waiting;
}

// The item's use is over: its sender learns what became of it, and is ready for whoever unparks it.
void stream_core::give_back(record& lender) noexcept {
    lender.result = lender.spoiled ? outcome::misused : open_receivers_ == 0 ? outcome::gone : outcome::done;
    lender.spoiled = false;
    lender.paused = false;
    lender.state = fiber_state::running;
    if (lender.result == outcome::gone) sender_of(lender).unheard = true;
}

void stream_core::lend_to(record& to, record& me, void* item, const void* end, place at) noexcept {
    wait_here(me, end, at);
    me.state = fiber_state::lent;
    me.item = item;
    me.peer = &to;
    to.item = item;
    to.peer = &me;
    to.takes = false;  // a receive() finds an item to move out, rather than one moved in
    to.result = outcome::done;
}

record* stream_core::lend_slow(void* item, sender_end& by, place at, outcome& came_to) noexcept {
    came_to = outcome::foreign;
    if (owner != this_core) return nullptr;
    scheduler_core& s = *owner;
    record& me = *s.current;
    me.end = &by;
    if (me.cancelled) {
        came_to = outcome::cancelled;
        return nullptr;
    }
    if (state_ != stream_state::open || open_receivers_ == 0) {
        by.unheard = true;
        came_to = outcome::gone;
        return nullptr;
    }
    settle();
    if (record* to = takers_.first()) {
        unqueue_taker(*to);
        if (to->takes && operations_.fill) {
            to->state = fiber_state::fixed;  // the move may park
            operations_.fill(to->item, item);
            to->result = outcome::done;
            s.unpark(*to);
            refresh();
            came_to = outcome::done;
            return nullptr;
        }
        const bool loops = !to->takes;
        if (!loops) ++moving_;
        lend_to(*to, me, item, &by, at);
        refresh();
        record* n = s.hand_over(*to);
        if (n != to && loops) {
            to->item = nullptr;
            to->result = outcome::on_its_way;
            on_its_way_.push_back(me);
        }
        return n;
    }
    me.item = item;
    wait_here(me, &by, at);
    queue_offer(me, false);
    refresh();
    record* n = s.next();
    if (n != &me) return n;
    came_to = me.result;
    return nullptr;
}

void stream_core::start_producer() {
    if (!producer || started) return;
    producer->start();
    started = true;
}

record* stream_core::fetch_slow(receiver_end& by, outcome& came_to) {
    if (owner != this_core) {
        came_to = outcome::foreign;
        return nullptr;
    }
    scheduler_core& s = *owner;
    record& me = *s.current;
    if (by.owns) {
        by.owns = false;
        operations_.destroy(by.slot);
    }
    record* lender = by.lender ? by.lender : by.kept;
    by.lender = by.kept = nullptr;
    if (lender) give_back(*lender);

    came_to = !by.open ? outcome::ended : me.cancelled ? outcome::cancelled : outcome::done;
    if (came_to == outcome::done) {
        if (!started) start_producer();
        settle();
        if (record* next = offers_.first()) {
            unqueue_offer(*next);
            next->state = fiber_state::lent;
            next->peer = &me;
            by.lender = next;
            by.item = next->item;
        } else {
            if (state_ == stream_state::failing) s.tell_watches(me, nullptr);
            if (state_ == stream_state::ended) came_to = outcome::ended;
            if (state_ == stream_state::failed) came_to = outcome::failed;
            if (state_ == stream_state::open) {
                me.takes = false;
                me.item = nullptr;
                wait_here(me, &by, by.begun);
                queue_taker(me, false);
                refresh();
                record* n = lender ? s.hand_over(*lender) : s.next();
                if (n != &me) return n;
                came_to = me.result;
                return nullptr;
            }
        }
        refresh();
    }
    if (lender) s.unpark(*lender);
    if (lender && !by.open) {
        --orphans_;
        end_producer();
    }
    return nullptr;
}

// What happened to an end in the meantime did not find the loan there.
void stream_core::arrived(receiver_end& by, record& lender) noexcept {
    lender.queue.unlink();
    by.item = lender.item;
    if (lender.spoiled || !by.open)
        by.kept = &lender;
    else
        by.lender = &lender;
    if (!by.open) ++orphans_;
}

bool stream_core::fetched_nothing(receiver_end& by, outcome came_to) {
    if (came_to == outcome::on_its_way) {
        arrived(by, *owner->current->peer);
        return true;
    }
    nothing_came(came_to);
    return false;
}

void stream_core::nothing_came(outcome came_to) {
    if (came_to == outcome::ended) return;
    if (came_to == outcome::failed) {
        if (culprit_) culprit_->failure_taken = true;
        if (cause_) std::rethrow_exception(cause_);
        throw stream_failed("weft: the stream ended before its producer had finished");
    }
    core_here().raise(came_to, true);
}

}  // namespace weft::detail
