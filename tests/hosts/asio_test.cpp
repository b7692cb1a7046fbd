// SPDX-License-Identifier: BSL-1.0
// Fibers in an io_context of Boost.Asio.
#include "../../demos/hosts/asio.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/steady_timer.hpp>

namespace {

class Host {
 public:
    void attach() { guest_ = std::make_unique<asio_guest>(io_); }
    void detach() { guest_.reset(); }
    void after(std::chrono::milliseconds length, std::function<void()> call) {
        auto timer = std::make_unique<boost::asio::steady_timer>(io_, length);
        auto& waits = *timer;
        waits.async_wait([timer = std::move(timer), call = std::move(call)](auto) { call(); });
    }
    void turn() {
        ++turns;
        io_.restart();
        io_.run_one();
    }
    template <class F>
    void run_nested(F&& done) {
        while (!done()) turn();
    }

    int turns = 0;

 private:
    boost::asio::io_context io_;
    std::unique_ptr<asio_guest> guest_;
};

}  // namespace

#include "feeding.hpp"
#include "work.hpp"
