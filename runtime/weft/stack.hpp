// SPDX-License-Identifier: BSL-1.0
// Stacks: reserving, guarding, reusing them.
//
// Not for users; they meet stacks only as `how::stack` and in the report of an overflow.
//
// - A stack is a slot of a large reserved region: a guard at the low end, then the usable part. Slots are
//   an odd number of pages apart and their tops are shifted by multiples of 64 bytes, so that the busy
//   ends of many stacks do not fall into the same sets of a cache.
// - No slot is used without a guard. If none can be had, there is no stack.
// - A worker is a context that runs one fiber after the other on its stack. It lies at the stack's top.
// - Idle workers are kept last in, first out, with their memory, up to a limit; past it the memory goes
//   back and the slot, still guarded, is kept.
#pragma once

#include <cstddef>
#include <vector>

#include <weft/context.hpp>

namespace weft::detail {

struct record;
class stack_pool;

/// A context between fibers or with one, and the stack under it. `context` comes first: whoever arrives
/// from a worker files it there.
struct worker {
    void* context = nullptr;
    worker* next = nullptr;     // in the pool's idle list
    record* runs = nullptr;     // the fiber on this stack, for the report of an overflow
    stack_pool* pool = nullptr;
    bool started = false;
    stack_bounds bounds;
};

constexpr std::size_t default_stack = 256 * 1024;
/// The smallest stack a fiber may ask for: 16 KiB, or what a signal needs and a little more.
WEFT_API std::size_t minimum_stack() noexcept;

/// The stacks of one size of one thread.
class stack_pool {
 public:
    explicit stack_pool(std::size_t usable);
    ~stack_pool();
    stack_pool(const stack_pool&) = delete;
    stack_pool& operator=(const stack_pool&) = delete;

    std::size_t usable() const noexcept { return usable_; }

    /// A worker at rest whose context goes on with the next fiber; null when no stack can be had.
    worker* take() noexcept {
        worker* w = idle_;
        if (!w) return make();
        idle_ = w->next;
        --idle_count_;
        return w;
    }

    /// Gives back a worker that is about to rest, or rests. True: too many rest; call trim() with the one
    /// that drop() returns.
    bool put(worker* w) noexcept {
        w->next = idle_;
        w->runs = nullptr;
        idle_ = w;
        return ++idle_count_ > idle_limit;
    }

    /// Takes the second of the idle workers, which has come to rest for certain, out of the list.
    worker* drop() noexcept;
    /// Gives the memory of a worker that will not be resumed back, and keeps its slot.
    void trim(worker* w) noexcept;
    worker* idle() const noexcept { return idle_; }

    static constexpr std::size_t idle_limit = 16384;

 private:
    struct region;

    worker* make() noexcept;
    char* slot() noexcept;
    bool reserve() noexcept;

    std::size_t usable_;
    std::size_t stride_;
    worker* idle_ = nullptr;
    std::size_t idle_count_ = 0;
    std::vector<region*> regions_;
    std::vector<char*> trimmed_;  // guarded slots at rest; its capacity covers every slot there is
    std::size_t slots_ = 0;
    char* fresh_ = nullptr;  // slots never used yet
    char* fresh_end_ = nullptr;
    std::size_t mapped_guards_ = 0;
    unsigned colour_ = 0;
};

/// How guards are made. Found out once, by use; tests may pretend.
enum class guard_kind : unsigned char { unknown, marker, mapping, none };
WEFT_API void pretend_guard(guard_kind kind) noexcept;
/// Guards `size` bytes at `low`, and tells how; none: it can not be done.
guard_kind guard(char* low, std::size_t size) noexcept;
/// So many guards by mapping no longer count, since their memory is going to be unmapped.
void unguard(std::size_t guards) noexcept;
std::size_t guard_size() noexcept;

/// One stretch of slots, readable from a signal handler.
struct stack_map {
    const char* low = nullptr;
    const char* high = nullptr;
    std::size_t stride = 0;
    std::size_t guarded = 0;  // bytes at the low end of each slot
};
/// The report of overflows knows the stretch from now on. Null: no memory.
stack_map* watch_stacks(const char* low, const char* high, std::size_t stride, std::size_t guarded) noexcept;
void forget_stacks(stack_map* map) noexcept;
/// The worker of the slot that begins at `slot`.
worker* worker_of_slot(const char* slot, std::size_t stride) noexcept;

/// Prepares the calling thread to report an overflow: an alternate signal stack, and the handler.
void report_overflows() noexcept;
void stop_reporting_overflows() noexcept;
/// The thread ends.
void never_report_overflows_again() noexcept;

}  // namespace weft::detail
