// SPDX-License-Identifier: BSL-1.0
#include <weft/door.hpp>

#include <unistd.h>

#include <cstdint>

namespace weft::detail {

door::~door() { shut(); }

void door::knock(wake& w) noexcept {
    const std::lock_guard hold(lock_);
    if (!home_ || !w.wanted_ || w.knocked_) return;
    w.knocked_ = true;
    w.before_ = last_;
    w.after_ = nullptr;
    (last_ ? last_->after_ : first_) = &w;
    last_ = &w;
    if (w.before_) return;  // it is rung already
    const std::uint64_t once = 1;
    [[maybe_unused]] const auto written = write(bell_, &once, sizeof once);
}

// The bell falls silent with the last of them.
void door::unlink(wake& w) noexcept {
    (w.before_ ? w.before_->after_ : first_) = w.after_;
    (w.after_ ? w.after_->before_ : last_) = w.before_;
    w.knocked_ = false;
    if (first_) return;
    std::uint64_t rung = 0;
    [[maybe_unused]] const auto count = read(bell_, &rung, sizeof rung);
}

void door::want(wake& w) noexcept {
    const std::lock_guard hold(lock_);
    w.wanted_ = true;
}

bool door::forget(wake& w) noexcept {
    const std::lock_guard hold(lock_);
    if (!w.wanted_) return false;
    w.wanted_ = false;
    if (w.knocked_) unlink(w);
    return true;
}

wake* door::take() noexcept {
    const std::lock_guard hold(lock_);
    wake* w = first_;
    if (!w) return nullptr;
    unlink(*w);
    w->wanted_ = false;
    return w;
}

void door::answer() noexcept {
    while (wake* w = take()) w->arrive();
}

void door::shut() noexcept {
    const std::lock_guard hold(lock_);
    if (!home_) return;
    home_ = false;
    while (first_) unlink(*first_);
    close(bell_);
}

}  // namespace weft::detail
