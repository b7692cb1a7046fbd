// SPDX-License-Identifier: BSL-1.0
// Time, real and virtual.
#pragma once

#include <chrono>

#include <weft/export.hpp>

namespace weft {

/// The clock of every wait.
using clock = std::chrono::steady_clock;

}  // namespace weft
