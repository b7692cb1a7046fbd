// SPDX-License-Identifier: BSL-1.0
// What wakes fibers from outside, descriptors and other threads; and the one descriptor that tells a host when
// its thread has something to do.
//
// Not for users; they have scheduler::fd(), wait_readable(), inbox and offload.
//
// - A thread's is made at the first use of any of these. Its descriptor is an epoll instance, in which are a
//   timer, the bell of the thread's door, and the descriptors that fibers wait for.
// - A fiber that waits for something outside is a hope: while there is one, a thread whose fibers are all
//   parked waits instead of telling of a deadlock, and a timer that never comes stands in the heap, so that
//   whoever looks at the timers looks out as well.
// - A host waits on the descriptor in its own code, of which nothing is known here. So all is in order
//   whenever its record runs: the timer goes off at once if anybody is ready, else with the first timer; and
//   `rings` is set if nobody is ready. Its record is marked (`hosts`), and its turns are watched (`odd`),
//   except that plain code's are not during run_ready(), which puts things in order itself.
#pragma once

#include <memory>

#include <weft/descriptor_table.hpp>
#include <weft/door.hpp>
#include <weft/scheduler_core.hpp>

namespace weft::detail {

class WEFT_API reactor {
 public:
    /// Throws std::system_error if descriptors can not be had.
    explicit reactor(scheduler_core& s);
    ~reactor();
    reactor(const reactor&) = delete;
    reactor& operator=(const reactor&) = delete;

    /// Somebody waits for something outside, or does no more.
    void hope() noexcept;
    void give_up() noexcept;
    bool hopeful() const noexcept { return hopes_ > 0; }

    /// Takes in what has come. Does not wait.
    void look() noexcept;
    /// Waits until something comes, and at most until then.
    void wait(clock::time_point until) noexcept;

    /// The descriptor, for the loop of the host that runs now.
    int serve_host() noexcept;
    bool hosted() const noexcept { return hosted_; }
    /// The host begins a round, in which its turns are its own affair; and ends it.
    void begin_round() noexcept;
    void end_round() noexcept;
    /// A host is going to run.
    void tell_host() noexcept;
    /// Somebody is ready.
    void ring() noexcept;

    /// Nobody needs it now.
    bool idle() const noexcept { return !hosted_ && hopes_ == 0; }
    const std::shared_ptr<door>& entrance() const noexcept { return door_; }

 private:
    void set_timer(clock::time_point when) noexcept;
    bool take(int wait) noexcept;
    void watch_turns(bool watched) noexcept;

    /// A descriptor that is closed at the end.
    struct owned {
        const int fd;
        explicit owned(int made);
        ~owned();
        owned(const owned&) = delete;
        owned& operator=(const owned&) = delete;
    };

    scheduler_core& s_;
    owned epoll_;
    owned timer_;
    std::shared_ptr<door> door_;

 public:
    descriptor_table descriptors;

 private:
    timer never_;
    unsigned hopes_ = 0;
    bool hosted_ = false;
    bool turns_watched_ = false;
    clock::time_point armed_ = clock::time_point::max();
};

}  // namespace weft::detail
