// SPDX-License-Identifier: BSL-1.0
// A sort as a loop over its comparisons. qsort waits in its comparator while the loop has the pair. Nothing
// can stop it: when nobody listens any more it goes on in silence.
#pragma once

#include <cstdlib>
#include <exception>
#include <span>
#include <type_traits>
#include <utility>

#include <weft/generator.hpp>

template <class T>
struct comparison {
    const T& left;
    const T& right;
    int order;  // less than 0: left comes first
};

/// Sorts `items`, which are not to be looked at before the end of the loop or of the generator.
template <class T, class Compare>
weft::generator<comparison<T>> comparisons(std::span<T> items, Compare compare) {
    static_assert(std::is_trivially_copyable_v<T>);
    return weft::generator<comparison<T>>([=](weft::sink<comparison<T>> send) mutable {
        struct sort {
            weft::sink<comparison<T>> send;
            Compare& compare;
            bool stopped = false;
            std::exception_ptr failure = nullptr;
        } mine{send, compare};
        static thread_local sort* current;
        current = &mine;
        const auto each = [](const void* left, const void* right) {
            sort& here = *current;
            if (here.failure) return 0;  // the soonest end: all that is left are equals
            comparison<T> pair{*static_cast<const T*>(left), *static_cast<const T*>(right), 0};
            try {
                pair.order = here.compare(pair.left, pair.right);
            } catch (...) {
                here.failure = std::current_exception();
            }
            const int order = pair.order;
            if (!here.stopped && !here.failure) here.stopped = !here.send.offer(std::move(pair));
            current = &here;  // other sorts of this thread may have run meanwhile
            return order;
        };
        std::qsort(items.data(), items.size(), sizeof(T), each);
        if (mine.failure) std::rethrow_exception(mine.failure);
    });
}
