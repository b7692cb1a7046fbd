// SPDX-License-Identifier: BSL-1.0
// The scheduler of a thread: the ready list, the current fiber, park and unpark, and the hand-over.
//
// Not for users; they see it as weft::scheduler.
//
// - Exactly one record is current. Every other one stands in the ready list, waits somewhere, or is done.
// - To park is to ask `next()` (or a partner) for the record to run, and to jump to it. What decides is
//   out of line and never jumps; the jump itself is inlined into the fiber's own code.
// - `budget` counts hand-overs down. Below zero, the next one goes through the queue, and whatever is
//   unusual is looked at. While `odd` is not zero it stays below zero: then a cancelled fiber lives, a
//   failure looks for its streams, a scope watches a round, or a host's turn is watched, and no hand-over
//   may pass unseen.
// - `rings`: a host that waits on the thread's descriptor has its turn, and nobody is ready. Whoever becomes
//   ready then must be told to it.
#pragma once

#include <exception>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <weft/errors.hpp>
#include <weft/record.hpp>
#include <weft/stack.hpp>
#include <weft/timers.hpp>

namespace weft::detail {

class reactor;

/// Something that a deadlock report lists, such as a stream with its open ends.
class WEFT_API listed {
 public:
    listed(const listed&) = delete;
    listed& operator=(const listed&) = delete;
    /// A line for each open end, appended.
    virtual void list_ends(std::string&) const {}
    /// The fiber has ended, and loops that it began are still there.
    virtual void forget(const record&) noexcept {}
    /// No fiber of the thread will run any more.
    virtual void thread_ends() noexcept {}

    listed* earlier = nullptr;
    listed* later = nullptr;

 protected:
    listed() noexcept = default;
    ~listed() = default;
};

/// Hand-overs in a row before the next goes through the queue.
constexpr int hand_overs = 64;

class WEFT_API scheduler_core {
 public:
    scheduler_core();
    ~scheduler_core();
    scheduler_core(const scheduler_core&) = delete;
    scheduler_core& operator=(const scheduler_core&) = delete;

    // Hot.
    record* current;
    int budget = hand_overs;
    bool announced;  // sanitizers listen: every jump takes the careful way
    exception_state* exceptions;
    int* errno_here;
    void* jump_to;
    record* ready = nullptr;
    record* last_ready;  // no value while none is ready
    unsigned odd = 0;
    bool rings = false;

    /// Makes a record that is in no list run again, after those that are ready already.
    void unpark(record& r) noexcept {
        if (rings) [[unlikely]]
            ring();
        unpark_quietly(r);
    }
    /// The same where no host can have its turn, or the caller tells it.
    void unpark_quietly(record& r) noexcept {
        r.state = fiber_state::running;
        r.next = nullptr;
        // A branch and not a pointer to the last link: what is stored here is loaded again at once.
        if (ready)
            last_ready->next = &r;
        else
            ready = &r;
        last_ready = &r;
    }

    /// The current record has put itself where somebody will find it (or is done): who runs instead? It may
    /// be itself. Waits for timers when nobody is ready, and ends a deadlock.
    record* next() noexcept;
    /// The same for a partner that is to run at once; through the queue if the budget is used up.
    record* hand_over(record& to) noexcept {
        if (odd || --budget < 0) [[unlikely]]
            return hand_over_slow(to);
        to.state = fiber_state::running;
        return &to;
    }
    /// The budget is used up. True: nobody else wants to run, go on with a new one.
    bool again() noexcept;
    /// One turn of the queue for the current record; null: nobody else wants to run.
    record* give_way() noexcept;

    /// Wakes a record from where it waits to tell it something else; false: it can not be woken now.
    bool wake_with(record& r, outcome why) noexcept;
    void cancel(record& r) noexcept;
    void alarm() noexcept {
        if (odd++ == 0) hand_overs_looked_at_ = 0;
        budget = 0;
    }
    void calm() noexcept {
        if (--odd == 0) budget = hand_overs;
    }
    /// Scopes, streams and fibers' handles refer to this; it outlives the thread for them.
    void hold() noexcept { ++objects_; }
    void let_go() noexcept {
        if (--objects_ == 0 && thread_ended_) delete this;
    }
    void thread_ends() noexcept;

