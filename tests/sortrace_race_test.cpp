// SPDX-License-Identifier: BSL-1.0
// The racers of the demo sortrace, the race, and how sorted lines are.
#include "../demos/sortrace/race.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <weft/weft.hpp>

#include "../demos/sortrace/ranking.hpp"
#include "../demos/sortrace/sorters.hpp"
#include "support.hpp"

using weft::generator;

namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

void ignore(std::uint64_t) {}

/// Lines of digits, some of them several times.
class Lines {
 public:
    explicit Lines(std::size_t count, unsigned seed = 846) {
        std::minstd_rand random(seed);
        for (std::size_t i = 0; i < count; ++i) texts_.push_back(std::to_string(random() % (2 * count)));
        all_.assign(texts_.begin(), texts_.end());
    }
    const std::vector<std::string_view>& all() const { return all_; }
    std::vector<line> pointers() const { return pointers_to(all_); }
    bool are_sorted(const std::vector<line>& lines) const { return ranking(all_).is_sorted(lines); }

 private:
    std::vector<std::string> texts_;
    std::vector<std::string_view> all_;
};

/// How many comparisons it takes when nobody waits in between.
std::uint64_t comparisons_of(const sorter& how, const Lines& lines) {
    std::vector<line> pointers = lines.pointers();
    std::uint64_t comparisons = 0;
    how.sort(pointers, [&](std::uint64_t) { ++comparisons; });
    CHECK(lines.are_sorted(pointers));
    return comparisons;
}

}  // namespace

TEST_CASE("every sorter sorts and sends the number of each comparison") {
    const Lines lines(1000);
    for (const sorter& how : sorters) {
        std::vector<line> sorted = lines.pointers();
        std::uint64_t last = 0;
        for (const std::uint64_t n : generator<std::uint64_t>(how.sort, std::ref(sorted))) {
            REQUIRE(n == last + 1);
            last = n;
        }
        CHECK(lines.are_sorted(sorted));
        CHECK(last == comparisons_of(how, lines));
    }
}

TEST_CASE("the comparisons that std::sort makes are all that are sent") {
    const Lines lines(1000);
    std::vector<line> sorted = lines.pointers();
    std::uint64_t made = 0;
    std::sort(sorted.begin(), sorted.end(), [&](line a, line b) {
        ++made;
        return *a < *b;
    });
    CHECK(comparisons_of(sorters[0], lines) == made);
}

TEST_CASE("a sorter waits in its comparator until the loop comes back") {
    const Lines lines(101);  // odd, as make_heap moves an only child before it compares anything
    for (const sorter& how : sorters) {
        std::vector<line> sorted = lines.pointers();
        const generator<std::uint64_t> comparisons(how.sort, std::ref(sorted));
        CHECK(sorted == lines.pointers());
        auto at = comparisons.begin();
        CHECK(*at == 1);
        CHECK(sorted == lines.pointers());  // nothing has been compared yet
        for (int i = 0; i < 50; ++i) ++at;
        CHECK(*at == 51);
        CHECK(!lines.are_sorted(sorted));
    }
}

TEST_CASE("two qsorts of one thread do not get in each other's way") {
    const Lines left(500, 1), right(300, 2);
    const sorter& how = sorters.back();
    CHECK(std::string(how.name) == "qsort");
    std::vector<line> left_sorted = left.pointers(), right_sorted = right.pointers();
    const generator<std::uint64_t> in_left(how.sort, std::ref(left_sorted));
    std::uint64_t left_comparisons = 0, right_comparisons = 0;
    auto at = in_left.begin();
    for (const std::uint64_t n : generator<std::uint64_t>(how.sort, std::ref(right_sorted))) {
        right_comparisons = n;
        if (at == in_left.end()) break;
        left_comparisons = *at;
        ++at;
    }
    for (; at != in_left.end(); ++at) left_comparisons = *at;
    CHECK(right_comparisons == comparisons_of(how, right));
    CHECK(left_comparisons == comparisons_of(how, left));
    CHECK(left.are_sorted(left_sorted));
    CHECK(right.are_sorted(right_sorted));
}

