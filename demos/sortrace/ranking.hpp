// SPDX-License-Identifier: BSL-1.0
// Where each line belongs, and so how sorted an array of them is.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "sorters.hpp"

class ranking {
 public:
    /// `all` must outlive it.
    explicit ranking(const std::vector<std::string_view>& all);

    /// How near the lines are to their final places: 1 when they are sorted, about 1/3 when they are
    /// shuffled, and 0 when they are reversed. It is 1 - 2d/n for n lines that are d places away, on average.
    ///
    /// d n is Spearman's footrule, which is at least the number of inversions and at most twice that.
    double order_of(const std::vector<line>& lines) const;

    /// Whether these are the lines, all of them, in their order.
    bool is_sorted(const std::vector<line>& lines) const;

 private:
    struct range {
        std::size_t first, last;  // equal lines share their places
    };

    line begin_;
    std::vector<line> sorted_;
    std::vector<range> places_;  // of each line, in the order of the text
};

/// A pointer to each line, in the order of the text.
std::vector<line> pointers_to(const std::vector<std::string_view>& all);
