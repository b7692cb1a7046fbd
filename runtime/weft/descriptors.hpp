// SPDX-License-Identifier: BSL-1.0
// Waiting for descriptors.
#pragma once

#include <weft/export.hpp>
#include <weft/place.hpp>

namespace weft {

/// Parks until reading from `fd` would not block: there is something to read, or its end, or an error that the
/// read will tell. Plain code lets the fibers run meanwhile, and the thread sleeps when there is nothing else
/// to do. If it is so already, this is one yield(). Regular files are always ready.
///
/// Any number of fibers may wait for a descriptor, in either direction: each event wakes one for each, first
/// come, first served. What it finds may be gone when it runs, so let the descriptor be non-blocking, and come
/// back after EAGAIN.
///
/// Throws std::system_error: EBADF if the descriptor is not open, or is closed while this waits, which is found
/// out within half a second (later where more than 10,000 wait, or fibers do not let each other run); what else epoll says; and std::bad_alloc. Throws `cancelled`, `timed_out` and `deadlock` as any
/// wait does, also while an exception is in flight: to return would say that the descriptor is ready.
WEFT_API void wait_readable(int fd, place at = place::here());

/// The same for writing.
WEFT_API void wait_writable(int fd, place at = place::here());

}  // namespace weft
