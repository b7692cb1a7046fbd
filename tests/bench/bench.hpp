// SPDX-License-Identifier: BSL-1.0
// Timing for the benchmarks: medians of rounds, as nanoseconds and as ratio to R.
//
// R is the time of one round trip (two jumps) of bare jump_fcontext, measured in the same run and in turn with
// the rows, so that a machine whose speed drifts does not bend the ratio.
#pragma once

#include <boost/context/detail/fcontext.hpp>

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// The thread's processor time: on a busy machine the clock on the wall counts the others' work as well.
inline double seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// The compiler must come to this value. It is copied, so that what it was counted up in may stay in a register.
template <class T>
void keep(T value) {
    asm volatile("" : : "g"(value) : "memory");
}

inline double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

/// One round trip of bare jump_fcontext, in nanoseconds.
inline double bare_round_trip() {
    using namespace boost::context::detail;
    static std::vector<char> stack(64 * 1024);
    static fcontext_t other = make_fcontext(stack.data() + stack.size(), stack.size(), [](transfer_t t) {
        for (;;) t = jump_fcontext(t.fctx, nullptr);
    });
    constexpr int trips = 1'000'000;
    const double start = seconds();
    for (int i = 0; i < trips; ++i) other = jump_fcontext(other, nullptr).fctx;
    return (seconds() - start) * 1e9 / trips;
}

/// Nanoseconds for each of `count` items of run().
template <class F>
double each(int count, F&& run) {
    const double start = seconds();
    run();
    return (seconds() - start) * 1e9 / count;
}

/// "12.30 ns", "4.56 ms": a figure that a column holds.
inline std::string in_time(double ns) {
    const char* units[] = {"ns", "us", "ms", "s"};
    std::size_t i = 0;
    for (; i < 3 && ns >= 10'000; ++i) ns /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %s", ns, units[i]);
    return text;
}

/// "1.23 R", "4.56 M R".
inline std::string in_R(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %s", ratio < 1e5 ? ratio : ratio / 1e6, ratio < 1e5 ? "R" : "M R");
    return text;
}

struct row {
    std::string name;
    std::function<double()> run;  // one round: nanoseconds for each item
    const char* asked = "";  // what it must cost, and what is aimed at
    std::vector<double> rounds = {};
};

/// Runs all rows in turn, nine rounds, and prints the medians and their ratios to R.
inline int print(std::vector<row> rows, int rounds = 9) {
    std::vector<double> bare;
    for (auto& r : rows) r.run();  // to warm up
    for (int i = 0; i < rounds; ++i) {
        for (auto& r : rows) {
            bare.push_back(bare_round_trip());
            r.rounds.push_back(r.run());
        }
    }
    const double R = median(bare);
    std::printf("R, a bare round trip: %.2f ns (median of %zu)\n", R, bare.size());
    for (auto& r : rows) {
        const double ns = median(r.rounds);
        std::printf("%-44s %12s %10s  %s\n", r.name.c_str(), in_time(ns).c_str(), in_R(ns / R).c_str(),
                    r.asked);
    }
    return 0;
}

/// The same work done by somebody else and by weft.
struct pair {
    std::string name;
    std::function<double()> theirs, ours;
    std::vector<double> their_rounds = {}, our_rounds = {};
};

/// Runs both sides of all pairs in turn, nine rounds, and prints medians, ratios to R and to weft.
inline int compare(std::vector<pair> pairs, const char* who, int rounds = 9) {
    std::vector<double> bare;
    for (auto& p : pairs) p.theirs(), p.ours();
    for (int i = 0; i < rounds; ++i) {
        for (auto& p : pairs) {
            bare.push_back(bare_round_trip());
            p.their_rounds.push_back(p.theirs());
            p.our_rounds.push_back(p.ours());
        }
    }
    const double R = median(bare);
    std::printf("R, a bare round trip: %.2f ns (median of %zu)\n", R, bare.size());
    std::printf("%-42s %23s %23s %8s\n", "", who, "weft", "ratio");
    for (auto& p : pairs) {
        const double theirs = median(p.their_rounds), ours = median(p.our_rounds);
        std::printf("%-42s %12s %10s %12s %10s %8.2f\n", p.name.c_str(), in_time(theirs).c_str(),
                    in_R(theirs / R).c_str(), in_time(ours).c_str(), in_R(ours / R).c_str(), theirs / ours);
    }
    return 0;
}

}  // namespace bench
