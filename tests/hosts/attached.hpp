// SPDX-License-Identifier: BSL-1.0
// A host with its guest. The including file has said before what a Host is:
//
//     attach()  adds the adapter to the loop
//     detach()  removes it
//     after(length, call)  has the loop call back
//     turn()  one turn of the loop, which waits until something happens; `turns` counts them
//     run_nested(done)  turns it until then, as one does in a fiber, or in a callback
#pragma once

#include <weft/weft.hpp>

#include <chrono>
#include <functional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../descriptors.hpp"
#include "../support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::Counted;
using test::Ends;
using test::Trace;
using weft::send_status;

namespace {

/// A host with its guest.
struct Attached : Host {
    Attached() { attach(); }
    template <class F>
    void run_until(F&& done) {
        while (!done()) turn();
    }
};

}  // namespace
