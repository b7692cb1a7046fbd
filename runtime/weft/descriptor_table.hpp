// SPDX-License-Identifier: BSL-1.0
// Which fibers wait for which descriptors, and what the kernel is told of it.
//
// Not for users; they have wait_readable() and wait_writable().
//
// - Each descriptor has a queue for either direction. An event wakes the first of a queue; the others wait for
//   the next event, which the kernel is asked for when the thread looks out again: so the one that was
//   woken has had its turn, and they are not woken for what it has taken.
// - The kernel hears of a wait when it begins, while the number is the file that is meant, and it hears when nobody
//   waits any more: so a number that was closed and is another file's now is never taken for the first.
// - The kernel tells each event once (EPOLLONESHOT), and says for which age of the number: a file that lives on
//   elsewhere after its descriptor was closed still tells of it, and is not listened to.
// - The kernel forgets a closed descriptor without a word. So those that are waited for are gone over from time
//   to time, and who waits for a closed one is told so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <weft/clock.hpp>
#include <weft/record.hpp>

namespace weft::detail {

class reactor;

/// A wait for a descriptor: it lies in the waiting call's frame.
class descriptor_wait final : public waitable {
 public:
    descriptor_wait(reactor& r, int descriptor, bool to_write) noexcept
        : fd(descriptor), writes(to_write), reactor_(r) {}
    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;

    const int fd;
    const bool writes;
    int error = 0;  // why it was woken, if not since the descriptor is ready

 private:
    reactor& reactor_;
};

class WEFT_API descriptor_table {
 public:
    descriptor_table(reactor& r, int epoll) noexcept : reactor_(r), epoll_(epoll) {}
    descriptor_table(const descriptor_table&) = delete;
    descriptor_table& operator=(const descriptor_table&) = delete;

    /// Queues the record, which waits in `wait`; or gives the error for which it can not wait. Throws
    /// std::bad_alloc.
    int enter(record& r, descriptor_wait& wait);
    void leave(record& r, int fd) noexcept;

    /// Tells the kernel of those who wait on.
    void arm() noexcept;
    /// Goes over what is waited for, unless that was done just before.
    void sweep() noexcept;
    /// When to do that at the latest; the end of the clock: not at all.
    clock::time_point next_sweep() const noexcept;
    /// The kernel says so.
    void happened(std::uint64_t number_and_age, std::uint32_t events) noexcept;

 private:
    struct entry {
        explicit entry(int descriptor) noexcept : fd(descriptor) {}
        std::uint32_t wanted() const noexcept;
        bool waits() const noexcept { return !readers.empty() || !writers.empty(); }
        std::uint64_t number_and_age() const noexcept {
            return static_cast<std::uint32_t>(fd) | std::uint64_t{age} << 32;
        }

        const int fd;
        std::uint32_t age = 0;  // times that it was given up: what is heard of earlier ones is void
        wait_queue readers;
        wait_queue writers;
        std::uint32_t armed = 0;  // what the kernel is going to tell
        bool known = false;  // the kernel has heard of it
        bool listed = false;  // it is one of those that are gone over
        bool changed = false;  // the kernel must hear of it
        entry* next_changed = nullptr;
    };
    entry& entry_of(int fd);
    void note_change(entry& e) noexcept;
    int tell_kernel(const entry& e, std::uint32_t events, int what) noexcept;
    void wake_first(wait_queue& queue, int error) noexcept;
    void fail(entry& e, int error) noexcept;
    clock::duration sweep_interval() const noexcept;

    reactor& reactor_;
    const int epoll_;
    std::vector<std::unique_ptr<entry>> entries_;  // by number
    std::vector<entry*> listed_;  // has room for all of them
    entry* changed_ = nullptr;
    std::size_t waiting_ = 0;  // records
    clock::time_point swept_;
};

}  // namespace weft::detail
