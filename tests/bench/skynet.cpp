// SPDX-License-Identifier: BSL-1.0
// Skynet: a tree of fibers with a million leaves.
#include "skynet.hpp"

int main() {
    const char* asked = "must 0.8 s, aim 0.4 s";
    return bench::print({{"a million leaves, joined one by one", skynet::by_join, asked},
                         {"  joined by their scope", skynet::by_scope, asked},
                         {"  each sends its sum", skynet::by_channel, asked}},
                        5);
}
