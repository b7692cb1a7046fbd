// SPDX-License-Identifier: BSL-1.0
#include <weft/reactor.hpp>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace weft::detail {

namespace {

// What stands in the place of a descriptor in the events of the other two.
constexpr std::uint64_t of_timer = -1;
constexpr std::uint64_t of_bell = -2;

// A time that has passed since long.
constexpr clock::time_point at_once{std::chrono::nanoseconds(1)};

std::shared_ptr<door> make_door() {
    const int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bell < 0) throw std::system_error(errno, std::generic_category(), "weft: eventfd");
    try {
        return std::make_shared<door>(bell);
    } catch (...) {
        close(bell);
        throw;
    }
}

}  // namespace

reactor::owned::owned(int made) : fd(made) {
    if (fd < 0)
        throw std::system_error(errno, std::generic_category(), "weft: a descriptor for outside events");
}

reactor::owned::~owned() { close(fd); }

reactor::reactor(scheduler_core& s)
    : s_(s),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      door_(make_door()),
      descriptors(*this, epoll_.fd) {
    never_.when = clock::time_point::max();
    for (const auto& [fd, what] : {std::pair{timer_.fd, of_timer}, std::pair{door_->bell(), of_bell}}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = what;
        if (epoll_ctl(epoll_.fd, EPOLL_CTL_ADD, fd, &event) != 0)
            throw std::system_error(errno, std::generic_category(), "weft: epoll_ctl");
    }
}

reactor::~reactor() { door_->shut(); }

void reactor::hope() noexcept {
    if (hopes_++ == 0) s_.timers.add(never_);
}

void reactor::give_up() noexcept {
    if (--hopes_ == 0) s_.timers.remove(never_);
}

void reactor::set_timer(clock::time_point when) noexcept {
    if (when == armed_) return;
    armed_ = when;
    itimerspec spec{};
    if (when != clock::time_point::max()) {
        const auto since = std::max(when, at_once).time_since_epoch();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
        spec.it_value.tv_sec = seconds.count();
        spec.it_value.tv_nsec = std::chrono::nanoseconds(since - seconds).count();
    }
    timerfd_settime(timer_.fd, TFD_TIMER_ABSTIME, &spec, nullptr);
}

// False: nothing more has come.
bool reactor::take(int wait) noexcept {
    epoll_event came[64];
    constexpr int most = std::size(came);
    const int count = epoll_wait(epoll_.fd, came, most, wait);
    for (int i = 0; i < count; ++i) {
        const std::uint64_t what = came[i].data.u64;
        if (what == of_bell)
            door_->answer();
        else if (what != of_timer)  // whose time the timers are asked for
            descriptors.happened(what, came[i].events);
    }
    return count == most;
}

void reactor::look() noexcept {
    descriptors.arm();
    descriptors.sweep();
    while (take(0)) continue;
}

void reactor::wait(clock::time_point until) noexcept {
    descriptors.arm();
    descriptors.sweep();
    if (s_.ready) return;
    set_timer(std::min(until, descriptors.next_sweep()));
    while (take(s_.ready ? 0 : -1)) continue;
}

void reactor::watch_turns(bool watched) noexcept {
    if (watched == turns_watched_) return;
    turns_watched_ = watched;
    watched ? s_.alarm() : s_.calm();
}

int reactor::serve_host() noexcept {
    record& me = *s_.current;
    if (!hosted_) {
        hosted_ = true;
        s_.plain.hosts = true;
        watch_turns(true);
    }
    if (!me.hosts) {
        me.hosts = true;
        s_.alarm();  // until it ends
    }
    tell_host();
    return epoll_.fd;
}

void reactor::begin_round() noexcept {
    s_.rings = false;
    if (s_.current == &s_.plain)
        watch_turns(false);
    else if (!s_.current->hosts)
        s_.current->hosts = true, s_.alarm();
}

void reactor::end_round() noexcept {
    watch_turns(true);
    tell_host();
}

void reactor::tell_host() noexcept {
    descriptors.arm();
    descriptors.sweep();
    const clock::time_point first = s_.first_timer();
    clock::time_point when = descriptors.next_sweep();
    if (s_.ready || (s_.virtual_now && first <= *s_.virtual_now))
        when = at_once;
    else if (!s_.virtual_now)
        when = std::min(when, first);
    set_timer(when);
    s_.rings = !s_.ready;
}

void reactor::ring() noexcept {
    s_.rings = false;
    set_timer(at_once);
}

// The scheduler's side of it.

reactor& scheduler_core::outside() {
    if (!outside_) outside_ = std::make_unique<reactor>(*this);
    return *outside_;
}

void scheduler_core::ring() noexcept { outside_->ring(); }
void scheduler_core::tell_host() noexcept {
    if (outside_->hosted() && current->hosts) outside_->tell_host();
}

}  // namespace weft::detail
