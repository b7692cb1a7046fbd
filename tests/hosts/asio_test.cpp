// SPDX-License-Identifier: BSL-1.0
// Fibers in an io_context of Boost.Asio.
#include "../../demos/hosts/asio.hpp"

#include <unistd.h>

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

    /// Calls back when the descriptor is readable.
    void when_readable(int fd, std::function<void()> call) {
        auto own = std::make_unique<boost::asio::posix::stream_descriptor>(io_, dup(fd));
        auto& waits = *own;
        waits.async_wait(waits.wait_read, [own = std::move(own), call = std::move(call)](auto) { call(); });
    }

    int turns = 0;

 private:
    boost::asio::io_context io_;
    std::unique_ptr<asio_guest> guest_;
};

}  // namespace

#include "feeding.hpp"
#include "work.hpp"

TEST_CASE("a guest that is removed while its descriptor is readable does nothing") {
    Attached host;
    const Ends ends = Ends::pipe();
    bool removed = false, ran = false, called = false;
    weft::scope fibers;
    host.when_readable(ends.reads(), [&] {
        host.detach();
        removed = true;
    });
    ends.put('x');  // both are readable when the host looks, this one before
    fibers.spawn([&] { ran = true; });
    host.run_until([&] { return removed; });
    host.after(1ms, [&] { called = true; });
    host.run_until([&] { return called; });
    CHECK(!ran);
}
