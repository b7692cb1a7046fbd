// SPDX-License-Identifier: BSL-1.0
#include "sorters.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

/// Compares for one sorter, and tells of it first.
class referee {
 public:
    explicit referee(weft::sink<std::uint64_t> send) : send_(send) {}

    int compare(line a, line b) noexcept {
        if (watched_) watched_ = send_.offer(++comparisons_);
        return a->compare(*b);
    }
    auto less() {
        return [this](line a, line b) { return compare(a, b) < 0; };
    }

 private:
    weft::sink<std::uint64_t> send_;
    std::uint64_t comparisons_ = 0;
    bool watched_ = true;
};

void with_sort(std::vector<line>& lines, weft::sink<std::uint64_t> send) {
    referee judge(send);
    std::sort(lines.begin(), lines.end(), judge.less());
}

void with_stable_sort(std::vector<line>& lines, weft::sink<std::uint64_t> send) {
    referee judge(send);
    std::stable_sort(lines.begin(), lines.end(), judge.less());
}

void with_heap(std::vector<line>& lines, weft::sink<std::uint64_t> send) {
    referee judge(send);
    std::make_heap(lines.begin(), lines.end(), judge.less());
    std::sort_heap(lines.begin(), lines.end(), judge.less());
}

// qsort has no pointer to pass on to its comparator. This is the referee of the qsort that is running now.
thread_local referee* judge_of_qsort = nullptr;

// Comparing waits, and meanwhile another qsort of this thread may run: it leaves its own referee here.
int compare_for_qsort(const void* a, const void* b) {
    referee* const mine = judge_of_qsort;
    const int order = mine->compare(*static_cast<const line*>(a), *static_cast<const line*>(b));
    judge_of_qsort = mine;
    return order;
}

void with_qsort(std::vector<line>& lines, weft::sink<std::uint64_t> send) {
    if (lines.empty()) return;  // qsort wants an array
    referee judge(send);
    judge_of_qsort = &judge;
    std::qsort(lines.data(), lines.size(), sizeof(line), compare_for_qsort);
    judge_of_qsort = nullptr;
}

}  // namespace

const std::array<sorter, 4> sorters{{
    {"std::sort", with_sort},
    {"std::stable_sort", with_stable_sort},
    {"heap sort", with_heap},
    {"qsort", with_qsort},
}};
