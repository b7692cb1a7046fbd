// SPDX-License-Identifier: BSL-1.0
// What the runtime keeps of a fiber. Plain code has a record too.
//
// - A fiber waits in one place at a time, so its record is also its node in the queue it waits in.
// - `state` says where the record is:
//     running  it runs, or stands in the ready list
//     waiting  `where` can take it out: a partner, a cancel, a timer or a deadlock may wake it
//     lent     its item is in use by `peer`; only the end of that use wakes it
//     fixed    it waits in a destructor; only what it waits for wakes it
//     done     its function has returned
// - Whoever wakes a record unlinks it first, sets `result` (or `item`), and then unparks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <typeinfo>

#include <weft/context.hpp>
#include <weft/export.hpp>
#include <weft/place.hpp>

namespace weft::detail {

struct record;
struct worker;
class scheduler_core;
class stack_pool;
class scope_core;
class choice;

/// What a wait came to.
enum class outcome : unsigned char {
    done,
    ended,      // the stream has ended
    gone,       // nobody receives any more
    failed,     // the stream has failed; its cause is thrown
    cancelled,  // this fiber was cancelled
    timed_out,  // a deadline has passed
    stuck,      // deadlock
    misused,    // the end was destroyed or moved while somebody waited in it
    on_its_way, // a loop was lent an item, but others ran before it
    unmoved,    // moving the item threw; the record's `failure` is what
    again,      // a select has to look anew
    empty,      // a moved-from end
    foreign     // an object of another thread
};

enum class fiber_state : unsigned char { running, waiting, lent, fixed, done };

/// Where fibers wait. It can let one go, and tell what it waits for.
class WEFT_API waitable {
 public:
    /// Takes out a waiting record, which will be told something else than what it waits for.
    virtual void leave(record& r) noexcept = 0;
    /// How and on what `r`, which waits here or has lent here, waits: "to send on channel 'lines'".
    virtual std::string describe(const record& r) const = 0;

 protected:
    ~waitable() = default;
};

/// Somebody who wants to know why a fiber is being unwound: with what it fails, if the exception leaves
/// the fiber before it waits again, else null.
class WEFT_API failure_watch {
 public:
    virtual void learn(const std::exception_ptr& failure, record& of) noexcept = 0;

    failure_watch* next_watch = nullptr;

 protected:
    ~failure_watch() = default;
};

/// A node of a wait queue: a record's own, or one for each clause of a select. Without a value while it is in
/// no queue.
struct wait_node {
    wait_node* before;
    wait_node* after;
    record* who;
    choice* of;  // null: the record's own

    void unlink() noexcept {
        wait_node *b = before, *a = after;
        b->after = a;
        a->before = b;
    }
    // Without loading again what has just been stored.
    void link_before(wait_node& other) noexcept {
        wait_node* b = other.before;
        b->after = this;
        other.before = this;
        before = b;
        after = &other;
    }
};

/// What a record can do that depends on the type of its function.
struct function_table {
    void (*run)(record&);  // runs the function and keeps its result
    void (*drop)(record&) noexcept;  // destroys and frees the record
    const std::type_info* type;
};

struct record {
    // What every switch touches: one cache line. `context` comes first, where an arrival files it. What has
    // no value here gets one when it is parked or readied.
    void* context = nullptr;  // at rest: where to go on; null: not started
    record* next;  // in the ready list
    void* item;  // a waiting loop is handed this; null: `result` says why not
    record* peer;  // the loop's lender; the lender's borrower
    waitable* where;  // what it waits in or has lent in, or did last
    const void* end;  // the end of a stream it waits in
    const char* file;  // where in the source it waits
    unsigned line;
    fiber_state state = fiber_state::running;
    outcome result = outcome::done;
    bool cancelled = false;
    bool takes = false;  // it waits to have an item moved to `item`, not lent

    record* joiner = nullptr;  // who waits for its end, or has
    failure_watch* watches = nullptr;
    std::exception_ptr failure;
    char* name = nullptr;  // owned; null: none
    unsigned heirs = 0;  // streams it failed that somebody still may receive from
    unsigned expired = 0;  // deadlines of it that have passed and are still there
    unsigned scopes = 0;  // opened by it and still there
    unsigned loops = 0;  // begun by it and still there
    std::uint16_t refusals = 0;  // thrown, one after the other, and swallowed
    bool failure_taken = false;
    bool resultless = false;  // it ended by a refusal
    bool spoiled = false;  // the end it has lent through was destroyed or moved meanwhile
    bool sends = false;  // it waits in a stream, as a sender
    bool paused = false;  // the loop that has its item was left; `item` is the loop's end
    bool recalled = false;  // taken out of a stream it waited to send in, and has not run since
    bool doomed = false;  // no stack could be had: it fails instead of running
    bool hosts = false;  // it has a host's loop, which waits on the thread's descriptor
    unsigned references = 1;  // the scheduler's, the handle's, and those of streams it failed

    // Set when it is spawned, started, or waits.
    alignas(8) control_words words;  // copied as one: never across two cache lines
    const function_table* function;
    scheduler_core* owner;
    worker* on;
    stack_pool* pool;
    scope_core* scope;  // null: its scope is gone, or it is plain code
    record* elder;  // in the scope's list, in the order of spawning
    record* younger;
    std::uint64_t id;
    place spawned;
    wait_node queue;

    explicit record(const function_table* table, scheduler_core* core, place at) noexcept
        : function(table), owner(core), spawned(at) {}
    ~record() {
        if (name) [[unlikely]]
            std::free(name);
    }
    record(const record&) = delete;
    record& operator=(const record&) = delete;

    /// Why it must not wait; `done` if it may.
    outcome refusal() const noexcept {
        return cancelled ? outcome::cancelled : expired ? outcome::timed_out : outcome::done;
    }
    place waits_at() const noexcept { return {file, line}; }
    void wait_at(place at) noexcept {
        file = at.file;
        line = static_cast<unsigned>(at.line);
    }
    void hold() noexcept { ++references; }
    void release() noexcept {
        if (--references == 0) function->drop(*this);
    }
};

static_assert(offsetof(record, context) == 0);

/// A first in, first out queue of those who wait.
class wait_queue {
 public:
    wait_queue() noexcept : head_{&head_, &head_, nullptr, nullptr} {}
    wait_queue(const wait_queue&) = delete;
    wait_queue& operator=(const wait_queue&) = delete;

    bool empty() const noexcept { return head_.after == &head_; }
    wait_node* first() const noexcept { return empty() ? nullptr : head_.after; }
    wait_node* after(const wait_node& n) const noexcept { return n.after == &head_ ? nullptr : n.after; }
    bool single() const noexcept { return !empty() && head_.after == head_.before; }
    void push_back(wait_node& n) noexcept { n.link_before(head_); }
    void push_front(wait_node& n) noexcept { n.link_before(*head_.after); }
    /// The record itself, and not a clause of a select, stands in the queue.
    void push_back(record& r) noexcept { push_back(own(r)); }
    void push_front(record& r) noexcept { push_front(own(r)); }

 private:
    static wait_node& own(record& r) noexcept {
        r.queue.who = &r;
        r.queue.of = nullptr;
        return r.queue;
    }
    wait_node head_;
};

}  // namespace weft::detail
