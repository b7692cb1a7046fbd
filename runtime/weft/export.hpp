// SPDX-License-Identifier: BSL-1.0
// How functions leave the library, and how the compiler is told which path is hot.
#pragma once

/// A function or object of the library's binary interface.
#define WEFT_API __attribute__((visibility("default")))

/// On the way of every item: a call that is entered before a switch and returns after it costs more
/// than the switch, so these must melt into the caller.
#define WEFT_HOT inline __attribute__((always_inline))

/// Rare: kept out of line, so that it costs the hot path no registers and no room.
#define WEFT_COLD __attribute__((noinline, cold))
