// SPDX-License-Identifier: BSL-1.0
// The meeting point of senders and receivers, without the type of the items.
//
// Not for users; the ends are in <weft/channel.hpp>.
//
// - Waiting senders and waiting receivers are never there at once: whoever comes finds a partner or waits.
// - `borrower` is the one loop that waits, when nothing else does and nothing is unusual; else null. It is
//   all that a send must look at. Otherwise those who wait stand in `takers` (loops and receives) or
//   `offers` (senders), first come, first served.
// - `lone_taker` is the one that waits for an item to be moved to it, when nothing else does and nothing is
//   unusual: a receive(), or with a capacity a loop; else null. So at most one of the two is not null.
// - `lone_clause` is the same for the clause of a select that waits for an item.
// - `quiet`: the stream is open, and both queues are empty. Then a loop that comes back may give its
//   item back and hand over to its lender without a further look. While there is a lone taker it is not.
// - With a capacity nothing is lent by its sender: an item is moved into a place of the buffer, from where a
//   loop is lent it. Senders wait in `offers` only while the buffer is full, and enter it in their order when
//   a place frees. `room` is the capacity while a send need look at nothing else, and 0 otherwise; `flowing`
//   says the same to those who take from the buffer: no sender waits for the place.
// - Items that a source brings may lie elsewhere: in places of its own, each of which it frees (`free_elsewhere`).
//   They are never moved on their way, the buffer has at most one of them, and nothing else; and the hot functions
//   leave all to their twins, since it is neither `quiet` nor `flowing`.
// - A lent item belongs to its sender, who stays parked until the loop comes back for another (`lender`),
//   or the loop is gone. A loop that was left pauses its lender (`kept`): he can be woken then.
// - The hot functions are in <weft/hand_over.hpp>. What they find unusual they leave to their `_slow` twins
//   here, which decide who runs next and never switch.
#pragma once

#include <memory>
#include <optional>

#include <weft/buffer.hpp>
#include <weft/ends.hpp>
#include <weft/scheduler_core.hpp>
#include <weft/source.hpp>

namespace weft::detail {

class stream_core;
struct clause_core;

/// What a select finds of a clause.
enum class readiness : unsigned char { ready, waits, left_out };

enum class stream_state : unsigned char {
    open,
    ended,  // every sender has gone in order
    failing,  // a sender was destroyed by an exception, and the fiber has not ended or waited since
    failed
};

class WEFT_API stream_core : public waitable, public listed, public failure_watch {
 public:
    stream_core(const item_operations& operations, std::size_t capacity, const char* name, place made);

    // Hot, the hottest first: an unbuffered item costs this cache line and that of a receiver's end.
    alignas(64) record* borrower = nullptr;
    scheduler_core* owner;
    bool quiet = true;
    bool flowing = true;
    record* lone_taker = nullptr;
    clause_core* lone_clause = nullptr;
    std::size_t room = 0;
    item_buffer buffer;

    /// Lends `item`, and returns when its use is over; or moves it into the buffer.
    template <class T>
    WEFT_HOT outcome send(object_of<T>& item, sender_end& by, place at) noexcept;
    /// Whether the first item of the buffer can be taken, and nothing else need be looked at.
    WEFT_HOT bool flows(const receiver_end& to, const scheduler_core& s) const noexcept {
        return !buffer.empty() && flowing && to.open && !s.odd;
    }

    /// For receive(): null and what to move out now, if it is not in `slot` already; or whom to jump to,
    /// waiting with `slot`; or null and what it came to.
    template <class T>
    WEFT_HOT record* take(receiver_end& by, std::optional<taken_of<T>>& slot, place at, found_item& found,
                          outcome& came_to);

    /// To a clause that waits.
    record* lend_to_clause(clause_core& c, void* item, sender_end& by, place at) noexcept;
    record* send_slow(void* item, sender_end& by, place at, outcome& came_to) noexcept;
    /// A send of the current fiber came to something else than `done`: its end notes what must be known
    /// later, if it is still there. `offered`: it is not thrown.
    static void refused(outcome came_to, bool offered) noexcept;
    record* fetch_slow(receiver_end& by, outcome& came_to);
    /// What came of a fetch without an item: true if it is there all the same, false at the end, else throws.
    WEFT_COLD bool fetched_nothing(receiver_end& by, outcome came_to);
    /// Throws what came instead of an item, or returns at the end.
    WEFT_COLD void nothing_came(outcome came_to);

