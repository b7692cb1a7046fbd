// SPDX-License-Identifier: BSL-1.0
#include <weft/choice.hpp>

namespace weft::detail {

choice::choice(clause_core* const* clauses, std::size_t count)
    : clauses_(clauses), count_(count), s_(core_here()), me_(*s_.current) {
    if (count == 0) throw_misuse("weft: a select without clauses would wait for ever; give it at least one");
    check_clauses();
    for (std::size_t i = 0; i < count_; ++i)
        if (clauses_[i]->kind == clause_kind::receive)
            receiver_of(clauses_[i]->end).hold();
        else if (clauses_[i]->kind == clause_kind::send)
            ++sender_of(clauses_[i]->end).selects;
    alarm_.of = this;
    alarm_.fire = [](timer& t) noexcept {
        choice& self = *static_cast<alarm_clock&>(t).of;
        self.armed_ = false;
        const std::size_t delayed = self.nearest_delay();
        self.withdraw_all(nullptr, nullptr);
        self.wake(delayed, outcome::done);
    };
}

choice::~choice() {
    for (std::size_t i = 0; i < count_; ++i)
        if (clauses_[i]->kind == clause_kind::receive)
            clauses_[i]->stream->drop(receiver_of(clauses_[i]->end));
        else if (clauses_[i]->kind == clause_kind::send)
            clauses_[i]->stream->leave_select(sender_of(clauses_[i]->end));
}

void choice::check_clauses() {
    for (std::size_t i = 0; i < count_; ++i) {
        const clause_core& c = *clauses_[i];
        polls |= c.kind == clause_kind::otherwise;
        if (c.of)
            throw_misuse("weft: this clause waits in a select of another fiber; make one for each select");
        if (c.kind == clause_kind::after || c.kind == clause_kind::otherwise) continue;
        if (c.stream)
            check_thread(c.stream->owner);
        else
            s_.raise(outcome::empty, true);
    }
}

// Of several the first counts.
std::size_t choice::nearest_delay() const noexcept {
    std::size_t nearest = none;
    for (std::size_t i = 0; i < count_; ++i)
        if (clauses_[i]->kind == clause_kind::after &&
            (nearest == none || clauses_[i]->delay < clauses_[nearest]->delay))
            nearest = i;
    return nearest;
}

std::size_t choice::index_of(const wait_node& clause) const noexcept {
    std::size_t i = 0;
    while (clauses_[i] != &clause) ++i;
    return i;
}

// Of the clauses that are ready the one is chosen whose end was chosen least recently; among equals they take turns.
record* choice::look() {
    if (const outcome refusal = me_.refusal(); refusal != outcome::done && !polls) s_.raise(refusal, true);
    waited = false;
    chosen = none;
    std::size_t otherwise = none, open = 0;
    std::uint64_t oldest = 0;
    const std::size_t first = s_.selects % count_;
    for (std::size_t k = 0; k < count_; ++k) {
        const std::size_t i = first + k < count_ ? first + k : first + k - count_;
        clause_core& c = *clauses_[i];
        c.queued = c.ended = false;
        if (c.kind == clause_kind::otherwise) otherwise = otherwise < i ? otherwise : i;
        if (!c.stream) continue;
        const readiness r = c.stream->look_at(c);
        c.queued = r == readiness::waits;
        open += c.queued;
        if (r != readiness::ready) continue;
        const std::uint64_t last =
            c.kind == clause_kind::send ? sender_of(c.end).selected : receiver_of(c.end).selected;
        if (chosen != none && last >= oldest) continue;
        chosen = i;
        oldest = last;
    }
    ++s_.selects;
    if (chosen != none) {
        settle_on(chosen);
        return nullptr;
    }
    const std::size_t delayed = nearest_delay();
    if (otherwise != none) {
        chosen = otherwise;
        return nullptr;
    }
    if (delayed == none && open == 0) return nullptr;
    if (delayed != none) {
        if (clauses_[delayed]->delay <= clock::duration::zero()) {
            chosen = delayed;
            return nullptr;
        }
        // Counted from the first look, also where this has to look anew.
        if (!timed_) alarm_.when = s_.later(clauses_[delayed]->delay);
        timed_ = true;
        s_.timers.add(alarm_);
        armed_ = true;
    }
    queued_ = 0;
    for (std::size_t k = 0; k < count_; ++k) {
        clause_core& c = *clauses_[k];
        if (!c.queued || c.of) continue;  // one that is given twice stands there once
        c.who = &me_;
        c.of = this;
        c.stream->enter(c);
        ++queued_;
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

void choice::settle_on(std::size_t clause) {
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

bool choice::woken() {
    if (!waited) return true;
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

void choice::withdraw_all(const wait_node* but, const stream_core* by) noexcept {
    if (armed_) s_.timers.remove(alarm_);
    armed_ = false;
    for (std::size_t i = 0; i < count_; ++i) {
        clause_core& c = *clauses_[i];
        if (!c.queued || &c == but) continue;
        c.queued = false;
        c.stream->withdraw(c, !by || c.stream != by);
    }
}

// The stream takes the node itself out of its queue.
void choice::commit(wait_node& clause, stream_core& by) noexcept {
    auto& c = static_cast<clause_core&>(clause);
    withdraw_all(&clause, &by);
    c.queued = false;
    c.of = nullptr;
    chosen = index_of(clause);
    (c.kind == clause_kind::send ? sender_of(c.end).selected : receiver_of(c.end).selected) = s_.selects;
    me_.where = c.stream;
    me_.end = c.end;
    me_.item = c.item;
    me_.sends = c.kind == clause_kind::send;
    me_.queue.of = this;
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
    if (why == outcome::ended) {
        if (c.hears_end && !receiver_of(c.end).told) {
            receiver_of(c.end).told = true;
            c.ended = true;
            withdraw_all(nullptr, nullptr);
            wake(index_of(clause), why);
            return;
        }
        c.queued = false;
        c.stream->withdraw(c, true);
        if (--queued_ == 0 && !armed_) wake(none, why);
        return;
    }
    if (why == outcome::gone) sender_of(c.end).unheard = true;
    withdraw_all(nullptr, nullptr);
    wake(index_of(clause), why);
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

guest::guest(stream_core& stream, receiver_end& of) noexcept : stream_(stream), of_(of) {
    stream_.open_guest(end_, of_);
}

guest::~guest() { stream_.close_guest(end_); }

void guest::take(bool waited) noexcept { stream_.take_for(end_, waited); }

}  // namespace weft::detail
