// SPDX-License-Identifier: BSL-1.0
// Fibers in an io_context of Boost.Asio.
#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <weft/scheduler.hpp>

/// Lets the thread's fibers run in that io_context for as long as it lives. Only this thread may run it.
class asio_guest {
 public:
    explicit asio_guest(boost::asio::io_context& host) : fd_(host, weft::this_thread().fd()) { wait(); }
    ~asio_guest() { fd_.release(); }  // not closed: it is the scheduler's
    asio_guest(const asio_guest&) = delete;

 private:
    void wait() {
        fd_.async_wait(fd_.wait_read, [this, lives = std::weak_ptr(lives_)](auto error) {
            if (error || lives.expired()) return;
            wait();  // before the fibers run, so that a loop in a fiber goes on
            weft::this_thread().run_ready();  // what it throws leaves run()
        });
    }

    const std::shared_ptr<bool> lives_ = std::make_shared<bool>(true);
    boost::asio::posix::stream_descriptor fd_;
};