    record* take_slow(receiver_end& by, void* slot, place at, found_item& found, outcome& came_to);
    /// The same without waiting.
    found_item take_ready(receiver_end& by);
    /// An item was moved out, and whoever had it goes on; or it could not be, and waits again, as the first.
    void release(const found_item& moved) noexcept;
    void put_back(const found_item& not_moved) noexcept;
    /// The item in a place was used up.
    void discard(void* stored) noexcept;

    /// Sends without waiting.
    send_status try_send(void* item);

    /// For select(): whether a clause can be chosen now. A generator that nobody has asked yet starts.
    readiness look_at(receiver_end& e, bool hears_end) {
        if (e.open && started && !e.kept) [[likely]] {
            if (has_for(e)) return readiness::ready;
            if (state_ == stream_state::open) return readiness::waits;
        }
        return look_slow(e, hears_end);
    }
    readiness look_to_send() const noexcept {
        if (state_ != stream_state::open || open_receivers_ == 0) return readiness::ready;  // sending throws
        const bool taken = has_waiting_taker() || (buffer.used() < capacity_ && offers_.empty());
        return taken ? readiness::ready : readiness::waits;
    }
    bool has_for(const receiver_end& e) const noexcept {
        return e.open && (!buffer.empty() || !offers_.empty());
    }
    /// Of a stream that is over: ended or failed.
    outcome end_came_to() const noexcept {
        return state_ == stream_state::failed ? outcome::failed : outcome::ended;
    }
    void enter(clause_core& c) noexcept;
    void withdraw(clause_core& c) noexcept;
    /// A handler gets the first item that is there.
    found_item open_guest() noexcept;
    void close_guest(found_item item) noexcept;
    void leave_select(sender_end& e) noexcept;
    /// The item in a place was destroyed.
    void give(void* place) noexcept {
        if (free_elsewhere_) [[unlikely]]
            free_elsewhere_(place);
        else
            buffer.give(place);
    }
    /// The same in the hot functions, where places are the buffer's.
    void free_place(void* place) noexcept {
        buffer.give(place);
        if (!flowing) [[unlikely]]  // others ran meanwhile
            refill();
    }
    std::string describe(const clause_core& c) const;

    /// A place for the item in the hands of one more receiver. Throws std::bad_alloc.
    void provide_for_receiver();
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
    void drop(receiver_end& e) noexcept {
        if (--e.references == 0) [[unlikely]]
            drop_last(e);
    }
    void drop(sender_end& e) noexcept;

    bool over() const noexcept {
        return state_ != stream_state::open && offers_.empty() && buffer.used() == 0;
    }
    std::size_t capacity() const noexcept { return capacity_; }
    bool moves_safely() const noexcept { return operations_.moves_safely; }
    /// A destructor on another thread ends the process.
    void check_thread_or_die() const noexcept;

    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;
    void list_ends(std::string& text) const override;
    void forget(const record& r) noexcept override;
    void learn(const std::exception_ptr& failure, record& of) noexcept override;

    std::unique_ptr<source> producer;
    bool started = true;  // false: `producer` is to be asked
    /// Asks the producer for an item. What nobody waits for it lays down; or it ends the stream.
    void start_producer();
    /// Somebody is going to wait. Throws what the producer throws.
    void prepare_wait() {
        if (!started) [[unlikely]]
            producer->prepare();
    }
    /// Items lie elsewhere; `free` is for the place of one that has been destroyed.
    void take_from_elsewhere(void (*free)(void* place) noexcept) noexcept;
    /// Such an item, for the first who waits, or for who asks.
    void lay(void* item) noexcept;
    /// No more will come.
    void finish() noexcept;
    bool has_waiting_taker() const noexcept {
        return borrower || lone_taker || lone_clause || !takers_.empty();
    }

 protected:
    ~stream_core();
    virtual void destroy() noexcept = 0;
    virtual void free_end(receiver_end& e) noexcept = 0;
    virtual void free_end(sender_end& e) noexcept = 0;

