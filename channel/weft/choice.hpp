// SPDX-License-Identifier: BSL-1.0
// Waiting in several streams at once: a select without the types of its items and handlers.
//
// Not for users; they write select().
//
// - A clause is a node of the queue of its stream, as a record is. It lies in the select's frame.
// - First all streams are looked at. Only a select that has to wait enters its clauses into their queues, and
//   it is in all of them or in none: whoever takes it out of one by a clause takes it out of all others as
//   well (`commit`), and from then on its record is like one that waited in that stream alone.
// - `of` of a clause says in which select it waits; null: in none.
// - What it waits in it need not hold: whoever goes tells it first, and then it looks at that end no more. It
//   holds the end that was chosen, until its handler is done; and all, as soon as it may have to look anew.
// - Two selects never stand in the way of each other: one of them came first and waits, and the other finds
//   it. A select never finds itself, since nobody looks at a queue in which he stands.
#pragma once

#include <optional>

#include <weft/clock.hpp>
#include <weft/stream.hpp>

namespace weft::detail {

enum class clause_kind : unsigned char { receive, send, after, otherwise };

/// A copy of one that waits does not wait.
struct clause_node : wait_node {
    clause_node() noexcept { of = nullptr; }
    clause_node(const clause_node&) noexcept : clause_node() {}
    clause_node& operator=(const clause_node&) noexcept { return *this; }
};

struct clause_core : clause_node {
    clause_kind kind;
    bool hears_end;  // it has a handler for the end of the stream
    bool out;  // it has no stream to wait in, or that is over
    // What has no value here is for other kinds.
    stream_core* stream = nullptr;
    void* end;  // a receiver_end or a sender_end
    void* item;  // to be sent
    clock::duration delay;  // of `after`
    place at;  // where it was made: a select waits where its first clause was

    clause_core(clause_kind k, bool ends, place p) noexcept
        : kind(k), hears_end(ends), out(k == clause_kind::after || k == clause_kind::otherwise), at(p) {}
    /// It is an `otherwise`.
    static constexpr bool polls() noexcept { return false; }
    /// Throws if the end is empty or another thread's, or the clause waits.
    void check(const scheduler_core& core) const {
        if (!stream || stream->owner != &core || of) [[unlikely]]
            refuse();
    }
    [[noreturn]] WEFT_API WEFT_COLD void refuse() const;
};

/// The end in which a node of a stream's queue waits.
inline const void* end_of(const wait_node& n) noexcept {
    return n.of ? static_cast<const clause_core&>(n).end : n.who->end;
}

/// Which of the clauses it is going to be.
class WEFT_API choice final : public waitable {
 public:
    /// All clauses are checked.
    choice(scheduler_core& core, clause_core* const* clauses, std::size_t count, bool has_otherwise) noexcept
        : polls(has_otherwise), clauses_(clauses), count_(count), s_(core), me_(*core.current) {}
    ~choice() {
        if (holds_chosen_) chosen->stream->drop(receiver_of(chosen->end));
        if (holds_) [[unlikely]]
            let_go();
    }
    choice(const choice&) = delete;
    choice& operator=(const choice&) = delete;

    /// Each clause is looked at, in their order; then it is decided. A select that is refused looks at none.
    void begin() {
        if (const outcome refusal = me_.refusal(); refusal != outcome::done && !polls) [[unlikely]]
            s_.raise(refusal, true);
        waited = ended = false;
        chosen = otherwise_ = delayed_ = nullptr;
    }
    void look_at_receiver(clause_core& c) {
        receiver_end& from = receiver_of(c.end);
        looked_at(c, c.stream->look_at(from, c.hears_end), from.selected);
    }
    void look_at_sender(clause_core& c) noexcept {
        looked_at(c, c.stream->look_to_send(), sender_of(c.end).selected);
    }
    /// `after` and `otherwise`.
    void look_at_plain(clause_core& c) noexcept;
    /// Null: `chosen` is ready, or null as well if no clause is left; or whom to jump to while this waits.
    record* decide();
    /// After a jump. False: it has to look anew. Throws what the wait came to.
    bool woken() { return !waited || (me_.result == outcome::done && !me_.recalled) || woken_otherwise(); }

    clause_core* chosen;
    bool waited;  // a partner came while this waited: the record has the item, or is rid of it
    bool ended;  // the clause was chosen since its stream has ended
    const bool polls;  // it has an `otherwise`

    // For streams.
    void commit(wait_node& clause) noexcept;
    void tell(wait_node& clause, outcome why) noexcept;
    void look_anew() noexcept;

    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;

 private:
    friend stream_core;

    struct alarm_clock final : timer {
        choice& of;
        explicit alarm_clock(choice& c) noexcept;
    };
    // Of the clauses that are ready the one is chosen whose end was chosen least recently.
    void looked_at(clause_core& c, readiness r, std::uint64_t last_chosen) noexcept {
        if (r == readiness::waits) return;
        if (r == readiness::left_out) {
            c.out = true;
        } else if (!chosen || last_chosen < oldest_ || (last_chosen == oldest_ && sooner(c, *chosen))) {
            chosen = &c;
            oldest_ = last_chosen;
        }
    }
    bool sooner(const clause_core& a, const clause_core& b) const noexcept;
    void settle_on(clause_core& c);
    record* wait();
    WEFT_COLD void prepare_wait(const clause_core& c);
    void set_alarm();
    void choose_receiver(clause_core& c) noexcept;
    void withdraw_all(const clause_core* but) noexcept;
    WEFT_COLD void disarm() noexcept;
    void wake(clause_core* clause, outcome why) noexcept;
    bool woken_otherwise();
    // A receiver.
    void hold_chosen(clause_core& c) noexcept;
    WEFT_COLD void hold_all() noexcept;
    void let_go() noexcept;

    bool holds_chosen_ = false;  // the chosen receiver
    bool holds_ = false;  // all ends
    bool armed_ = false;
    unsigned queued_;  // clauses that stand in the queues of their streams
    clause_core* otherwise_;
    clause_core* delayed_;  // the `after` with the shortest delay
    clause_core* const* clauses_;
    std::size_t count_;
    scheduler_core& s_;
    record& me_;
    std::uint64_t oldest_;  // when the end of the one that is chosen so far was last chosen
    std::optional<alarm_clock> alarm_;
};

/// An item in the hands of a handler.
class guest {
 public:
    /// `waited`: it has come to the current record.
    guest(stream_core& of, bool waited) noexcept
        : of_(of),
          found_(waited ? found_item{of.owner->current->peer, of.owner->current->item} : of.open_guest()) {}
    ~guest() { of_.close_guest(found_); }
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;

    void* item() const noexcept { return found_.lender ? found_.lender->item : found_.stored; }

 private:
    stream_core& of_;
    const found_item found_;
};

/// The same where nothing is unusual, and the item lies in the buffer.
template <class T>
class stored_guest {
 public:
    explicit stored_guest(stream_core& of) noexcept : of_(of), item_(static_cast<T*>(of.buffer.pop())) {}
    ~stored_guest() {
        std::destroy_at(item_);
        of_.free_place(item_);
    }
    stored_guest(const stored_guest&) = delete;
    stored_guest& operator=(const stored_guest&) = delete;

    T& item() const noexcept { return *item_; }

 private:
    stream_core& of_;
    T* item_;
};

}  // namespace weft::detail
