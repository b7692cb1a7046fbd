// SPDX-License-Identifier: BSL-1.0
#include <weft/queues.hpp>

#include <cstdlib>
#include <utility>

namespace weft::detail {

// The clause waits: the stream is open, and nothing is there that it could have at once.
inline void stream_core::enter(clause_core& c) noexcept {
    const bool receives = c.kind == clause_kind::receive;
    const bool lone = receives && quiet && !borrower;
    if (!lone) settle();
    quiet = false;
    room = 0;
    if (lone) {
        lone_clause = &c;
    } else if (receives) {
        ++receiver_of(c.end).waiting;
        takers_.push_back(c);
    } else {
        ++sender_of(c.end).waiting;
        offers_.push_back(c);
        flowing = false;
    }
}

inline void stream_core::withdraw(clause_core& c, bool and_refresh) noexcept {
    c.of = nullptr;
    if (lone_clause == &c) {  // so the stream is open still, and nothing else is there
        lone_clause = nullptr;
        quiet = true;
        room = capacity_;
        return;
    }
    --(c.kind == clause_kind::send ? sender_of(c.end).waiting : receiver_of(c.end).waiting);
    c.unlink();
    if (and_refresh) refresh();
}

void clause_core::refuse() const {
    if (of) throw_misuse("weft: this clause waits in a select of another fiber; make one for each select");
    core_here().raise(stream ? outcome::foreign : outcome::empty, true);
    std::abort();
}

inline void choice::hold_chosen(clause_core& c) noexcept {
    if (c.kind != clause_kind::receive || held_) return;
    receiver_of(c.end).hold();
    held_ = &c;
}

void choice::hold(clause_core& c) noexcept {
    if (!c.stream || c.held) return;
    if (c.kind == clause_kind::receive)
        receiver_of(c.end).hold();
    else
        ++sender_of(c.end).selects;
    c.held = holds_ = true;
}

void choice::hold_all() noexcept {
    for (std::size_t i = 0; i < count_; ++i) hold(*clauses_[i]);
}

void choice::let_go() noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        clause_core& c = *clauses_[i];
        if (!std::exchange(c.held, false)) continue;
        if (c.kind == clause_kind::receive)
            c.stream->drop(receiver_of(c.end));
        else
            c.stream->leave_select(sender_of(c.end));
    }
}

inline void choice::withdraw_all(const wait_node* but, const stream_core* by) noexcept {
    if (armed_) s_.timers.remove(*alarm_);
    armed_ = false;
    for (std::size_t i = 0; i < count_; ++i) {
        clause_core& c = *clauses_[i];
        if (!c.queued || &c == but) continue;
        c.queued = false;
        c.stream->withdraw(c, !by || c.stream != by);
    }
}

choice::alarm_clock::alarm_clock(choice& c) noexcept : of(c) {
    fire = [](timer& t) noexcept {
        choice& self = static_cast<alarm_clock&>(t).of;
        self.armed_ = false;
        self.withdraw_all(nullptr, nullptr);
        self.wake(self.delayed_, outcome::done);
    };
}

// Equals take turns: whose turn it is comes first.
bool choice::sooner(std::size_t a, std::size_t b) const noexcept {
    const std::size_t first = s_.selects % count_;
    return (a >= first) == (b >= first) ? a < b : a >= first;
}

// Of several the first counts.
void choice::look_at_plain(clause_core& c) noexcept {
    std::size_t& place = c.kind == clause_kind::after ? delayed_ : otherwise_;
    if (place == none || (c.kind == clause_kind::after && c.delay < delay_of(place))) place = c.index;
    c.queued = false;
}

// Counted from the first look, also where this has to look anew.
void choice::set_alarm() {
    if (!alarm_) alarm_.emplace(*this).when = s_.later(delay_of(delayed_));
    s_.timers.add(*alarm_);
    armed_ = true;
}

inline record* choice::wait() {
    if (delayed_ != none) set_alarm();
    queued_ = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        clause_core& c = *clauses_[i];
        if (c.of) continue;  // one that is given twice stands there once
        if (!c.queued) {
            hold(c);
            continue;
        }
        ++queued_;
        c.who = &me_;
        c.of = this;
        c.stream->enter(c);
    }
    me_.where = this;
    me_.item = nullptr;
    me_.takes = false;
    me_.wait_at(clauses_[0]->at);
    me_.state = fiber_state::waiting;
    waited = true;
    record* n = s_.next();
    return n == &me_ ? nullptr : n;
}

