// SPDX-License-Identifier: BSL-1.0
#include "ranking.hpp"

#include <algorithm>

ranking::ranking(const std::vector<std::string_view>& all)
    : begin_(all.data()), sorted_(pointers_to(all)), places_(all.size()) {
    std::sort(sorted_.begin(), sorted_.end(), [](line a, line b) { return *a < *b; });
    for (std::size_t first = 0; first < sorted_.size();) {
        std::size_t end = first + 1;
        while (end < sorted_.size() && *sorted_[end] == *sorted_[first]) ++end;
        for (std::size_t i = first; i < end; ++i)
            places_[static_cast<std::size_t>(sorted_[i] - begin_)] = {first, end - 1};
        first = end;
    }
}

double ranking::order_of(const std::vector<line>& lines) const {
    if (lines.empty()) return 1;
    double away = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const range& place = places_[static_cast<std::size_t>(lines[i] - begin_)];
        if (i < place.first)
            away += static_cast<double>(place.first - i);
        else if (i > place.last)
            away += static_cast<double>(i - place.last);
    }
    const auto n = static_cast<double>(lines.size());
    // A sorter with a buffer leaves copies behind, which may be farther away than reversed lines are.
    return std::max(0.0, 1 - 2 * away / n / n);
}

bool ranking::is_sorted(const std::vector<line>& lines) const {
    return std::equal(lines.begin(), lines.end(), sorted_.begin(), sorted_.end(),
                      [](line a, line b) { return *a == *b; });
}

std::vector<line> pointers_to(const std::vector<std::string_view>& all) {
    std::vector<line> pointers;
    pointers.reserve(all.size());
    for (const std::string_view& one : all) pointers.push_back(&one);
    return pointers;
}
