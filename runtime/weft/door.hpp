// SPDX-License-Identifier: BSL-1.0
// How other threads wake a fiber: they knock at the door of its thread.
//
// Not for users; they have inbox and offload.
//
// - A wake is one thing that a fiber waits for from other threads. While it is `wanted`, whoever knocks with
//   it puts it into the door's list; otherwise a knock does nothing. So nobody is rung up for nothing.
// - The bell, which the thread's reactor listens to, is rung exactly while somebody is in the list.
// - The owner's thread takes them out, first come, first served, and lets each arrive. Whatever a
//   wake tells is written before the knock and read after the arrival: the lock is between them.
// - A door is shared, and outlives its thread's reactor: then nobody is at home, and knocking does nothing.
#pragma once

#include <memory>
#include <mutex>

#include <weft/export.hpp>

namespace weft::detail {

class WEFT_API wake {
 public:
    wake(const wake&) = delete;
    wake& operator=(const wake&) = delete;
    /// In the owner's thread, once for each time that it was wanted.
    virtual void arrive() noexcept = 0;

 protected:
    wake() noexcept = default;
    ~wake() = default;

 private:
    friend class door;
    wake* before_ = nullptr;
    wake* after_ = nullptr;
    bool wanted_ = false;
    bool knocked_ = false;  // it is in the list
};

class WEFT_API door {
 public:
    /// `bell` is an eventfd that does not block, and the door's from now on.
    explicit door(int bell) noexcept : bell_(bell) {}
    ~door();
    door(const door&) = delete;
    door& operator=(const door&) = delete;

    int bell() const noexcept { return bell_; }
    /// From any thread.
    void knock(wake& w) noexcept;

    // From the owner's.
    void want(wake& w) noexcept;
    /// It is wanted no more: it will not arrive, and may go. False: it had arrived.
    bool forget(wake& w) noexcept;
    /// Lets those that knocked arrive.
    void answer() noexcept;
    /// Nobody is at home any more; the bell is closed.
    void shut() noexcept;

 private:
    void unlink(wake& w) noexcept;
    wake* take() noexcept;

    std::mutex lock_;
    wake* first_ = nullptr;
    wake* last_ = nullptr;
    bool home_ = true;
    const int bell_;
};

}  // namespace weft::detail
