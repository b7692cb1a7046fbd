// SPDX-License-Identifier: BSL-1.0
// Fibers in a loop of libuv.
#pragma once

#include <uv.h>

#include <memory>
#include <system_error>

#include <weft/scheduler.hpp>

/// Lets the thread's fibers run in that loop for as long as it lives. As with any handle, the loop is to run
/// once more after that, before it is closed.
///
/// What may not be thrown through libuv ends the loop instead, and the next wait throws it again: so after
/// uv_run() in a fiber, or in a deadline, comes a yield(). uv_run() can not be nested, but loops can.
class libuv_guest {
 public:
    explicit libuv_guest(uv_loop_t* host) {
        if (const int error = uv_poll_init(host, poll_.get(), weft::this_thread().fd()); error != 0)
            throw std::system_error(-error, std::generic_category(), "uv_poll_init");
        uv_poll_start(poll_.get(), UV_READABLE, run);
    }
    ~libuv_guest() { uv_close(reinterpret_cast<uv_handle_t*>(poll_.release()), forget); }

 private:
    static void run(uv_poll_t* poll, int, int) noexcept {
        try {
            weft::this_thread().run_ready();
        } catch (...) {  // `cancelled` or `timed_out`
            uv_stop(poll->loop);
        }
    }
    static void forget(uv_handle_t* poll) { delete reinterpret_cast<uv_poll_t*>(poll); }

    std::unique_ptr<uv_poll_t> poll_ = std::make_unique<uv_poll_t>();
};