    /// While the exception that unwinds the current fiber is not known, `watch` waits for it.
    void watch_failure(failure_watch& watch) noexcept;
    WEFT_COLD void tell_watches(record& r, const std::exception_ptr& failure) noexcept;

    /// The slow part of a jump: exceptions in flight, sanitizers.
    void jump_carefully(record& me, record& to) noexcept;

    /// Counts a thrown refusal; a fiber that swallows a thousand in a row is named and the process aborts.
    void count_refusal() noexcept;
    /// Throws what a wait came to, or returns: for `done`, and where an exception is in flight and the
    /// caller needs no value.
    WEFT_COLD void raise(outcome why, bool needs_value);

    /// Wakes those whose time has come, and those whom something outside wakes.
    WEFT_COLD void fire_due_timers() noexcept;
    clock::time_point now() const noexcept;
    /// `length` from now; a time beyond the clock's end is its end.
    clock::time_point later(clock::duration length) const noexcept;
    /// When the first timer will be due, by whatever clock the thread goes by; its end: never.
    clock::time_point first_timer() const noexcept {
        return timers.empty() ? clock::time_point::max() : timers.first().when;
    }

    /// What wakes fibers from outside. Made at the first use: throws std::system_error, std::bad_alloc.
    WEFT_COLD reactor& outside();
    reactor* outside_if_any() const noexcept { return outside_.get(); }
    /// A host has its turn, and somebody is ready.
    WEFT_COLD void ring() noexcept;
    /// The timers, or the clock, were changed by code that may be a host's and does not wait now.
    void time_changed() noexcept {
        if (outside_) [[unlikely]]
            tell_host();
    }

    [[noreturn]] void work(worker& w) noexcept;
    /// The stacks of that size, 0 for the default. The first use also makes sure that a fiber for which no
    /// stack can be had will have one to fail on: it throws std::bad_alloc if even that can not be had.
    stack_pool& pool_for(std::size_t stack);
    /// Those of the default size; null before the first use, and after the thread's last scope is gone.
    stack_pool* default_pool() const noexcept { return default_pool_; }
    WEFT_COLD void last_scope_gone() noexcept;

    /// Memory for a record, aligned to 64 bytes: kept by size and reused, last in, first out. Under
    /// AddressSanitizer it comes from the heap, where a use after the end is seen.
    void* allocate(std::size_t size) {
        const std::size_t units = units_of(size);
        if (units < std::size(blocks_) && blocks_[units]) {
            void* block = blocks_[units];
            blocks_[units] = *static_cast<void**>(block);
            return block;
        }
        return carve(units);
    }
    void release(void* memory, std::size_t size) noexcept {
        const std::size_t units = units_of(size);
        if (units < std::size(blocks_) && !announced) {
            *static_cast<void**>(memory) = blocks_[units];
            blocks_[units] = memory;
            return;
        }
        ::operator delete(memory, std::align_val_t{block_unit});
    }

    void enlist(listed& l) noexcept;
    void delist(listed& l) noexcept;
    listed* first_listed() const noexcept { return listed_; }

    record plain;  // the thread's own code, a host's loop perhaps
    timer_heap timers;
    scope_core* scopes = nullptr;
    scope_core* watchers = nullptr;  // scopes that watch a round; each is odd
    std::uint64_t closings = 1;  // counts scopes that begin to close, or cease to, or change their place
    unsigned watched_depth = 0;  // of the outermost of them
    std::uint64_t last_watch = 0;  // when the last of them began, in
    std::uint64_t runs = 0;  // fibers that ran while somebody watched
    std::uint64_t last_id = 0;
    std::uint64_t selects = 0;  // so far
    const control_words usual_words;  // the thread's, when it first used weft
    clock::time_point* virtual_now = nullptr;  // a virtual clock's time, else null
    stack_bounds* leaving = nullptr;  // during an announced jump: the stack it came from
    std::string deadlock_text;

