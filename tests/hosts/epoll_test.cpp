// SPDX-License-Identifier: BSL-1.0
// Fibers in a loop on epoll.
#include "../../demos/hosts/epoll.hpp"

#include <unistd.h>

#include <memory>

#include "callbacks.hpp"

namespace {

class Host {
 public:
    Host() = default;
    Host(const Host&) = delete;
    ~Host() { close(epoll_); }

    void attach() { guest_ = std::make_unique<epoll_guest>(epoll_); }
    void detach() { guest_.reset(); }
    void after(std::chrono::milliseconds length, std::function<void()> call) {
        callbacks_.after(length, std::move(call));
    }
    void turn() {
        ++turns;
        epoll_event came[8];
        const int count = epoll_wait(epoll_, came, 8, callbacks_.timeout());
        callbacks_.call_due();
        for (int i = 0; i < count && guest_; ++i) guest_->run(came[i]);
    }
    template <class F>
    void run_nested(F&& done) {
        while (!done()) turn();
    }

    int turns = 0;

 private:
    const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    std::unique_ptr<epoll_guest> guest_;
    test::Callbacks callbacks_;
};

}  // namespace

#include "feeding.hpp"
#include "work.hpp"
