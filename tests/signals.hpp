// SPDX-License-Identifier: BSL-1.0
// Handlers of signals, for tests.
#pragma once

#include <signal.h>

namespace test {

inline void* handler_of(int signal) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    return reinterpret_cast<void*>(action.sa_handler);
}

/// Handles a signal while it lives.
class Handling {
 public:
    Handling(int signal, void (*handler)(int), int flags = 0) : signal_(signal) {
        struct sigaction action {};
        action.sa_handler = handler;
        action.sa_flags = flags;
        sigaction(signal, &action, &before_);
    }
    Handling(const Handling&) = delete;
    ~Handling() { sigaction(signal_, &before_, nullptr); }

 private:
    int signal_;
    struct sigaction before_ {};
};

}  // namespace test
