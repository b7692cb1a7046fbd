// SPDX-License-Identifier: BSL-1.0
// Opening, closing, moving and failing the ends of a stream.
#include <weft/queues.hpp>

namespace weft::detail {

stream_core::stream_core(const item_operations& operations, std::size_t capacity, const char* name,
                         place made)
    : owner(&core_here()),
      buffer(operations),
      operations_(operations),
      capacity_(capacity),
      name_(name),
      made_(made) {
    if (capacity) buffer.add(capacity);
    owner->hold();
    owner->enlist(*this);
}

stream_core::~stream_core() {
    if (culprit_) culprit_->release();
    owner->delist(*this);
    owner->let_go();
}

void stream_core::check_thread_or_die() const noexcept {
    if (owner != this_core)
        die("weft: an end of a stream is destroyed or moved in another thread than its own; a stream"
            " belongs to the thread that made it");
}

void stream_core::open_sender(sender_end& e, place at) noexcept {
    e.stream = this;
    e.open = true;
    e.made = at;
    e.fiber = owner->current->id;
    e.in_flight = owner->exceptions->uncaught;
    link(senders_, e);
    ++open_senders_;
    ++references_;
}

// Those of receivers that are gone are used again.
void stream_core::provide_for_receiver() {
    if (open_receivers_ < hands_) return;
    buffer.add(1);
    ++hands_;
}

void stream_core::open_receiver(receiver_end& e, place at) noexcept {
    e.stream = this;
    e.open = true;
    e.made = at;
    link(receivers_, e);
    ++open_receivers_;
    ++references_;
    refresh();
}

// Somebody is told something else than what it waits for.
void stream_core::wake(wait_node& waiter, outcome why) noexcept {
    if (waiter.of)
        waiter.of->tell(waiter, why);
    else
        owner->wake_with(*waiter.who, why);
}

void stream_core::wake_takers(outcome why) noexcept {
    settle();
    while (wait_node* taker = takers_.first()) wake(*taker, why);
}

void stream_core::wake_offers(outcome why) noexcept {
    while (wait_node* offer = offers_.first()) wake(*offer, why);
}

void stream_core::end_as(stream_state state) noexcept {
    state_ = state;
    quiet = false;
    room = 0;
    if (state == stream_state::failing)
        settle();  // they wait on, until the cause is known
    else
        wake_takers(state == stream_state::failed ? outcome::failed : outcome::ended);
}

// Whoever waits in this end is told so; who has lent through it, when the loan is over.
void stream_core::expel(const sender_end& e) noexcept {
    for (wait_node* n = offers_.first(); n && e.waiting;) {
        if (end_of(*n) != &e) {
            n = offers_.after(*n);
            continue;
        }
        wake(*n, outcome::misused);
        n = offers_.first();  // a select leaves with all its clauses
    }
    for (receiver_end* to = receivers_; to; to = to->after) {
        record* lender = to->lender ? to->lender : to->kept;
        if (!lender || lender->end != &e || owner->wake_with(*lender, outcome::misused)) continue;
        lender->spoiled = true;
        to->kept = lender;
        to->lender = nullptr;
    }
    if (lone_loan_ && lone_loan_->end == &e) lone_loan_->spoiled = true;
    for (wait_node* n = loans_.first(); n; n = loans_.after(*n))
        if (n->who->end == &e) n->who->spoiled = true;
    // Those who were taken out before, for another reason, keep that, and must not come back to the end.
    for (record* r = e.recalled ? owner->ready : nullptr; r; r = r->next)
        if (r->recalled && r->end == &e) {
            r->recalled = false;
            r->end = nullptr;
        }
}

bool stream_core::expel(const receiver_end& e) noexcept {
    const void* lone = borrower      ? borrower->end
                       : lone_taker  ? lone_taker->end
                       : lone_clause ? end_of(*lone_clause)
                                     : nullptr;
    if (lone ? lone != &e : e.waiting == 0) return false;
    settle();
    for (wait_node* n = takers_.first(); n && e.waiting;) {
        if (end_of(*n) != &e) {
            n = takers_.after(*n);
            continue;
        }
        wake(*n, outcome::misused);
        settle();
        n = takers_.first();
    }
    refresh();
    return true;
}

void stream_core::moved(sender_end& e) noexcept {
    check_thread_or_die();
    expel(e);
    e.fiber = owner->current->id;
    e.in_flight = owner->exceptions->uncaught;
}

void stream_core::moved(receiver_end& e) {
    check_thread(owner);
    if (!expel(e) && e.looping)
        throw_misuse("weft: a receiver can not be moved inside its own loop; move it before or after");
}

void stream_core::close_sender(sender_end& e, bool destroyed) noexcept {
    check_thread_or_die();
    expel(e);
    e.open = false;
    unlink(senders_, e);
    --open_senders_;
    record& me = *owner->current;
    if (state_ == stream_state::open) {
        const unsigned before = me.id == e.fiber ? e.in_flight : 0;
        if (destroyed && owner->exceptions->uncaught > before) {
            ++references_;  // until it learns
            owner->watch_failure(*this);
            end_as(stream_state::failing);
        } else if (destroyed && (me.cancelled || e.refused)) {
            end_as(stream_state::failed);
        } else if (open_senders_ == 0) {
            end_as(stream_state::ended);
        }
    }
    drop(e);
}

void stream_core::finish() noexcept {
    if (state_ == stream_state::open) end_as(stream_state::ended);
}

void stream_core::fail(const std::exception_ptr& cause) noexcept {
    if (state_ != stream_state::open) return;
    cause_ = cause;
    end_as(stream_state::failed);
}

void stream_core::learn(const std::exception_ptr& failure, record& of) noexcept {
    if (failure) {
        cause_ = failure;
        culprit_ = &of;
        of.hold();
        heir_ = open_receivers_ > 0;
        if (heir_) ++of.heirs;
    }
    end_as(stream_state::failed);
    let_go();
}

void stream_core::close_receiver(receiver_end& e) noexcept {
    check_thread_or_die();
    expel(e);
    e.open = false;
    --open_receivers_;
    if (e.looping) {
        // The loop goes on with its item; its next step finds out.
        if (e.lender) e.kept = e.lender;
        e.lender = nullptr;
        if (e.kept) ++orphans_;
    } else {
        unlink(receivers_, e);
        if (record* lender = std::exchange(e.kept, nullptr)) {
            give_back(*lender);
            owner->unpark(*lender);
        }
    }
    if (open_receivers_ == 0) {
        wake_offers(outcome::gone);
        empty_buffer();
        if (heir_ && --culprit_->heirs == 0 && !culprit_->failure_taken && culprit_->scope) disown(*culprit_);
        heir_ = false;
    }
    refresh();
    end_producer();
}

void stream_core::drop_last(receiver_end& e) noexcept {
    free_end(e);
    let_go();
}

// A record whose item is lent may still name the end it was sent through: then only its memory is kept.
void stream_core::drop(sender_end& e) noexcept {
    if (e.selects) return;  // the last of them does this
    e.after = buried_;
    buried_ = &e;
    for (sender_end** at = &buried_; !moving_ && *at;) {
        sender_end* buried = *at;
        if (named(*buried)) {
            at = &buried->after;
        } else {
            *at = buried->after;
            free_end(*buried);
        }
    }
    let_go();
}

bool stream_core::named(const sender_end& e) const noexcept {
    if (lone_loan_ && lone_loan_->end == &e) return true;
    for (const wait_node* n = loans_.first(); n; n = loans_.after(*n))
        if (n->who->end == &e) return true;
    for (const receiver_end* to = receivers_; to; to = to->after)
        if (const record* lender = to->lender ? to->lender : to->kept; lender && lender->end == &e)
            return true;
    return false;
}

void stream_core::free_buried() noexcept {
    while (sender_end* e = buried_) {
        buried_ = e->after;
        free_end(*e);
    }
}

void stream_core::end() noexcept {
    free_buried();
    empty_buffer();
    destroy();
}

}  // namespace weft::detail
