// SPDX-License-Identifier: BSL-1.0
// Pairing heap after Fredman, Sedgewick, Sleator and Tarjan (1986), with two-pass melding.
#include <weft/timers.hpp>

namespace weft::detail {

timer* timer_heap::meld(timer* a, timer* b) noexcept {
    if (!a) return b;
    if (!b) return a;
    if (earlier(*b, *a)) {
        timer* t = a;
        a = b;
        b = t;
    }
    b->sibling_ = a->child_;
    if (b->sibling_) b->sibling_->before_ = b;
    b->before_ = a;
    a->child_ = b;
    return a;
}

// Left to right in pairs, then the pairs from right to left.
timer* timer_heap::meld_siblings(timer* first) noexcept {
    timer* pairs = nullptr;  // linked by sibling_, the last one first
    while (first) {
        timer* a = first;
        timer* b = a->sibling_;
        first = b ? b->sibling_ : nullptr;
        a->sibling_ = nullptr;
        if (b) b->sibling_ = nullptr;
        timer* pair = meld(a, b);
        pair->sibling_ = pairs;
        pairs = pair;
    }
    timer* all = nullptr;
    while (pairs) {
        timer* pair = pairs;
        pairs = pair->sibling_;
        pair->sibling_ = nullptr;
        all = meld(all, pair);
    }
    if (all) all->before_ = nullptr;
    return all;
}

void timer_heap::add(timer& t) noexcept {
    t.order_ = armed_++;
    t.child_ = t.sibling_ = t.before_ = nullptr;
    root_ = meld(root_, &t);
}

void timer_heap::remove(timer& t) noexcept {
    timer* rest = meld_siblings(t.child_);
    if (&t == root_) {
        root_ = rest;
        return;
    }
    if (t.before_->child_ == &t)
        t.before_->child_ = t.sibling_;
    else
        t.before_->sibling_ = t.sibling_;
    if (t.sibling_) t.sibling_->before_ = t.before_;
    root_ = meld(root_, rest);
}

}  // namespace weft::detail
