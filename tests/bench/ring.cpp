// SPDX-License-Identifier: BSL-1.0
// A hop in a ring of 1,000 fibers.
#include "ring.hpp"

int main() {
    return bench::print({{"a hop in a ring of 1,000", [] { return ring::hop(); }, "must 1.5 R, aim 1.1 R"},
                         {"the same with capacity 1", [] { return ring::hop(1); }}});
}
