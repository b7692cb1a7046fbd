// SPDX-License-Identifier: BSL-1.0
// Plug-ins that use weft, in programs that do and that do not. They are in tests/plugin/.
#include <weft/weft.hpp>

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "descriptors.hpp"
#include "support.hpp"

namespace {

/// The plug-in, loaded.
class Plugin {
 public:
    Plugin() : handle_(dlopen(std::getenv("WEFT_PLUGIN"), RTLD_NOW | RTLD_LOCAL)) { REQUIRE(handle_); }
    Plugin(const Plugin&) = delete;
    ~Plugin() { dlclose(handle_); }
    template <class F>
    F* find(const char* name) const {
        return reinterpret_cast<F*>(dlsym(handle_, name));
    }

 private:
    void* handle_;
};

}  // namespace

TEST_CASE("a program without weft loads and unloads a plug-in with it") {
    const std::string command =
        std::string(std::getenv("WEFT_PLUGIN_HOST")) + " " + std::getenv("WEFT_PLUGIN") + " 2>&1";
    std::FILE* const out = popen(command.c_str(), "r");
    std::string text;
    for (int c; (c = std::fgetc(out)) != EOF;) text += static_cast<char>(c);
    CHECK(pclose(out) == 0);
    CHECK(text == "6 rounds\n");
}

TEST_CASE("a plug-in is called from plain code and from fibers") {
    const Plugin plugin;
    auto* const sum = plugin.find<long(int)>("sum_of_squares");
    CHECK(sum(10) == 285);
    weft::scope fibers;
    for (int i = 0; i < 5; ++i) fibers.spawn([&] { CHECK(sum(100) == 328350); });
    fibers.join();
}

TEST_CASE("a callback that a plug-in calls may send and so turns it into a loop") {
    const Plugin plugin;
    auto* const for_each = plugin.find<void(int, void (*)(int, void*), void*)>("for_each_below");
    const auto numbers = [&](int limit) {
        return weft::generator<int>([=](weft::sink<int> send) {
            for_each(
                limit, [](int n, void* to) { (void)static_cast<weft::sink<int>*>(to)->offer(n); }, &send);
        });
    };
    int sum = 0;
    auto ones = numbers(5), others = numbers(5);
    for (int n : ones)
        if (const auto m = others.receive()) sum += n * *m;
    CHECK(sum == 30);
}

TEST_CASE("a plug-in leaves no descriptors behind") {
    const Plugin plugin;
    auto* const sum = plugin.find<long(int)>("sum_of_squares");
    const int before = test::descriptors();
    CHECK(sum(10) == 285);
    CHECK(test::descriptors() == before);
}
