// SPDX-License-Identifier: BSL-1.0
// Waiting in several streams at once: a select without the types of its items and handlers.
//
// Not for users; they write select().
//
// - A clause is a node of the queue of its stream, as a record is. It lies in the select's frame.
// - First all streams are looked at. Only a select that has to wait enters its clauses into their queues, and it
//   is in all of them or in none: whoever takes it out of one by a clause takes it out of all others as well
//   (`commit`), and from then on its record is like one that waited in that stream alone.
// - `of` of a clause says in which select it waits; null: in none.
// - Two selects never stand in the way of each other: one of them came first and waits, and the other finds it.
//   A select never finds itself, since nobody looks at a queue in which he stands.
#pragma once

#include <optional>

#include <weft/clock.hpp>
#include <weft/stream.hpp>

namespace weft::detail {

enum class clause_kind : unsigned char { receive, send, after, otherwise };

/// A copy of one that waits does not wait.
struct clause_node : wait_node {
    clause_node() noexcept : wait_node() {}
    clause_node(const clause_node& other) noexcept : wait_node(other) { of = nullptr; }
    clause_node& operator=(const clause_node&) noexcept { return *this; }
};

struct clause_core : clause_node {
    clause_kind kind;
    bool hears_end = false;  // it has a handler for the end of the stream
    bool queued = false;  // it stands in the queue of its stream
    bool ended = false;  // it was chosen since the stream has ended
    stream_core* stream = nullptr;
    void* end = nullptr;  // a receiver_end or a sender_end
    void* item = nullptr;  // to be sent
    clock::duration delay{};  // of `after`
    place at;  // where it was made: a select waits where its first clause was

    clause_core(clause_kind k, place p) noexcept : kind(k), at(p) {}
};

/// The end in which a node of a stream's queue waits.
inline const void* end_of(const wait_node& n) noexcept {
    return n.of ? static_cast<const clause_core&>(n).end : n.who->end;
}

/// Which of the clauses it is going to be.
class WEFT_API choice final : public waitable {
 public:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    choice(clause_core* const* clauses, std::size_t count);
    ~choice();
    choice(const choice&) = delete;
    choice& operator=(const choice&) = delete;

    /// Looks for a clause that is ready. Null: `chosen` is it, or none if no clause is left; or whom to jump to
    /// while this waits.
    record* look();
    /// After a jump. False: it has to look anew. Throws what the wait came to.
    bool woken();

    std::size_t chosen = none;
    bool waited = false;  // a partner came while this waited: the record has the item, or is rid of it
    bool polls = false;  // it has an `otherwise`

    // For streams.
    void commit(wait_node& clause, stream_core& by) noexcept;
    void tell(wait_node& clause, outcome why) noexcept;

    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;

 private:
    struct alarm_clock final : timer {
        choice* of;
    };
    std::size_t index_of(const wait_node& clause) const noexcept;
    std::size_t nearest_delay() const noexcept;
    void check_clauses();
    void settle_on(std::size_t clause);
    void withdraw_all(const wait_node* but, const stream_core* by) noexcept;
    void wake(std::size_t clause, outcome why) noexcept;

    clause_core* const* clauses_;
    std::size_t count_;
    scheduler_core& s_;
    record& me_;
    unsigned queued_ = 0;
    alarm_clock alarm_;
    bool armed_ = false;
    bool timed_ = false;  // the alarm has its time
};

/// An item in the hands of a handler.
class WEFT_API guest {
 public:
    guest(stream_core& stream, receiver_end& of) noexcept;
    ~guest();
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;

    /// Takes the first item that is there; or, `waited`, the one that the record was given.
    void take(bool waited) noexcept;
    void* item() const noexcept { return end_.item; }

 private:
    stream_core& stream_;
    receiver_end& of_;
    receiver_end end_;
};

}  // namespace weft::detail
