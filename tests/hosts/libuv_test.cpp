// SPDX-License-Identifier: BSL-1.0
// Fibers in a loop of libuv.
#include "../../demos/hosts/libuv.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include <weft/sleep.hpp>

#include <doctest/doctest.h>

namespace {

class Host {
 public:
    Host() { uv_loop_init(&loop_); }
    Host(const Host&) = delete;
    ~Host() {
        guest_.reset();
        uv_run(&loop_, UV_RUN_DEFAULT);  // until everything is closed
        CHECK(uv_loop_close(&loop_) == 0);
    }

    void attach() { guest_ = std::make_unique<libuv_guest>(&loop_); }
    void detach() {
        guest_.reset();
        uv_run(&loop_, UV_RUN_NOWAIT);
    }
    void after(std::chrono::milliseconds length, std::function<void()> call) {
        auto* timer = new Timer{{}, std::move(call)};
        uv_timer_init(&loop_, &timer->handle);
        timer->handle.data = timer;
        const auto once = [](uv_timer_t* handle) {
            static_cast<Timer*>(handle->data)->call();
            uv_close(reinterpret_cast<uv_handle_t*>(handle),
                     [](uv_handle_t* h) { delete static_cast<Timer*>(h->data); });
        };
        uv_update_time(&loop_);
        uv_timer_start(&timer->handle, once, static_cast<std::uint64_t>(length.count()), 0);
    }
    void turn() {
        ++turns;
        uv_run(&loop_, UV_RUN_ONCE);
    }
    void run_for_ever() { uv_run(&loop_, UV_RUN_DEFAULT); }
    template <class F>
    void run_nested(F&& done) {
        Host inner;
        inner.attach();
        while (!done()) {
            inner.turn();
            weft::yield();
        }
    }

    int turns = 0;

 private:
    struct Timer {
        uv_timer_t handle;
        std::function<void()> call;
    };

    uv_loop_t loop_;
    std::unique_ptr<libuv_guest> guest_;
};

}  // namespace

#include "feeding.hpp"
#include "work.hpp"

TEST_CASE("uv_run in a fiber returns when that is cancelled") {
    Attached host;
    weft::scope fibers;
    bool opened = false;
    auto modal = fibers.spawn([&] {
        Attached inner;
        opened = true;
        inner.run_for_ever();
        CHECK_THROWS_AS(weft::yield(), weft::cancelled);
    });
    host.run_until([&] { return opened; });
    host.after(1ms, [&] { modal.cancel(); });
    host.run_until([&] { return modal.done(); });
    modal.join();
}
