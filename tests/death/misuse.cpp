// SPDX-License-Identifier: BSL-1.0
// Misuses in destructors; which one, the argument says.
#include <weft/weft.hpp>

#include <optional>
#include <string>
#include <thread>

int main(int, char** arguments) {
    const std::string what = arguments[1];
    std::optional<weft::scope> fibers(std::in_place);
    std::optional<weft::channel<int>> c(std::in_place);
    if (what == "own_scope") {
        fibers->spawn([&] { fibers.reset(); });
        fibers->join();
    }
    if (what == "own_generator") {
        std::optional<weft::generator<int>> numbers;
        numbers.emplace([&](weft::sink<int>) { numbers.reset(); });
        (void)numbers->receive();
    }
    if (what == "sender_elsewhere") std::thread([&] { auto mine = std::move(c->sender); }).join();
    if (what == "receiver_elsewhere") std::thread([&] { c->receiver.close(); }).join();
    if (what == "scope_elsewhere") {
        fibers->spawn([] {});
        std::thread([&] { fibers.reset(); }).join();
    }
    if (what == "empty_scope_elsewhere") std::thread([&] { fibers.reset(); }).join();
}
