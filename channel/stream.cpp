// SPDX-License-Identifier: BSL-1.0
// The slow sides of sending and receiving: whatever is not "one loop waits, and nothing is unusual".
#include <weft/choice.hpp>
#include <weft/stream.hpp>

namespace weft::detail {

void stream_core::queue_taker(record& r, bool first) noexcept {
    ++receiver_of(r.end).waiting;
    r.sends = false;
    first ? takers_.push_front(r) : takers_.push_back(r);
}
void stream_core::queue_offer(record& r, bool first) noexcept {
    ++sender_of(r.end).waiting;
    r.sends = true;
    first ? offers_.push_front(r) : offers_.push_back(r);
}

// Whoever stood in the queue with a select waits for nothing else any more.
record& stream_core::unqueue_taker(wait_node& n) noexcept {
    if (n.of) n.of->commit(n, *this);
    --receiver_of(n.who->end).waiting;
    n.unlink();
    return *n.who;
}
record& stream_core::unqueue_offer(wait_node& n) noexcept {
    if (n.of) n.of->commit(n, *this);
    --sender_of(n.who->end).waiting;
    n.unlink();
    return *n.who;
}

// Before anything else is done: whoever waits stands in a queue.
void stream_core::settle() noexcept {
    if (!borrower && !lone_taker) return;
    queue_taker(borrower ? *borrower : *lone_taker, true);
    borrower = lone_taker = nullptr;
}

// After something was done: what the hot functions may rely on.
void stream_core::refresh() noexcept {
    const bool open = state_ == stream_state::open;
    flowing = offers_.empty();
    quiet = open && takers_.empty() && offers_.empty() && !lone_taker;
    room = quiet && open_receivers_ > 0 ? capacity_ : 0;
    if (!open || !takers_.single() || !offers_.empty()) return;
    wait_node& only = *takers_.first();
    if (only.of) return;
    if (!only.who->takes && capacity_ == 0) {
        borrower = &unqueue_taker(only);
        quiet = true;
    } else if (operations_.moves_safely) {
        lone_taker = &unqueue_taker(only);
    }
}

// Somebody is taken out, by a cancel, a deadline, a deadlock or the end of an end.
void stream_core::leave(record& r) noexcept {
    if (borrower == &r || lone_taker == &r) {
        borrower = lone_taker = nullptr;
        return refresh();
    }
    const bool sends = r.paused || r.sends;
    if (r.paused) {
        r.paused = false;
        static_cast<receiver_end*>(r.item)->kept = nullptr;
    } else if (sends) {
        unqueue_offer(r.queue);
    } else {
        unqueue_taker(r.queue);
    }
    if (sends) recall(r, r.result);
    refresh();
}

// Whoever waited to send was taken out for another reason; what came of it his end learns when he runs.
void stream_core::recall(record& r, outcome why) noexcept {
    r.result = why;
    r.recalled = true;
    ++sender_of(r.end).recalled;
}

void stream_core::refused(outcome came_to, bool offered) noexcept {
    if (came_to == outcome::empty || came_to == outcome::foreign) return;
    record& me = *this_core->current;
    if (came_to == outcome::misused) {  // of the end nothing is known any more
        me.recalled = false;
        return;
    }
    if (came_to == outcome::gone && !me.recalled) return;  // noted when it was told
    std::exception_ptr unmoved;                            // nobody but the receivers can be told
    if (came_to == outcome::unmoved && offered) unmoved = std::exchange(me.failure, nullptr);
    if (!me.end) return;  // destroyed since
    sender_end& by = sender_of(me.end);
    if (me.recalled) --by.recalled;
    me.recalled = false;
    if (came_to == outcome::gone)
        by.unheard = true;
    else if (unmoved)
        by.stream->fail(unmoved);
    else if (offered)
        by.refused = true;
}

void stream_core::wait_here(record& me, const void* end, place at) noexcept {
    me.where = this;
    me.end = end;
    me.wait_at(at);
    me.state = fiber_state::waiting;
}

// The item's use is over: its sender learns what became of it, and is ready for whoever unparks it.
void stream_core::give_back(record& lender) noexcept {
    lender.result = lender.spoiled ? outcome::misused : open_receivers_ == 0 ? outcome::gone : outcome::done;
    lender.spoiled = false;
    lender.paused = false;
    lender.state = fiber_state::running;
    if (lender.result == outcome::gone) sender_of(lender.end).unheard = true;
}

void stream_core::lend_to(record& to, record& me, void* item, const void* end, place at) noexcept {
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

record* stream_core::send_slow(void* item, sender_end& by, place at, outcome& came_to) noexcept {
    came_to = outcome::foreign;
    if (owner != this_core) return nullptr;
    scheduler_core& s = *owner;
    record& me = *s.current;
    me.end = &by;
    came_to = me.refusal();
    if (came_to != outcome::done) return nullptr;
    if (state_ != stream_state::open || open_receivers_ == 0) {
        by.unheard = true;
        came_to = outcome::gone;
        return nullptr;
    }
    if (capacity_) return store_slow(item, by, at, came_to);
    settle();
    if (wait_node* taker = takers_.first()) {
        record& to = unqueue_taker(*taker);
        if (to.takes && operations_.moves_safely) {
            to.state = fiber_state::fixed;  // the move may park
            operations_.fill(to.item, item);
            to.result = outcome::done;
            s.unpark(to);
            refresh();
            return nullptr;
        }
        const bool loops = !to.takes;
        if (!loops) ++moving_;
        lend_to(to, me, item, &by, at);
        refresh();
        record* n = s.hand_over(to);
        if (n != &to && loops) {
            to.item = nullptr;
            to.result = outcome::on_its_way;
            on_its_way_.push_back(me);
        }
        return n;
    }
    return wait_to_send(item, by, at, came_to);
}

record* stream_core::wait_to_send(void* item, sender_end& by, place at, outcome& came_to) noexcept {
    record& me = *owner->current;
    me.item = item;
    wait_here(me, &by, at);
    queue_offer(me, false);
    refresh();
    record* n = owner->next();
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
    record* lender = by.lender ? by.lender : by.kept;
    by.lender = by.kept = nullptr;
    if (lender) give_back(*lender);

    came_to = by.open ? me.refusal() : outcome::ended;
    if (came_to == outcome::done) {
        if (!started) start_producer();
        settle();
        if (!buffer.empty()) {
            by.item = by.owned = buffer.pop();
            refill();
        } else if (wait_node* next = offers_.first()) {
            by.lender = &unqueue_offer(*next);
            by.lender->state = fiber_state::lent;
            by.lender->peer = &me;
            by.item = by.lender->item;
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
