// SPDX-License-Identifier: BSL-1.0
// Fibers in a main loop of GLib, and so of GTK.
#pragma once

#include <glib-unix.h>

#include <weft/scheduler.hpp>

/// Lets the thread's fibers run in the loops on that context (null: the default one) for as long as it lives.
/// What may not be thrown through GLib the next wait throws again: so a loop in a fiber, or in a deadline,
/// is turned by g_main_context_iteration(), with a yield() after each.
class glib_guest {
 public:
    explicit glib_guest(GMainContext* host) {
        g_source_set_callback(source_, G_SOURCE_FUNC(run), nullptr, nullptr);
        g_source_set_can_recurse(source_, TRUE);  // so that a loop in a fiber goes on
        g_source_attach(source_, host);
    }
    ~glib_guest() { g_source_destroy(source_), g_source_unref(source_); }
    glib_guest(const glib_guest&) = delete;

 private:
    static gboolean run(int, GIOCondition, void*) noexcept {
        try {
            weft::this_thread().run_ready();
        } catch (...) {  // `cancelled` or `timed_out`
        }
        return G_SOURCE_CONTINUE;
    }

    GSource* const source_ = g_unix_fd_source_new(weft::this_thread().fd(), G_IO_IN);
};
