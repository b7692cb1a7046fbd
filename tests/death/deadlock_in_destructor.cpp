// SPDX-License-Identifier: BSL-1.0
// The scope waits for a fiber whose item is lent to the very code that waits.
#include <weft/weft.hpp>

#include <optional>

int main() {
    weft::channel<int> c(0, "c", {"made.cpp", 1});
    std::optional<weft::scope> fibers(std::in_place, weft::place{"scope.cpp", 2});
    fibers->spawn([&] { c.sender(1, {"send.cpp", 3}); }, {.name = "lender", .at = {}});
    for (int n : c.receiver)
        if (n == 1) fibers.reset();
}
