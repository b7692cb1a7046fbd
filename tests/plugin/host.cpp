// SPDX-License-Identifier: BSL-1.0
// A program without weft that loads a plug-in with it, unloads it, and loads it again.
//   host PLUGIN
#include <dlfcn.h>

#include <cstdio>
#include <thread>

namespace {

int rounds = 0;

bool use(const char* path) {
    void* const plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin) {
        std::fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    auto* const sum = reinterpret_cast<long (*)(int)>(dlsym(plugin, "sum_of_squares"));
    const bool right = sum(10) == 285 && sum(100) == 328350;
    dlclose(plugin);
    rounds += right;
    return right;
}

}  // namespace

int main(int, char** argv) {
    for (int i = 0; i < 3; ++i) {
        if (!use(argv[1])) return 1;
        std::thread([&] { use(argv[1]); }).join();
    }
    std::fprintf(stderr, "%d rounds\n", rounds);
}
