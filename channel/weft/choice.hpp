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
//   holds the end that was chosen, until its handler is done; and where it may have to look anew, the ends in
//   whose queues it does not stand.
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
    bool hears_end = false;  // it has a handler for the end of the stream
    bool queued = false;  // it stands in the queue of its stream
    bool ended = false;  // it was chosen since the stream has ended
    bool held = false;  // the select holds its end, though it is not chosen
    // What has no value here gets one from the select, or is for other kinds.
    unsigned index;  // its place among the clauses
    stream_core* stream = nullptr;
    void* end;  // a receiver_end or a sender_end
    void* item;  // to be sent
    clock::duration delay;  // of `after`
    place at;  // where it was made: a select waits where its first clause was

    clause_core(clause_kind k, place p) noexcept : kind(k), at(p) {}
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
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    /// All clauses are checked.
    choice(clause_core* const* clauses, std::size_t count, bool has_otherwise) noexcept
        : polls(has_otherwise), clauses_(clauses), count_(count), s_(*this_core), me_(*s_.current) {}
    ~choice() {
        if (held_) held_->stream->drop(receiver_of(held_->end));
        if (holds_) [[unlikely]]
            let_go();
    }
    choice(const choice&) = delete;
    choice& operator=(const choice&) = delete;

    /// Each clause is looked at, in their order; then it is decided. A select that is refused looks at none.
    void begin() {
        if (const outcome refusal = me_.refusal(); refusal != outcome::done && !polls) [[unlikely]]
            s_.raise(refusal, true);
        waited = false;
        chosen = otherwise_ = delayed_ = none;
        queued_ = 0;
    }
    void look_at_receiver(clause_core& c) {
        c.ended = false;
        receiver_end& from = receiver_of(c.end);
        looked_at(c, c.stream->look_at(from, c.hears_end), from.selected);
    }
    void look_at_sender(clause_core& c) noexcept {
        looked_at(c, c.stream->look_to_send(), sender_of(c.end).selected);
    }
    /// `after` and `otherwise`.
    void look_at_plain(clause_core& c) noexcept;
    /// Null: `chosen` is ready, or none if no clause is left; or whom to jump to while this waits.
    record* decide();
    /// After a jump. False: it has to look anew. Throws what the wait came to.
    bool woken() { return !waited || (me_.result == outcome::done && !me_.recalled) || woken_otherwise(); }

    std::size_t chosen = none;
    bool waited = false;  // a partner came while this waited: the record has the item, or is rid of it
    const bool polls;  // it has an `otherwise`

    // For streams.
    void commit(wait_node& clause, stream_core& by) noexcept;
    void tell(wait_node& clause, outcome why) noexcept;

    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;

 private:
    struct alarm_clock final : timer {
        choice& of;
        explicit alarm_clock(choice& c) noexcept;
    };
    // Of the clauses that are ready the one is chosen whose end was chosen least recently.
    void looked_at(clause_core& c, readiness r, std::uint64_t last_chosen) noexcept {
        c.queued = r == readiness::waits;
        if (c.queued) {
            ++queued_;
        } else if (r == readiness::ready && (chosen == none || last_chosen < oldest_ ||
                                             (last_chosen == oldest_ && sooner(c.index, chosen)))) {
            chosen = c.index;
            oldest_ = last_chosen;
        }
    }
    clock::duration delay_of(std::size_t after) const noexcept { return clauses_[after]->delay; }
    bool sooner(std::size_t a, std::size_t b) const noexcept;
    void settle_on(std::size_t clause);
    record* wait();
    void set_alarm();
    void withdraw_all(const wait_node* but, const stream_core* by) noexcept;
    void wake(std::size_t clause, outcome why) noexcept;
    bool woken_otherwise();
    void hold_chosen(clause_core& c) noexcept;
    WEFT_COLD void hold(clause_core& c) noexcept;
    WEFT_COLD void hold_all() noexcept;
    void let_go() noexcept;

    clause_core* const* clauses_;
    std::size_t count_;
    scheduler_core& s_;
    record& me_;
    std::uint64_t oldest_;  // when the end of the one that is chosen so far was last chosen
    std::size_t otherwise_;
    std::size_t delayed_;  // the `after` with the shortest delay
    unsigned queued_;
    bool holds_ = false;  // other ends than that of the chosen receiver
    clause_core* held_ = nullptr;  // the chosen receiver
    bool armed_ = false;
    std::optional<alarm_clock> alarm_;
};

/// An item in the hands of a handler.
class guest {
 public:
    guest(receiver_end& of, bool waited) noexcept : of_(of) { of_.stream->open_guest(end_, of_, waited); }
    ~guest() { of_.stream->close_guest(end_, of_); }
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;

    void* item() const noexcept { return end_.item; }

 private:
    receiver_end& of_;
    receiver_end end_;
};

/// The same where nothing is unusual, and the item lies in the buffer.
template <class T>
class stored_guest {
 public:
    explicit stored_guest(receiver_end& of) noexcept
        : of_(of), item_(static_cast<T*>(of.stream->buffer.pop())) {
        of_.hold();
    }
    ~stored_guest() {
        std::destroy_at(item_);
        of_.stream->free_place(item_);
        of_.stream->drop(of_);
    }
    stored_guest(const stored_guest&) = delete;
    stored_guest& operator=(const stored_guest&) = delete;

    T& item() const noexcept { return *item_; }

 private:
    receiver_end& of_;
    T* item_;
};

}  // namespace weft::detail
