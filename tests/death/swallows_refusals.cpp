// SPDX-License-Identifier: BSL-1.0
// A fiber that never takes no for an answer.
#include <weft/weft.hpp>

#include <cstdio>
#include <string>

int main(int, char** arguments) {
    weft::channel<int> c;
    weft::scope fibers;
    int thrown = 0;
    auto stubborn = fibers.spawn(
        [&] {
            for (;;) {
                try {
                    c.sender(1);
                } catch (const weft::cancelled&) {
                    ++thrown;
                } catch (const weft::receiver_gone&) {
                    ++thrown;
                }
                if (thrown == 1000) std::fputs("thrown 1000 times\n", stderr), ++thrown;
            }
        },
        {.name = "stubborn", .at = {"here.cpp", 3}});
    if (arguments[1] == std::string("cancelled"))
        stubborn.cancel();
    else
        c.receiver.close();
    fibers.join();
}
