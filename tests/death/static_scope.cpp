// SPDX-License-Identifier: BSL-1.0
// Static objects that use weft before main, in it, at exit and in a static destructor. It does not die of it.
#include <weft/weft.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

weft::channel<int> numbers;
std::string where;
weft::scope fibers;

struct sends {
    sends() {
        fibers.spawn([] {
            struct end {
                ~end() { std::fputs("the static fiber ends\n", stderr); }
            } at_end;
            for (int n : numbers.receiver) std::fprintf(stderr, "%s: got %d\n", where.c_str(), n);
        });
        where = "before main";
        numbers.sender(1);
    }
    ~sends() {
        where = "a static destructor";
        numbers.sender(4);
    }
} sender;

int main() {
    where = "in main";
    numbers.sender(2);
    std::atexit([] {
        where = "at exit";
        numbers.sender(3);
    });
}
