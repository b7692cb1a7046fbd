// SPDX-License-Identifier: BSL-1.0
// The race: all sorters sort the same lines, each one comparison in each round.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <weft/sink.hpp>

/// How it went for one sorter.
struct course {
    struct point {
        std::uint64_t comparisons;
        double order;  // as ranking::order_of()
    };

    const char* name;
    std::uint64_t comparisons = 0;
    bool finished = false;  // or stopped by the limit
    std::vector<point> points;  // from the start to where it ended
};

/// How many rounds a race takes, roughly.
std::uint64_t expected_rounds(std::uint64_t lines, std::uint64_t limit);

/// Who needs more than `limit` comparisons is stopped after so many. `each_round` is told the number of each
/// round, from 1. Throws std::logic_error if anyone has not sorted the lines in the end.
std::vector<course> race(const std::vector<std::string_view>& lines, std::uint64_t limit,
                         weft::sink<std::uint64_t> each_round);
