// SPDX-License-Identifier: BSL-1.0
// The meeting point of senders and receivers, without the type of the items.
//
// Not for users; the ends are in <weft/channel.hpp>.
//
// - Waiting senders and waiting receivers are never there at once: whoever comes finds a partner or waits.
// - `borrower` is the one loop that waits, when nothing else does and nothing is unusual; else null. It is
//   all that a send must look at. Otherwise those who wait stand in `takers` (loops and receives) or
//   `offers` (senders), first come, first served.
// - `quiet`: the stream is open, and both queues are empty. Then a loop that comes back may give its
//   item back and hand over to its lender without a further look.
// - A lent item belongs to its sender, who stays parked until the loop comes back for another (`lender`),
//   or the loop is gone. A loop that was left pauses its lender (`kept`): he can be woken then.
// - What the hot functions find unusual they leave to their `_slow` twins, which decide who runs next and
//   never switch.
#pragma once

#include <weft/item.hpp>
#include <weft/scheduler_core.hpp>

namespace weft::detail {

class stream_core;

/// What a sender's handle refers to.
struct sender_end {
    stream_core* stream = nullptr;
    sender_end* before = nullptr;  // in the stream's list of open senders
    sender_end* after = nullptr;
    std::uint64_t fiber = 0;       // in which the handle was last moved,
    unsigned in_flight = 0;        // and the exceptions that unwound it then
    unsigned waiting = 0;          // records in `offers` that wait in this end
    unsigned recalled = 0;         // records taken out of there that have not run since
    bool open = false;
    bool refused = false;    // an offer was refused for a cancel or a deadline: the stream is cut short
    bool unheard = false;    // a send was refused because nobody listens
    bool embedded = false;   // it lies in the stream's own memory
    place made;
};

/// What a receiver's handle and its loop refer to.
struct receiver_end {
    stream_core* stream = nullptr;
    void* item = nullptr;      // what the loop looks at; null: to be fetched
    record* lender = nullptr;  // whose item it is, or was until ++
    record* kept = nullptr;    // the same when something is unusual, or when the loop was left
    receiver_end* before = nullptr;
    receiver_end* after = nullptr;
    void* slot = nullptr;      // room for an item of its own
    unsigned waiting = 0;      // records in `takers` that wait in this end
    unsigned references = 1;   // the handle's, the loop's, and those of calls that wait in it
    bool open = false;         // the handle is there and not closed
    bool looping = false;      // an iterator lives
    bool owns = false;         // the item is in the slot
    record* looper = nullptr;  // the fiber that began the loop; null: it has ended
    place made;
    place begun;

    void hold() noexcept { ++references; }
    /// Comes back for another item; false: the stream has ended. The place is where the loop began.
    WEFT_HOT bool fetch();
};

/// The lists of a stream's ends.
template <class End>
void link(End*& list, End& e) noexcept {
    e.before = nullptr;
    e.after = list;
    if (list) list->before = &e;
    list = &e;
}

template <class End>
void unlink(End*& list, End& e) noexcept {
    (e.before ? e.before->after : list) = e.after;
    if (e.after) e.after->before = e.before;
}

/// Runs a stream's producer: that of a generator. Destroying it waits for the producer's end.
class WEFT_API source {
 public:
    virtual ~source() = default;
    /// Called once, at the first item that is asked for.
    virtual void start() = 0;

 protected:
    source() = default;
};

enum class stream_state : unsigned char {
    open,
    ended,    // every sender has gone in order
    failing,  // a sender was destroyed by an exception, and the fiber has not ended or waited since
    failed
};

class WEFT_API stream_core : public listed, public failure_watch {
 public:
    stream_core(const item_operations& operations, const char* name, place made);

    // Hot.
    record* borrower = nullptr;
    scheduler_core* owner;
    bool quiet = true;

    /// Lends `item`, and returns when its use is over.
    WEFT_HOT outcome lend(void* item, sender_end& by, place at) noexcept;

    record* lend_slow(void* item, sender_end& by, place at, outcome& came_to) noexcept;
    /// A send of the current fiber came to something else than `done`: its end notes what must be known later,
    /// if it is still there. `offered`: it is not thrown.
    static void refused(outcome came_to, bool offered) noexcept;
    record* fetch_slow(receiver_end& by, outcome& came_to);
    /// What came of a fetch without an item: true if it is there all the same, false at the end, else throws.
    WEFT_COLD bool fetched_nothing(receiver_end& by, outcome came_to);
    /// Throws what came instead of an item, or returns at the end.
    WEFT_COLD void nothing_came(outcome came_to);

    /// For receive(): null and `from` is whose item to move out now; or whom to jump to, waiting with
    /// `slot`; or null and what it came to.
    record* take_slow(receiver_end& by, void* slot, place at, record*& from, outcome& came_to);
    /// The same without waiting: whose item can be moved out, or null.
    record* take_ready(receiver_end& by);
    /// An item was moved out; its sender goes on. Or it could not be, and he waits again, first in line.
    void release(record& lender) noexcept;
    void put_back(record& lender) noexcept;

    /// For try_send: a waiting receiver, taken out, or null and why.
    record* claim(outcome& came_to);
    /// The item is in its slot; or it could not be moved there, and it waits again, first in line.
    void serve(record& claimed, void* item) noexcept;
    void unclaim(record& claimed) noexcept;

