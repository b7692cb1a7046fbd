// SPDX-License-Identifier: BSL-1.0
// The handle of a fiber: its result, and a way to cancel it.
#pragma once

#include <utility>

#include <weft/task.hpp>

namespace weft {

namespace detail {

/// What a fiber that joins another waits in; its record's `end` is the other.
class WEFT_API join_wait final : public waitable {
 public:
    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;
};
extern WEFT_API join_wait joining;

/// Why the current fiber may not join `of`.
[[noreturn]] WEFT_API WEFT_COLD void refuse_join(const record* of);
/// `of` is done: throws its failure, or `no_result`.
[[noreturn]] WEFT_API WEFT_COLD void throw_failure(record& of);

}  // namespace detail

/// Refers to a fiber that returns an R. Dropping it changes nothing: the fiber belongs to its scope. A
/// handle may outlive the scope.
template <class R>
class fiber {
 public:
    fiber() noexcept = default;
    fiber(fiber&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
    fiber& operator=(fiber&& other) noexcept {
        fiber(std::move(other)).swap(*this);
        return *this;
    }
    ~fiber() {
        if (task_) task_->release();
    }
    void swap(fiber& other) noexcept { std::swap(task_, other.task_); }

    /// Waits until the fiber has ended and gives its result, or throws what it failed with. Throws
    /// `no_result` if it ended because it was cancelled or nobody received from it.
    ///
    /// May be called once: after a result or a failure the handle is empty. Throws `cancelled`,
    /// `timed_out` and `deadlock` as any wait does, and can then be called again; std::logic_error for a
    /// handle that is empty or being joined already, and in the fiber itself.
    WEFT_HOT R join(place at = place::here()) {
        if (!task_ || task_->owner != detail::this_core || task_ == task_->owner->current || task_->joiner)
            [[unlikely]]
            detail::refuse_join(task_);
        auto& s = *task_->owner;
        auto& me = *s.current;
        const fiber joined(*task_);  // this handle may be gone when it goes on
        auto& task = *task_;
        if (task.state == detail::fiber_state::done) {
            task.joiner = &me;
        } else {
            if (const auto why = me.refusal(); why != detail::outcome::done) [[unlikely]]
                s.raise(why, true);
            task.joiner = &me;
            me.where = &detail::joining;
            me.end = &task;
            me.wait_at(at);
            me.state = detail::fiber_state::waiting;
            if (auto* n = s.next(); n != &me) detail::jump(s, me, *n);
            if (me.result != detail::outcome::done) [[unlikely]]
                s.raise(me.result, true);
        }
        if (task.failure || task.resultless) [[unlikely]]
            detail::throw_failure(task);
        if constexpr (std::is_reference_v<R>)
            return task.result->get();
        else if constexpr (!std::is_void_v<R>)
            return std::move(*task.result);
    }

    /// Asks the fiber to end: a parked one wakes, and each wait it is in or enters throws `cancelled`.
    /// Does not wait. Nothing happens to a fiber that has ended.
    void cancel() noexcept {
        if (!task_) return;
        if (task_->owner != detail::this_core) [[unlikely]]
            detail::die("weft: a fiber is cancelled in another thread than its own");
        task_->owner->cancel(*task_);
    }

    /// Whether the fiber has ended. An empty handle's has.
    bool done() const noexcept { return !task_ || task_->state == detail::fiber_state::done; }

 private:
    friend class scope;
    explicit fiber(detail::task_result<R>& task) noexcept : task_(&task) { task.hold(); }

    detail::task_result<R>* task_ = nullptr;
};

}  // namespace weft
