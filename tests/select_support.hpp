// SPDX-License-Identifier: BSL-1.0
// What tests of select name again and again.
#pragma once

#include <cstddef>

#include "support.hpp"

namespace test {

/// What select() gives when no clause is left.
constexpr auto none = static_cast<std::size_t>(-1);

/// Handlers that do nothing: with an item, and without.
constexpr auto ignore = [](auto&&) {};
constexpr auto nothing = [] {};

}  // namespace test
