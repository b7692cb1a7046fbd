// SPDX-License-Identifier: BSL-1.0
// A file and a line: where something was made, spawned, or waits.
#pragma once

#include <cstddef>

namespace weft {

/// A line of the user's source, for reports. As a default argument, `place::here()` is the caller's
/// line. The file's name is a literal of the program and is not copied.
struct place {
    const char* file = nullptr;  // null: not known
    std::size_t line = 0;       // as wide as a register: a place is passed in two

    static constexpr place here(const char* file = __builtin_FILE(),
                                std::size_t line = __builtin_LINE()) noexcept {
        return {file, line};
    }
};

}  // namespace weft
