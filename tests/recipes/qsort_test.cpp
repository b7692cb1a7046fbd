// SPDX-License-Identifier: BSL-1.0
// The recipe for qsort: a sort as a loop over its comparisons.
#include "../../demos/recipes/qsort.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "recipe.hpp"

using test::here_and_in_a_fiber;

namespace {

int by_value(const int& a, const int& b) { return (a > b) - (a < b); }
int downwards(const int& a, const int& b) { return by_value(b, a); }

std::vector<int> mixed(int n, int step = 7) {
    std::vector<int> all(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) all[static_cast<std::size_t>(i)] = i * step % n;
    return all;
}
std::vector<int> upwards(int n) {
    std::vector<int> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

/// How many pairs qsort compares, if nobody looks.
int comparisons_of(std::vector<int> items) {
    static int count;
    count = 0;
    std::qsort(items.data(), items.size(), sizeof(int), [](const void* a, const void* b) {
        ++count;
        return by_value(*static_cast<const int*>(a), *static_cast<const int*>(b));
    });
    return count;
}

}  // namespace

TEST_CASE("a sort becomes a loop over its comparisons") {
    here_and_in_a_fiber([] {
        std::vector<int> items = mixed(10);
        int seen = 0;
        for (const comparison<int>& pair : comparisons(std::span(items), by_value)) {
            CHECK(pair.order == by_value(pair.left, pair.right));
            ++seen;
        }
        CHECK(seen == comparisons_of(mixed(10)));
        CHECK(items == upwards(10));
    });
}

TEST_CASE("what is not looked at is not sorted and the sort is never ahead") {
    here_and_in_a_fiber([] {
        std::vector<int> items = mixed(10);
        int made = 0;
        {
            const auto pairs = comparisons(std::span(items), [&](const int& a, const int& b) {
                ++made;
                return by_value(a, b);
            });
            CHECK(made == 0);
            int seen = 0;
            for ([[maybe_unused]] const comparison<int>& pair : pairs) {
                CHECK(made == ++seen);
                if (seen == 3) break;
            }
            CHECK(made == 3);
        }
        CHECK(made == comparisons_of(mixed(10)));
        {
            std::vector<int> unread = mixed(10);
            { const auto pairs = comparisons(std::span(unread), by_value); }
            CHECK(unread == mixed(10));
        }
    });
}

TEST_CASE("a loop that is left leaves the sort to itself wherever that is") {
    here_and_in_a_fiber([] {
        const int all = comparisons_of(mixed(10));
        for (int last = 1; last <= all; ++last) {
            std::vector<int> items = mixed(10);
            int seen = 0;
            for ([[maybe_unused]] const comparison<int>& pair : comparisons(std::span(items), by_value))
                if (++seen == last) break;
            CHECK(seen == last);
            CHECK(items == upwards(10));
        }
    });
}

TEST_CASE("what the loop throws leaves the sort to itself and is not lost") {
    here_and_in_a_fiber([] {
        const int all = comparisons_of(mixed(10));
        for (int last = 1; last <= all; ++last) {
            std::vector<int> items = mixed(10);
            int seen = 0;
            CHECK_THROWS_AS(
                [&] {
                    for ([[maybe_unused]] const comparison<int>& pair :
                         comparisons(std::span(items), by_value))
                        if (++seen == last) throw test::Enough();
                }(),
                test::Enough);
            CHECK(items == upwards(10));
        }
    });
}

TEST_CASE("what the comparing function throws the loop throws and no item is lost") {
    here_and_in_a_fiber([] {
        const int all = comparisons_of(mixed(10));
        for (int last = 1; last <= all; ++last) {
            std::vector<int> items = mixed(10);
            int made = 0, seen = 0;
            CHECK(test::thrown_by<std::runtime_error>([&] {
                      for ([[maybe_unused]] const comparison<int>&pair :
                           comparisons(std::span(items), [&](const int& a, const int& b) {
                               if (++made == last) throw std::runtime_error("not to be compared");
                               return by_value(a, b);
                           }))
                          ++seen;
                  }) == "not to be compared");
            CHECK(seen == last - 1);
            CHECK(made == last);  // it was not asked again
            std::sort(items.begin(), items.end());
            CHECK(items == upwards(10));
        }
    });
}

TEST_CASE("two sorts in turn are kept apart") {
    here_and_in_a_fiber([] {
        std::vector<int> up = mixed(10), down = mixed(20);
        auto a = comparisons(std::span(up), by_value);
        auto b = comparisons(std::span(down), by_value);
        int of_up = 0, of_down = 0;
        test::in_turn(
            a,
            [&](const comparison<int>& pair) {
                ++of_up;
                CHECK(pair.left < 10);
            },
            b, [&](const comparison<int>&) { ++of_down; });
        CHECK(of_up == comparisons_of(mixed(10)));
        CHECK(of_down == comparisons_of(mixed(20)));
        CHECK(up == upwards(10));
        CHECK(down == upwards(20));
    });
}

TEST_CASE("a sort goes on as it began while others are left or fail or run through") {
    here_and_in_a_fiber([] {
        std::vector<int> up = mixed(10);
        for (const comparison<int>& outer : comparisons(std::span(up), &by_value)) {
            CHECK(outer.order == by_value(outer.left, outer.right));
            std::vector<int> items = mixed(5, 3);
            for ([[maybe_unused]] const comparison<int>& inner : comparisons(std::span(items), &downwards))
                break;
            CHECK(items == std::vector<int>{4, 3, 2, 1, 0});
            CHECK(test::thrown_by<std::runtime_error>([&] {
                      const auto torn = [](const int&, const int&) -> int {
                          throw std::runtime_error("torn");
                      };
                      comparisons(std::span(items), torn).receive();
                  }) == "torn");
        }
        CHECK(up == upwards(10));
    });
}

TEST_CASE("the comparing function may wait itself") {
    here_and_in_a_fiber([] {
        std::vector<int> up = mixed(10), other = mixed(10);
        weft::scope fibers;
        const auto sort = [](std::vector<int>& items) {
            const auto slowly = [](const int& a, const int& b) {
                weft::yield();
                return by_value(a, b);
            };
            for ([[maybe_unused]] const comparison<int>& pair : comparisons(std::span(items), slowly))
                continue;
        };
        fibers.spawn([&] { sort(up); });
        fibers.spawn([&] { sort(other); });
        fibers.join();
        CHECK(up == upwards(10));
        CHECK(other == upwards(10));
    });
}

TEST_CASE("a fiber that is cancelled while it has a pair leaves a sorted array") {
    here_and_in_a_fiber([] {
        std::vector<int> items = mixed(10);
        test::cancel_in_the_loop(comparisons(std::span(items), by_value));
        CHECK(items == upwards(10));
    });
}
