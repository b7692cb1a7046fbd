// SPDX-License-Identifier: BSL-1.0
// The racers: sorting functions as they are, which tell of each comparison from inside their comparators.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <weft/sink.hpp>

using line = const std::string_view*;  // what is sorted

struct sorter {
    const char* name;
    /// Sorts `lines`. Sends the number of each comparison, counted from 1, before it is made: the sorter
    /// waits in its comparator until the loop comes back. When nobody listens any more it sorts on to the end
    /// all the same, since a comparator can not stop it.
    void (*sort)(std::vector<line>& lines, weft::sink<std::uint64_t> send);
};

extern const std::array<sorter, 4> sorters;