 private:
    /// An item is moved, and others may run meanwhile: the stream stays, and the memory of its ends.
    struct in_motion {
        stream_core& stream;
        explicit in_motion(stream_core& s) noexcept : stream(s) { ++s.references_, ++s.moving_; }
        ~in_motion() {
            --stream.moving_;
            stream.let_go();
        }
        in_motion(const in_motion&) = delete;
        in_motion& operator=(const in_motion&) = delete;
    };

    std::string title() const;
    void queue_taker(record& r, bool first) noexcept;
    record& unqueue_taker(wait_node& n) noexcept;
    void queue_offer(record& r, bool first) noexcept;
    record& unqueue_offer(wait_node& n) noexcept;
    void recall(record& r, outcome why) noexcept;
    void settle() noexcept;
    void refresh() noexcept;
    wait_node* first_taker() noexcept;
    void enter_queue(clause_core& c) noexcept;
    void leave_queue(clause_core& c) noexcept;
    void queue_lone() noexcept;
    void unqueue_lone() noexcept;
    readiness look_slow(receiver_end& e, bool hears_end);
    void give_back(record& lender) noexcept;
    void pause(receiver_end& e) noexcept;
    void wait_here(record& me, const void* end, place at) noexcept;
    void note_loan(record& lender) noexcept;
    void forget_loan(record& lender) noexcept;
    void lend_to(record& borrower_or_taker, record& me, void* item, const void* end, place at) noexcept;
    void expel(const sender_end& e) noexcept;
    bool expel(const receiver_end& e) noexcept;
    record& claim(wait_node& taker) noexcept;
    void serve(record& claimed, void* item);
    void unclaim(record& claimed) noexcept;
    template <class T>
    WEFT_HOT bool store(T& item) noexcept;
    template <class T>
    WEFT_HOT bool serve_taker(object_of<T>& item) noexcept;
    template <class T>
    WEFT_HOT void take_out(std::optional<taken_of<T>>& slot) noexcept;
    WEFT_COLD void drop_last(receiver_end& e) noexcept;
    void* stored(void* item);
    void serve_from_buffer() noexcept;
    void publish(void* filled) noexcept;
    void refill() noexcept;
    record* wait_to_send(void* item, sender_end& by, place at, outcome& came_to) noexcept;
    record* store_slow(void* item, sender_end& by, place at, outcome& came_to) noexcept;
    void empty_buffer() noexcept;
    void wake(wait_node& waiter, outcome why) noexcept;
    void wake_takers(outcome why) noexcept;
    void wake_offers(outcome why) noexcept;
    void end_as(stream_state state) noexcept;
    WEFT_COLD void tell_producer() noexcept;
    // Waits for the producer's end; the handle or the loop holds the stream meanwhile. A producer whose item
    // is still in use by the loop of a closed receiver, or a handler, ends when that is done with it.
    void end_producer() noexcept {
        if (open_receivers_ == 0 && orphans_ == 0 && !lone_loan_ && loans_.empty()) [[unlikely]]
            producer.reset();
    }
    void let_go() noexcept {
        if (--references_ == 0) [[unlikely]]
            end();
    }
    WEFT_COLD void end() noexcept;
    void arrived(receiver_end& by, record& lender) noexcept;
    bool named(const sender_end& e) const noexcept;
    void free_buried() noexcept;

    const item_operations& operations_;
    const std::size_t capacity_;
    void (*free_elsewhere_)(void*) noexcept = nullptr;
    wait_queue offers_;
    wait_queue takers_;
    record* lone_loan_ = nullptr;  // a lender that no receiver's end names
    wait_queue loans_;  // more of them: their items are handlers', or on their way
    sender_end* senders_ = nullptr;
    receiver_end* receivers_ = nullptr;  // those that are open or have a loop
    unsigned open_senders_ = 0;
    unsigned open_receivers_ = 0;
    unsigned hands_ = 1;  // receivers that there are places for
    sender_end* buried_ = nullptr;  // closed, but named by records whose items are lent
    unsigned moving_ = 0;  // items that are being moved in or out
    unsigned orphans_ = 0;  // loops of closed receivers that still have an item
    unsigned references_ = 0;  // ends that are not freed yet
    stream_state state_ = stream_state::open;
    bool heir_ = false;  // counted in the culprit's heirs
    record* culprit_ = nullptr;  // the fiber whose failure the cause is
    std::exception_ptr cause_;  // null: stream_failed
    const char* name_;
    place made_;
};

}  // namespace weft::detail
