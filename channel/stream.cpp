// SPDX-License-Identifier: BSL-1.0
// The slow sides of sending and receiving: whatever is not "one loop waits, and nothing is unusual".
#include <weft/queues.hpp>

namespace weft::detail {

void stream_core::queue_lone() noexcept {
    if (lone_clause) {
        ++receiver_of(end_of(*lone_clause)).waiting;
        takers_.push_front(*lone_clause);
    } else {
        queue_taker(borrower ? *borrower : *lone_taker, true);
    }
    borrower = lone_taker = nullptr;
    lone_clause = nullptr;
}

// One waits, and nothing else does.
void stream_core::unqueue_lone() noexcept {
    wait_node& only = *takers_.first();
    if (only.of) {
        --receiver_of(end_of(only)).waiting;
        only.unlink();
        lone_clause = static_cast<clause_core*>(&only);
    } else if (!only.who->takes && capacity_ == 0) {
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
    if (wait_node* taker = first_taker()) {
        if (taker->of) return lend_to_clause(static_cast<clause_core&>(*taker), item, by, at);
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
            note_loan(me);
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
    started = producer->start();
}

void stream_core::tell_producer() noexcept {
    if (producer) producer->awaited(has_waiting_taker());
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
                prepare_wait();
                me.takes = false;
                me.item = nullptr;
                wait_here(me, &by, by.begun);
                queue_taker(me, false);
                refresh();
                record* n = lender ? s.hand_over(*lender) : s.next();
                if (n != &me) return n;
                came_to = me.result;  // from outside, and so also with an item
                if (came_to == outcome::done) by.item = by.owned = me.item;
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
    forget_loan(lender);
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
