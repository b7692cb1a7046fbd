// SPDX-License-Identifier: BSL-1.0
// Fibers in a main loop of GLib.
#include "../../demos/hosts/glib.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include <weft/sleep.hpp>

namespace {

class Host {
 public:
    Host() = default;
    Host(const Host&) = delete;
    ~Host() { g_main_context_unref(context_); }

    void attach() { guest_ = std::make_unique<glib_guest>(context_); }
    void detach() { guest_.reset(); }
    void after(std::chrono::milliseconds length, std::function<void()> call) {
        GSource* timer = g_timeout_source_new(static_cast<guint>(length.count()));
        const auto once = [](void* f) -> gboolean {
            (*static_cast<std::function<void()>*>(f))();
            return G_SOURCE_REMOVE;
        };
        const auto forget = [](void* f) { delete static_cast<std::function<void()>*>(f); };
        g_source_set_callback(timer, once, new std::function(std::move(call)), forget);
        g_source_attach(timer, context_);
        g_source_unref(timer);
    }
    void turn() {
        ++turns;
        g_main_context_iteration(context_, TRUE);
    }
    template <class F>
    void run_nested(F&& done) {
        while (!done()) {
            turn();
            weft::yield();
        }
    }

    GMainContext* context() const { return context_; }

    int turns = 0;

 private:
    GMainContext* const context_ = g_main_context_new();
    std::unique_ptr<glib_guest> guest_;
};

}  // namespace

#include "feeding.hpp"
#include "work.hpp"

TEST_CASE("g_main_loop_run in a fiber lets the others go on") {
    Attached host;
    weft::scope fibers;
    GMainLoop* const loop = g_main_loop_new(host.context(), FALSE);
    const auto modal = fibers.spawn([loop] { g_main_loop_run(loop); });
    fibers.spawn([loop] {
        weft::sleep_for(2ms);
        g_main_loop_quit(loop);
    });
    host.run_until([&] { return modal.done(); });
    g_main_loop_unref(loop);
}

TEST_CASE("a cancel is not thrown through g_main_loop_run but by the next wait") {
    Attached host;
    weft::scope fibers;
    GMainLoop* const loop = g_main_loop_new(host.context(), FALSE);
    auto modal = fibers.spawn([loop] {
        g_main_loop_run(loop);
        CHECK_THROWS_AS(weft::yield(), weft::cancelled);
    });
    weft::yield();
    host.after(1ms, [&] {
        modal.cancel();
        host.after(1ms, [loop] { g_main_loop_quit(loop); });
    });
    host.run_until([&] { return modal.done(); });
    modal.join();
    g_main_loop_unref(loop);
}
