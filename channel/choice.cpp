// SPDX-License-Identifier: BSL-1.0
#include <weft/queues.hpp>

#include <cstdlib>
#include <utility>

namespace weft::detail {

// The clause waits: the stream is open, and nothing is there that it could have at once.
inline void stream_core::enter(clause_core& c) noexcept {
    if (c.kind != clause_kind::receive || !quiet || borrower) {
        enter_queue(c);
    } else {
        quiet = false;
        if (capacity_) room = 0;
        lone_clause = &c;
    }
}

inline void stream_core::withdraw(clause_core& c) noexcept {
    if (lone_clause != &c) return leave_queue(c);
    c.of = nullptr;
    lone_clause = nullptr;  // so the stream is open still, and nothing else is there
    quiet = true;
    if (capacity_) room = capacity_;
}

void clause_core::refuse() const {
    if (of) throw_misuse("weft: this clause waits in a select of another fiber; make one for each select");
    core_here().raise(stream ? outcome::foreign : outcome::empty, true);
    std::abort();
}

inline void choice::hold_chosen(clause_core& c) noexcept {
    receiver_of(c.end).hold();
    holds_chosen_ = true;
}

void choice::hold_all() noexcept {
    if (std::exchange(holds_, true)) return;
    for (std::size_t i = 0; i < count_; ++i) {
        clause_core& c = *clauses_[i];
        if (c.kind == clause_kind::receive)
            receiver_of(c.end).hold();
        else if (c.kind == clause_kind::send)
            ++sender_of(c.end).selects;
    }
}

void choice::let_go() noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        clause_core& c = *clauses_[i];
        if (c.kind == clause_kind::receive)
            c.stream->drop(receiver_of(c.end));
        else if (c.kind == clause_kind::send)
            c.stream->leave_select(sender_of(c.end));
    }
}

// It was claimed, and is in no queue; what happens meanwhile it finds out when it runs.
void choice::look_anew() noexcept {
    hold_all();
    me_.item = nullptr;
    me_.result = outcome::again;
    s_.unpark(me_);
}

inline void choice::withdraw_all(const clause_core* but) noexcept {
    if (armed_) [[unlikely]]
        disarm();
    for (std::size_t i = 0; i < count_; ++i) {
        clause_core& c = *clauses_[i];
        if (c.of && &c != but) c.stream->withdraw(c);
    }
}

choice::alarm_clock::alarm_clock(choice& c) noexcept : of(c) {
    fire = [](timer& t) noexcept {
        choice& self = static_cast<alarm_clock&>(t).of;
        self.armed_ = false;
        self.withdraw_all(nullptr);
        self.wake(self.delayed_, outcome::done);
    };
}

// Equals take turns: whose turn it is comes first.
bool choice::sooner(const clause_core& a, const clause_core& b) const noexcept {
    std::size_t i = s_.selects % count_;
    while (clauses_[i] != &a && clauses_[i] != &b) i = (i + 1) % count_;
    return clauses_[i] == &a;
}

// Of several the first counts.
void choice::look_at_plain(clause_core& c) noexcept {
    clause_core*& first = c.kind == clause_kind::after ? delayed_ : otherwise_;
    if (!first || (c.kind == clause_kind::after && c.delay < first->delay)) first = &c;
}

// Counted from the first look, also where this has to look anew.
void choice::set_alarm() {
    if (!alarm_) alarm_.emplace(*this).when = s_.later(delayed_->delay);
    s_.timers.add(*alarm_);
    armed_ = true;
}
void choice::disarm() noexcept {
    s_.timers.remove(*alarm_);
    armed_ = false;
}

void choice::prepare_wait(const clause_core& c) {
    try {
        c.stream->prepare_wait();
    } catch (...) {
        withdraw_all(nullptr);
        throw;
    }
}

inline record* choice::wait() {
    if (delayed_) [[unlikely]]
        set_alarm();
    unsigned queued = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        clause_core& c = *clauses_[i];
        if (c.of) continue;  // one that is given twice stands there once
        if (c.out) {
            if (c.stream) hold_all();
            continue;
        }
        if (!c.stream->started) [[unlikely]]
            prepare_wait(c);
        ++queued;
        c.who = &me_;
        c.of = this;
        c.stream->enter(c);
    }
    if (queued == 0 && !delayed_) return nullptr;
    queued_ = queued;
    me_.where = this;
    me_.takes = false;
    me_.wait_at(clauses_[0]->at);
    me_.state = fiber_state::waiting;
    waited = true;
    record* n = s_.next();
    return n == &me_ ? nullptr : n;
}

