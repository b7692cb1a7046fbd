// SPDX-License-Identifier: BSL-1.0
#include "race.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include <weft/generator.hpp>

#include "ranking.hpp"
#include "sorters.hpp"

namespace {

constexpr std::uint64_t points_of_a_course = 160;

class racer {
 public:
    racer(const sorter& how, const std::vector<std::string_view>& all)
        : lines_(pointers_to(all)), comparisons_(how.sort, std::ref(lines_)), at_(comparisons_.begin()) {
        course_.name = how.name;
    }

    bool runs() const { return runs_; }
    const std::vector<line>& lines() const { return lines_; }
    course& result() { return course_; }

    void look(const ranking& places) {
        course_.points.push_back({course_.comparisons, places.order_of(lines_)});
    }

    /// Lets the sorter go on to its next comparison, or to its end.
    void step(std::uint64_t limit) {
        if (course_.comparisons > 0) ++at_;
        course_.finished = at_ == std::default_sentinel;
        runs_ = !course_.finished && course_.comparisons < limit;
        if (runs_) ++course_.comparisons;
    }

    /// Nobody looks any more; returns when the lines are sorted.
    void leave() {
        at_ = {};
        comparisons_ = {};
    }

 private:
    std::vector<line> lines_;
    weft::generator<std::uint64_t> comparisons_;
    weft::generator<std::uint64_t>::iterator at_;
    course course_;
    bool runs_ = true;
};

}  // namespace

std::uint64_t expected_rounds(std::uint64_t lines, std::uint64_t limit) {
    const auto n = static_cast<double>(lines);
    return std::min(limit, static_cast<std::uint64_t>(1.1 * n * std::log2(n + 1)));
}

std::vector<course> race(const std::vector<std::string_view>& lines, std::uint64_t limit,
                         weft::sink<std::uint64_t> each_round) {
    const ranking places(lines);
    std::deque<racer> racers;
    for (const sorter& how : sorters) racers.emplace_back(how, lines).look(places);

    const std::uint64_t between = expected_rounds(lines.size(), limit) / points_of_a_course + 1;
    std::size_t running = racers.size();
    for (std::uint64_t round = 1; running > 0; ++round) {
        for (racer& r : racers) {
            if (!r.runs()) continue;
            r.step(limit);
            if (!r.runs()) --running;
            if (!r.runs() || round % between == 0) r.look(places);
        }
        each_round(std::uint64_t(round));
    }

    std::vector<course> courses;
    for (racer& r : racers) {
        r.leave();
        if (!places.is_sorted(r.lines()))
            throw std::logic_error(std::string(r.result().name) + " has not sorted the lines");
        courses.push_back(std::move(r.result()));
    }
    return courses;
}