    void open_sender(sender_end& e, place at) noexcept;
    void open_receiver(receiver_end& e, place at) noexcept;
    /// `cut_short`: the handle was destroyed rather than closed.
    void close_sender(sender_end& e, bool destroyed) noexcept;
    void close_receiver(receiver_end& e) noexcept;
    void fail(const std::exception_ptr& cause) noexcept;
    void moved(sender_end& e) noexcept;
    /// Throws if it is moved inside its own loop.
    void moved(receiver_end& e);

    void begin_loop(receiver_end& e, place at);
    void leave_loop(receiver_end& e) noexcept;
    void drop(receiver_end& e) noexcept;
    void drop(sender_end& e) noexcept;

    bool over() const noexcept { return state_ != stream_state::open && offers_.empty(); }
    /// A destructor on another thread ends the process.
    void check_thread_or_die() const noexcept;

    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;
    void list_ends(std::string& text) const override;
    void forget(const record& r) noexcept override;
    void learn(const std::exception_ptr& failure, record& of) noexcept override;

    std::unique_ptr<source> producer;
    bool started = false;

 protected:
    ~stream_core();
    virtual void destroy() noexcept = 0;
    virtual void free_end(receiver_end& e) noexcept = 0;
    virtual void free_end(sender_end& e) noexcept = 0;

 private:
    std::string title() const;
    void queue_taker(record& r, bool first) noexcept;
    record& unqueue_taker(record& r) noexcept;
    void queue_offer(record& r, bool first) noexcept;
    record& unqueue_offer(record& r) noexcept;
    void recall(record& r, outcome why) noexcept;
    void settle() noexcept;
    void refresh() noexcept;
    void give_back(record& lender) noexcept;
    void pause(receiver_end& e) noexcept;
    void wait_here(record& me, const void* end, place at) noexcept;
    void lend_to(record& borrower_or_taker, record& me, void* item, const void* end, place at) noexcept;
    void expel(const sender_end& e) noexcept;
    bool expel(const receiver_end& e) noexcept;
    void wake_takers(outcome why) noexcept;
    void wake_offers(outcome why) noexcept;
    void end_as(stream_state state) noexcept;
    void start_producer();
    void end_producer() noexcept;
    void let_go() noexcept;
    void arrived(receiver_end& by, record& lender) noexcept;
    bool anything_lent() const noexcept;
    void free_buried() noexcept;

    const item_operations& operations_;
    wait_queue offers_;
    wait_queue takers_;
    wait_queue on_its_way_;  // lenders whose borrowers have not run since
    sender_end* senders_ = nullptr;
    receiver_end* receivers_ = nullptr;  // those that are open or have a loop
    unsigned open_senders_ = 0;
    unsigned open_receivers_ = 0;
    sender_end* buried_ = nullptr;  // closed, but named by records whose items are lent
    unsigned moving_ = 0;  // items that receive() is moving out
    unsigned orphans_ = 0;  // loops of closed receivers that still have an item
    unsigned references_ = 0;  // ends that are not freed yet
    stream_state state_ = stream_state::open;
    bool heir_ = false;  // counted in the culprit's heirs
    record* culprit_ = nullptr;  // the fiber whose failure the cause is
    std::exception_ptr cause_;  // null: stream_failed
    const char* name_;
    place made_;
};

WEFT_HOT outcome stream_core::lend(void* item, sender_end& by, place at) noexcept {
    scheduler_core* s = this_core;
    record* n = borrower;
    record* me;
    if (n && s == owner && (--s->budget >= 0 || s->again())) [[likely]] {
        me = s->current;
        borrower = nullptr;
        n->item = item;
        n->peer = me;
        n->state = fiber_state::running;
        me->peer = n;
        me->where = this;
        me->end = &by;
        me->file = at.file;
        me->line = static_cast<unsigned>(at.line);
        me->state = fiber_state::lent;
    } else {
        outcome came_to;
        n = lend_slow(item, by, at, came_to);
        if (!n) return came_to;
        me = s->current;
    }
    jump(*s, *me, *n);
    return me->result;
}

WEFT_HOT bool receiver_end::fetch() {
    scheduler_core* s = this_core;
    stream_core& on = *stream;
    record* n = lender;
    record* me;
    if (n && on.quiet && !on.borrower && s == on.owner && (--s->budget >= 0 || s->again())) [[likely]] {
        me = s->current;
        lender = nullptr;
        on.borrower = me;
        me->where = &on;
        me->end = this;
        me->file = begun.file;
        me->line = static_cast<unsigned>(begun.line);
        me->takes = false;
        me->state = fiber_state::waiting;
        n->result = outcome::done;
        n->state = fiber_state::running;
    } else {
        outcome came_to;
        n = on.fetch_slow(*this, came_to);
        if (!n) return came_to == outcome::done || on.fetched_nothing(*this, came_to);
        me = s->current;
    }
    jump(*s, *me, *n);
    if (!me->item) [[unlikely]]
        return stream->fetched_nothing(*this, me->result);
    item = me->item;
    lender = me->peer;
    return true;
}

}  // namespace weft::detail