 private:
    static constexpr std::size_t block_unit = 64;
    static constexpr std::size_t units_of(std::size_t size) noexcept {
        return (size + block_unit - 1) / block_unit;
    }
    void* carve(std::size_t units);
    record* pick() noexcept;
    record* hand_over_slow(record& to) noexcept;
    WEFT_COLD void tell_host() noexcept;
    WEFT_COLD void look_at_timers() noexcept;
    WEFT_COLD void look_at(const record& n) noexcept;
    void look_back() noexcept;
    void run_timers() noexcept;
    bool equip(record& r) noexcept;
    WEFT_COLD bool doom(record& r) noexcept;
    stack_pool& make_pool(std::size_t size);
    WEFT_COLD void idle() noexcept;
    void stuck() noexcept;
    void rest(worker& w) noexcept;
    void free_reserve() noexcept;
    void end_worker(worker& w) noexcept;
    void end_workers() noexcept;

    std::size_t objects_ = 0;
    bool thread_ended_ = false;
    std::unique_ptr<reactor> outside_;
    worker plain_worker_;
    std::vector<std::unique_ptr<stack_pool>> pools_;
    stack_pool* default_pool_ = nullptr;
    worker* reserve_ = nullptr;
    bool reserve_busy_ = false;
    record* starved_ = nullptr;  // fibers without a stack, waiting for the reserve
    record** starved_end_ = &starved_;
    int until_timers_ = hand_overs;
    int hand_overs_looked_at_ = 0;  // in a row, while something is odd
    listed* listed_ = nullptr;
    void* blocks_[17] = {};  // free blocks, by size in units of 64 bytes
    void* slabs_ = nullptr;  // all of them, linked by their first word
    char* slab_ = nullptr;
    char* slab_end_ = nullptr;
};

#define WEFT_THREAD_POINTER __thread __attribute__((tls_model("initial-exec")))
/// The calling thread's scheduler, null before its first use. Known at link time to lie at a fixed distance
/// from the thread pointer: reading it is one instruction, also from a shared library.
extern WEFT_API WEFT_THREAD_POINTER scheduler_core* this_core;

/// Makes the calling thread's scheduler.
WEFT_API WEFT_COLD scheduler_core& make_core();

inline scheduler_core& core_here() {
    scheduler_core* s = this_core;
    return s ? *s : make_core();
}

/// From `me`, which is current, to `to`; returns when somebody jumps to `me` again.
WEFT_HOT void jump(scheduler_core& s, record& me, record& to) noexcept {
    if (s.exceptions->caught || s.exceptions->uncaught || s.announced) [[unlikely]] {
        s.jump_carefully(me, to);
        return;
    }
    s.current = &to;
    const int error = *s.errno_here;
    const transfer from = raw_jump(s.jump_to, to.context, &me);
    *static_cast<void**>(from.word) = from.context;
    *s.errno_here = error;
}

/// A fiber's function has returned or thrown, and all that it owned is gone. Defined beside scopes.
void finish(record& r) noexcept;
/// Cancels the fibers of the scopes that `r` opened.
void cancel_scopes_of(const record& r) noexcept;
/// `r` is going to run, and somebody watches the round.
void note_running(const record& r) noexcept;
/// Nobody but its scope can take the failure of `r` any more.
WEFT_API void disown(record& r) noexcept;
/// Throws if the object's scheduler is not this thread's.
inline void check_thread(const scheduler_core* owner) {
    if (owner != this_core) [[unlikely]]
        core_here().raise(outcome::foreign, true);
}

std::string describe_deadlock(const scheduler_core& s);
/// " (made at FILE:LINE)", or nothing where that is unknown.
std::string made_at(place where);
/// "a KIND 'NAME' (made at FILE:LINE)", as far as that is known.
std::string title_of(const char* kind, const char* name, place made);
/// "fiber 'NAME' (spawned at FILE:LINE)".
WEFT_API std::string name_of(const record& r);
/// "TYPE: what() of it".
std::string describe_failure(const std::exception_ptr& failure);
[[noreturn]] void throw_deadlock(scheduler_core& s);

}  // namespace weft::detail