inline void choice::settle_on(std::size_t clause) {
    clause_core& c = *clauses_[clause];
    if (c.kind == clause_kind::send) {
        sender_of(c.end).selected = s_.selects;
        return;
    }
    receiver_end& e = receiver_of(c.end);
    e.selected = s_.selects;
    if (c.stream->has_for(e)) return;
    if (e.open) c.stream->nothing_came(c.stream->over() ? c.stream->end_came_to() : outcome::done);
    c.ended = e.told = true;
}

record* choice::decide() {
    ++s_.selects;
    if (chosen != none) {
        settle_on(chosen);
        return nullptr;
    }
    if (polls)
        chosen = otherwise_;
    else if (delayed_ != none && delay_of(delayed_) <= clock::duration::zero())
        chosen = delayed_;
    else if (queued_ != 0 || delayed_ != none)
        return wait();
    return nullptr;
}

bool choice::woken_otherwise() {
    if (me_.recalled) stream_core::refused(me_.result, false);
    switch (me_.result) {
        case outcome::done:
        case outcome::ended:
        case outcome::on_its_way:
            return true;
        case outcome::again:
            // It waited nowhere meanwhile, so nobody told it of a sender that went.
            for (std::size_t i = 0; i < count_; ++i)
                if (clauses_[i]->kind == clause_kind::send && !sender_of(clauses_[i]->end).open)
                    s_.raise(outcome::misused, true);
            return false;
        case outcome::failed:
            clauses_[chosen]->stream->nothing_came(outcome::failed);
            [[fallthrough]];
        default:
            s_.raise(me_.result, true);
            return true;
    }
}

// The stream takes the node itself out of its queue.
void choice::commit(wait_node& clause, stream_core& by) noexcept {
    auto& c = static_cast<clause_core&>(clause);
    if (by.moves_safely()) [[likely]]
        hold_chosen(c);
    else
        hold_all();  // a move that throws makes it look anew
    withdraw_all(&clause, &by);
    c.queued = false;
    c.of = nullptr;
    chosen = c.index;
    (c.kind == clause_kind::send ? sender_of(c.end).selected : receiver_of(c.end).selected) = s_.selects;
    me_.where = c.stream;
    me_.end = c.end;
    me_.sends = c.kind == clause_kind::send;
    me_.item = me_.sends ? c.item : nullptr;
    me_.queue.of = this;
}

record* stream_core::lend_to_clause(void* item, sender_end& by, place at) noexcept {
    record& me = *owner->current;
    record& to = unqueue_taker(*lone_clause);
    quiet = true;
    lend_to(to, me, item, &by, at);
    record* n = owner->hand_over(to);
    if (n != &to) [[unlikely]] {
        to.item = nullptr;
        to.result = outcome::on_its_way;
        on_its_way_.push_back(me);
    }
    return n;
}

void choice::wake(std::size_t clause, outcome why) noexcept {
    chosen = clause;
    me_.item = nullptr;
    me_.result = why;
    s_.unpark(me_);
}

// A stream has something else to say than that there is a partner.
void choice::tell(wait_node& clause, outcome why) noexcept {
    auto& c = static_cast<clause_core&>(clause);
    hold(c);
    if (why == outcome::ended) {
        if (c.hears_end && !receiver_of(c.end).told) {
            receiver_of(c.end).told = true;
            c.ended = true;
            withdraw_all(nullptr, nullptr);
            wake(c.index, why);
            return;
        }
        c.queued = false;
        c.stream->withdraw(c, true);
        if (--queued_ == 0 && !armed_) wake(none, why);
        return;
    }
    if (why == outcome::gone) sender_of(c.end).unheard = true;
    withdraw_all(nullptr, nullptr);
    wake(c.index, why);
}

void choice::leave(record&) noexcept { withdraw_all(nullptr, nullptr); }

std::string choice::describe(const record&) const {
    std::string text = "in a select";
    const char* before = ": ";
    for (std::size_t i = 0; i < count_; ++i) {
        const clause_core& c = *clauses_[i];
        if (!c.queued) continue;
        text += before + c.stream->describe(c);
        before = ", ";
    }
    return text;
}

}  // namespace weft::detail
