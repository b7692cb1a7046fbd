// SPDX-License-Identifier: BSL-1.0
// A fiber that waits until another thread knocks.
//
// Not for users. It lies in the waiting call's frame, or in what that shares with the other thread; whichever
// it is, it stays until nobody can knock with it any more.
#pragma once

#include <memory>
#include <string>

#include <weft/door.hpp>
#include <weft/record.hpp>

namespace weft::detail {

class reactor;

class WEFT_API knock_wait final : public wake, public waitable {
 public:
    /// `what` ends the sentence "the fiber waits ...", and is not copied.
    explicit knock_wait(std::string what) noexcept : what_(std::move(what)) {}
    virtual ~knock_wait() = default;

    /// From now on a knock is for the current fiber, which has to park, or to give up. `hopes`: while it waits
    /// the thread is in no deadlock. Throws std::system_error and std::bad_alloc if the thread can not be reached.
    void begin(bool hopes = true);
    void give_up() noexcept;
    /// Parks until the knock that has come since begin(), or comes.
    outcome park(place at) noexcept;
    /// Where to knock; from any thread, after begin().
    const std::shared_ptr<door>& at() const noexcept { return door_; }
    const scheduler_core* owner() const noexcept { return who_->owner; }
    /// The same as a knock, from the thread itself: it needs no door.
    void come() noexcept;

    void arrive() noexcept override;
    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;

 private:
    const std::string what_;
    bool hopes_ = true;
    record* who_ = nullptr;
    reactor* reactor_ = nullptr;
    std::shared_ptr<door> door_;
};

}  // namespace weft::detail
