// SPDX-License-Identifier: BSL-1.0
// The timers of a thread: what is to happen when, earliest first.
//
// A pairing heap of nodes that lie in the frames of those who wait: arming and disarming allocate
// nothing. Timers of the same instant fire in the order in which they were armed.
#pragma once

#include <cstdint>

#include <weft/clock.hpp>
#include <weft/export.hpp>

namespace weft::detail {

struct timer {
    clock::time_point when;
    void (*fire)(timer&) noexcept = nullptr;  // called once, when it is out of the heap

    timer() = default;
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

 private:
    friend class timer_heap;
    std::uint64_t order_ = 0;
    timer* child_ = nullptr;    // the first of those that are not earlier
    timer* sibling_ = nullptr;  // the next child of the same parent
    timer* before_ = nullptr;   // the sibling before, or the parent of a first child
};

class WEFT_API timer_heap {
 public:
    bool empty() const noexcept { return !root_; }
    const timer& first() const noexcept { return *root_; }
    void add(timer& t) noexcept;
    /// `t` is in the heap.
    void remove(timer& t) noexcept;

 private:
    static bool earlier(const timer& a, const timer& b) noexcept {
        return a.when != b.when ? a.when < b.when : a.order_ < b.order_;
    }
    static timer* meld(timer* a, timer* b) noexcept;
    static timer* meld_siblings(timer* first) noexcept;

    timer* root_ = nullptr;
    std::uint64_t armed_ = 0;
};

}  // namespace weft::detail
