// SPDX-License-Identifier: BSL-1.0
// A sort as a loop that is asked which of two comes first, and answers by writing into the question. As it is
// C++, the exception with which a send ends when nobody listens passes through it.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <weft/generator.hpp>

template <class T>
struct question {
    const T& left;
    const T& right;
    bool left_first = false;  // the answer
};

/// Sorts `items`, which change when all questions are answered: a loop that is left leaves them as they were.
template <class T>
weft::generator<question<T>> sorting(std::vector<T>& items) {
    return weft::generator<question<T>>([&items](weft::sink<question<T>> ask) {
        std::vector<T> sorted = items;  // an exception leaves a sort half done
        std::sort(sorted.begin(), sorted.end(), [ask](const T& left, const T& right) {
            question<T> which{left, right};
            ask(std::move(which));  // lent, not moved
            return which.left_first;
        });
        items.swap(sorted);
    });
}
