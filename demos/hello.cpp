// SPDX-License-Identifier: BSL-1.0
// A function that produces, a function that helps it, and a plain loop that consumes.
#include <iostream>
#include <string>

#include <weft/channel.hpp>
#include <weft/scope.hpp>

void baz(weft::sink<std::string> send) { send("Three, from a function that was given the sink"); }

int main() {
    weft::channel<std::string> lines;
    weft::scope fibers;  // owns the fibers spawned in it
    fibers.spawn([send = std::move(lines.sender)] {
        send("One");
        send("Two");
        baz(send);
        send("The end");
    });  // send dies with the function: the stream is closed
    for (std::string& line : lines.receiver) std::cout << line << '\n';
}