// A post leaves its box only now.
inline void choice::settle_on(clause_core& c) {
    if (c.kind == clause_kind::send) {
        sender_of(c.end).selected = s_.selects;
        return;
    }
    receiver_end& e = receiver_of(c.end);
    e.selected = s_.selects;
    if (e.open && !c.stream->started && c.stream->buffer.empty()) [[unlikely]]
        c.stream->start_producer();
    if (c.stream->has_for(e)) return hold_chosen(c);
    if (e.open) c.stream->nothing_came(c.stream->over() ? c.stream->end_came_to() : outcome::done);
    ended = e.told = true;
}

record* choice::decide() {
    ++s_.selects;
    if (chosen)
        settle_on(*chosen);
    else if (polls)
        chosen = otherwise_;
    else if (delayed_ && delayed_->delay <= clock::duration::zero())
        chosen = delayed_;
    else
        return wait();
    return nullptr;
}

bool choice::woken_otherwise() {
    if (me_.recalled) stream_core::refused(me_.result, false);
    switch (me_.result) {
        case outcome::done:
        case outcome::ended:
            return true;
        case outcome::again:
            // It waited nowhere meanwhile, so nobody told it of an end that went.
            for (std::size_t i = 0; i < count_; ++i) {
                const clause_core& c = *clauses_[i];
                if (!c.out &&
                    !(c.kind == clause_kind::send ? sender_of(c.end).open : receiver_of(c.end).open))
                    s_.raise(outcome::misused, true);
            }
            if (std::exchange(holds_chosen_, false)) chosen->stream->drop(receiver_of(chosen->end));
            return false;
        case outcome::failed:
            chosen->stream->nothing_came(outcome::failed);
            [[fallthrough]];
        default:
            s_.raise(me_.result, true);
            return true;
    }
}

// The stream takes the node itself out of its queue.
void choice::commit(wait_node& clause) noexcept {
    auto& c = static_cast<clause_core&>(clause);
    const bool sends = c.kind == clause_kind::send;
    if (!c.stream->moves_safely()) [[unlikely]]
        hold_all();  // a move that throws makes it look anew
    else if (!sends)
        hold_chosen(c);
    withdraw_all(&c);
    c.of = nullptr;
    chosen = &c;
    (sends ? sender_of(c.end).selected : receiver_of(c.end).selected) = s_.selects;
    me_.where = c.stream;
    me_.end = c.end;
    me_.sends = sends;
    me_.item = sends ? c.item : nullptr;
    me_.queue.of = this;
}

// Of a stream that lends: nothing is moved.
inline void choice::choose_receiver(clause_core& c) noexcept {
    receiver_of(c.end).selected = s_.selects;
    hold_chosen(c);
    withdraw_all(nullptr);
    chosen = &c;
}

record* stream_core::lend_to_clause(clause_core& c, void* item, sender_end& by, place at) noexcept {
    record& me = *owner->current;
    record& to = *c.who;
    c.of->choose_receiver(c);
    lend_to(to, me, item, &by, at);
    note_loan(me);
    return owner->hand_over(to);
}

void choice::wake(clause_core* clause, outcome why) noexcept {
    chosen = clause;
    me_.result = why;
    s_.unpark(me_);
}

// A stream has something else to say than that there is a partner.
void choice::tell(wait_node& clause, outcome why) noexcept {
    auto& c = static_cast<clause_core&>(clause);
    hold_all();
    if (why == outcome::ended) {
        if (c.hears_end && !receiver_of(c.end).told) {
            receiver_of(c.end).told = true;
            ended = true;
            withdraw_all(nullptr);
            wake(&c, why);
            return;
        }
        c.stream->withdraw(c);
        c.out = true;
        if (--queued_ == 0 && !armed_) wake(nullptr, why);
        return;
    }
    if (why == outcome::gone) sender_of(c.end).unheard = true;
    withdraw_all(nullptr);
    wake(&c, why);
}

void choice::leave(record&) noexcept { withdraw_all(nullptr); }

std::string choice::describe(const record&) const {
    std::string text = "in a select";
    const char* before = ": ";
    for (std::size_t i = 0; i < count_; ++i) {
        const clause_core& c = *clauses_[i];
        if (!c.of) continue;
        text += before + c.stream->describe(c);
        before = ", ";
    }
    return text;
}

}  // namespace weft::detail