TEST_CASE("a sorter that nobody watches any more still sorts to the end") {
    const Lines lines(1000);
    for (const sorter& how : sorters) {
        for (const std::uint64_t watched : {1, 2, 500, 5000}) {
            std::vector<line> sorted = lines.pointers();
            for (const std::uint64_t n : generator<std::uint64_t>(how.sort, std::ref(sorted)))
                if (n == watched) break;
            CHECK(lines.are_sorted(sorted));
        }
        std::vector<line> sorted = lines.pointers();
        CHECK_THROWS_AS(([&] {
                            for (std::uint64_t n : generator<std::uint64_t>(how.sort, std::ref(sorted)))
                                throw std::runtime_error(std::to_string(n));
                        }()),
                        std::runtime_error);
        CHECK(lines.are_sorted(sorted));
    }
}

TEST_CASE("in each round of a race every sorter makes one comparison") {
    const Lines lines(1000);
    std::uint64_t rounds = 0;
    const std::vector<course> courses = race(lines.all(), no_limit, [&](std::uint64_t n) { rounds = n; });
    REQUIRE(courses.size() == sorters.size());
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < sorters.size(); ++i) {
        CHECK(courses[i].name == sorters[i].name);
        CHECK(courses[i].finished);
        CHECK(courses[i].comparisons == comparisons_of(sorters[i], lines));
        most = std::max(most, courses[i].comparisons);
    }
    CHECK(rounds == most + 1);  // in the last one the last sorter sees that it is done
}

TEST_CASE("nobody makes more comparisons than the limit and who needs just so many has finished") {
    const Lines lines(200);
    const std::uint64_t needed = comparisons_of(sorters[1], lines);
    for (const std::uint64_t limit : {std::uint64_t(0), std::uint64_t(1), needed - 1, needed, needed + 1}) {
        std::uint64_t rounds = 0;
        for (const course& c : race(lines.all(), limit, [&](std::uint64_t n) { rounds = n; })) {
            CHECK(c.comparisons <= limit);
            if (!c.finished) CHECK(c.comparisons == limit);
            if (c.name == sorters[1].name) CHECK(c.finished == (limit >= needed));
            CHECK(c.points.back().comparisons == c.comparisons);
        }
        CHECK(rounds <= limit + 1);
    }
}

TEST_CASE("a course leads from the shuffled lines to the sorted ones") {
    const Lines lines(1000);
    for (const course& c : race(lines.all(), no_limit, ignore)) {
        CHECK(c.points.size() > 50);
        CHECK(c.points.size() < 500);
        CHECK(c.points.front().comparisons == 0);
        CHECK(c.points.front().order == ranking(lines.all()).order_of(lines.pointers()));
        CHECK(c.points.back().comparisons == c.comparisons);
        CHECK(c.points.back().order == 1);
        CHECK(std::is_sorted(c.points.begin(), c.points.end(),
                             [](const auto& a, const auto& b) { return a.comparisons < b.comparisons; }));
        CHECK(std::all_of(c.points.begin(), c.points.end(),
                          [](const auto& p) { return p.order >= 0 && p.order <= 1; }));
    }
}

TEST_CASE("a race for few lines") {
    for (const std::size_t count : {0, 1, 2, 3}) {
        const Lines lines(count);
        for (const course& c : race(lines.all(), no_limit, ignore)) {
            CHECK(c.finished);
            CHECK((c.comparisons == 0) == (count < 2));
            CHECK(c.points.back().order == 1);
        }
    }
}

TEST_CASE("how sorted lines are") {
    const std::vector<std::string_view> all{"b", "a", "d", "c"};
    const ranking places(all);
    const auto in_order = [&](std::initializer_list<std::size_t> which) {
        std::vector<line> lines;
        for (const std::size_t i : which) lines.push_back(&all[i]);
        return lines;
    };
    CHECK(places.order_of(in_order({1, 0, 3, 2})) == 1);
    CHECK(places.order_of(in_order({2, 3, 0, 1})) == 0);
    CHECK(places.order_of(in_order({0, 1, 2, 3})) == 0.5);  // all of them one place away
    CHECK(places.order_of(in_order({2, 2, 2, 1})) >= 0);
    CHECK(places.is_sorted(in_order({1, 0, 3, 2})));
    CHECK(!places.is_sorted(in_order({0, 1, 3, 2})));
    CHECK(!places.is_sorted(in_order({1, 0, 3})));
    CHECK(!places.is_sorted(in_order({1, 0, 3, 3})));
}

TEST_CASE("equal lines may stand in any order") {
    const std::vector<std::string_view> all{"b", "a", "b", "a", "c"};
    const ranking places(all);
    const std::vector<line> sorted{&all[3], &all[1], &all[2], &all[0], &all[4]};
    CHECK(places.order_of(sorted) == 1);
    CHECK(places.is_sorted(sorted));
}
