// SPDX-License-Identifier: BSL-1.0
// The clock of every wait.
#pragma once

#include <chrono>

#include <weft/export.hpp>

namespace weft {

using clock = std::chrono::steady_clock;

}  // namespace weft
