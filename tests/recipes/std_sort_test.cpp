// SPDX-License-Identifier: BSL-1.0
// The recipe for std::sort: a sort as a loop that is asked which of two comes first.
#include "../../demos/recipes/std_sort.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "recipe.hpp"

using test::AllGone;
using test::Counted;
using test::here_and_in_a_fiber;

namespace {

using Words = std::vector<std::string>;
const Words mixed = {"pear",   "fig",    "apple",  "kiwi",   "plum",   "date",  "melon",
                     "lime",   "orange", "grape",  "cherry", "quince", "lemon", "mango",
                     "papaya", "peach",  "banana", "olive",  "nut",    "guava"};
const Words in_order = {"apple",  "banana", "cherry", "date",  "fig",   "grape", "guava",
                        "kiwi",   "lemon",  "lime",   "mango", "melon", "nut",   "olive",
                        "orange", "papaya", "peach",  "pear",  "plum",  "quince"};

int answer_all(Words& words) {
    int asked = 0;
    for (question<std::string>& which : sorting(words)) {
        which.left_first = which.left < which.right;
        ++asked;
    }
    return asked;
}

/// Fails when it was copied or moved so many times, if that is more than 0.
struct Fragile : Counted {
    static inline int last = 0;
    using Counted::Counted;
    Fragile(const Fragile& other) : Counted(other) { wear(); }
    Fragile& operator=(const Fragile& other) {
        Counted::operator=(other);
        wear();
        return *this;
    }
    static void wear() {
        if (last > 0 && --last == 0) throw std::runtime_error("broken");
    }
};

}  // namespace

TEST_CASE("a sort becomes a loop that answers") {
    here_and_in_a_fiber([] {
        Words words = mixed;
        CHECK(answer_all(words) > 20);
        CHECK(words == in_order);
        for (question<std::string>& which : sorting(words)) which.left_first = which.left > which.right;
        CHECK(words == Words(in_order.rbegin(), in_order.rend()));
    });
}

TEST_CASE("a loop that is left leaves the items as they were wherever that is") {
    here_and_in_a_fiber([] {
        Words words = mixed;
        const int all = answer_all(words);
        for (int last = 1; last <= all; ++last) {
            words = mixed;
            int asked = 0;
            for (question<std::string>& which : sorting(words)) {
                which.left_first = which.left < which.right;
                if (++asked == last) break;
            }
            CHECK(asked == last);
            CHECK(words == mixed);
        }
    });
}

TEST_CASE("what the loop throws ends the sort and is not lost") {
    here_and_in_a_fiber([] {
        Words words = mixed;
        int asked = 0;
        CHECK_THROWS_AS(
            [&] {
                for (question<std::string>& which : sorting(words)) {
                    which.left_first = which.left < which.right;
                    if (++asked == 7) throw test::Enough();
                }
            }(),
            test::Enough);
        CHECK(words == mixed);
        answer_all(words);
        CHECK(words == in_order);
    });
}

TEST_CASE("what an item throws in the midst of the sort the loop throws") {
    here_and_in_a_fiber([] {
        AllGone at_end;
        std::vector<Fragile> items;
        for (int n = 0; n < 20; ++n) items.emplace_back(n * 7 % 20);
        int failed = 0;
        for (int last = 1;; ++last) {
            Fragile::last = last;
            const std::string why = test::thrown_by<std::runtime_error>([&] {
                for (question<Fragile>& which : sorting(items))
                    which.left_first = which.left.value < which.right.value;
            });
            const bool broke = Fragile::last == 0;
            Fragile::last = 0;
            CHECK(why == (broke ? "broken" : "nothing"));
            if (!broke) break;
            ++failed;
            for (int n = 0; n < 20; ++n) CHECK(items[static_cast<std::size_t>(n)].value == n * 7 % 20);
        }
        CHECK(failed > 40);
        for (int n = 0; n < 20; ++n) CHECK(items[static_cast<std::size_t>(n)].value == n);
    });
}

TEST_CASE("two sorts are asked in turn") {
    here_and_in_a_fiber([] {
        Words up = mixed, down = mixed;
        auto a = sorting(up), b = sorting(down);
        test::in_turn(
            a, [](question<std::string>& which) { which.left_first = which.left < which.right; }, b,
            [](question<std::string>& which) { which.left_first = which.left > which.right; });
        CHECK(up == in_order);
        CHECK(down == Words(in_order.rbegin(), in_order.rend()));
    });
}

TEST_CASE("a fiber that is cancelled while it is asked leaves the items as they were") {
    here_and_in_a_fiber([] {
        Words words = mixed;
        test::cancel_in_the_loop(sorting(words));
        CHECK(words == mixed);
    });
}
