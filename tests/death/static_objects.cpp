// SPDX-License-Identifier: BSL-1.0
// A channel and a scope with static storage: made before main, used in it, destroyed after it.
#include <weft/weft.hpp>

#include <cstdio>

namespace {

weft::channel<int> numbers;
weft::channel<int> nothing;
weft::scope fibers;

}  // namespace

int main() {
    fibers.spawn([send = std::move(numbers.sender)] {
        send(1);
        send(2);
    });
    fibers.spawn([] {
        try {
            (void)nothing.receiver.receive();
        } catch (...) {
            std::fputs("cancelled in the static scope\n", stderr);
            throw;
        }
    });
    for (int n : numbers.receiver) std::fprintf(stderr, "got %d, ", n);
}
