// SPDX-License-Identifier: BSL-1.0
// How long waits may last.
#pragma once

#include <weft/clock.hpp>
#include <weft/scheduler_core.hpp>

namespace weft {

/// A scope in time: while it lives, a wait of the fiber that made it, of whatever kind, lasts until then and
/// no longer. It throws `timed_out`, and so does every later wait in it; `offer` gives false. A time that has
/// passed already lets the first wait fail, not the construction.
///
///     weft::deadline soon(100ms);
///     std::optional<int> answer = answers.receive();
///
/// Deadlines nest, and the nearest counts. At one instant timers fire in the order in which they were armed.
/// Fibers that are spawned in it do not inherit it. A send whose item is lent returns normally, and the next
/// wait throws. Destructors of scopes, generators and consumers still wait. While an exception is in flight,
/// send, yield and sleep return instead of throwing. As Trio's cancel scopes with a deadline.
///
/// It is a local variable of the fiber that it is for, and must be destroyed in its thread.
class WEFT_API deadline {
 public:
    /// Zero or less is a time that has passed; what lies beyond the clock's end never comes.
    explicit deadline(clock::duration length);
    explicit deadline(clock::time_point when);
    ~deadline();
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;

    /// Whether it has passed, as far as the thread has looked at the time.
    bool passed() const noexcept { return passed_; }

 private:
    struct passing final : detail::timer {
        deadline* of;
    };
    void pass() noexcept;

    detail::record& who_;
    passing timer_;
    bool passed_ = false;
};

}  // namespace weft
