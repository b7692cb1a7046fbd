// SPDX-License-Identifier: BSL-1.0
// Fibers in a loop on epoll.
#pragma once

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

#include <weft/scheduler.hpp>

/// Lets the thread's fibers run in a loop on epoll for as long as it lives.
class epoll_guest {
 public:
    explicit epoll_guest(int host) : host_(host) {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd_}};  // not EPOLLET: it may stay readable
        if (epoll_ctl(host_, EPOLL_CTL_ADD, fd_, &event) != 0)
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
    ~epoll_guest() { epoll_ctl(host_, EPOLL_CTL_DEL, fd_, nullptr); }
    epoll_guest(const epoll_guest&) = delete;

    /// For each event. Throws as run_ready() does.
    void run(const epoll_event& event) const {
        if (event.data.fd == fd_) weft::this_thread().run_ready();
    }

 private:
    const int host_;
    const int fd_ = weft::this_thread().fd();
};
