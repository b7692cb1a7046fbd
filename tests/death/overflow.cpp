// SPDX-License-Identifier: BSL-1.0
// Fibers that use up their stacks, in every way; and a fault that is none of that.
//   overflow WAY [thread] [handler] [mapping]
#include <weft/weft.hpp>

#include <alloca.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

// Touches its lowest byte only, as a large buffer that is filled from below does.
template <int Bytes>
[[gnu::noinline]] int deeper(int depth) {
    volatile char buffer[Bytes];
    buffer[0] = static_cast<char>(depth);
    asm volatile("" : : "r"(buffer) : "memory");
    return depth == 0 ? 0 : deeper<Bytes>(depth - 1) + buffer[0];
}

[[gnu::noinline]] int allocating(int depth) {
    auto* room = static_cast<volatile char*>(alloca(20'000));
    room[0] = static_cast<char>(depth);
    asm volatile("" : : "r"(room) : "memory");
    return depth == 0 ? 0 : allocating(depth - 1) + room[0];
}

// The processor is to see it, not a sanitizer that looks for it.
__attribute__((no_sanitize("undefined"))) void write_nowhere() {
    volatile char* volatile nowhere = nullptr;
    *nowhere = 1;
}

void fault(const std::string& way) {
    constexpr int forever = 1 << 30;
    if (way == "recursion") deeper<1>(forever);
    if (way == "alloca") allocating(forever);
    if (way == "4") deeper<4 * 1024>(forever);
    if (way == "8") deeper<8 * 1024>(forever);
    if (way == "12") deeper<12 * 1024>(forever);
    if (way == "16") deeper<16 * 1024>(forever);
    if (way == "20") deeper<20 * 1024>(forever);
    if (way == "24") deeper<24 * 1024>(forever);
    if (way == "28") deeper<28 * 1024>(forever);
    if (way == "32") deeper<32 * 1024>(forever);
    if (way == "40") deeper<40 * 1024>(forever);
    if (way == "48") deeper<48 * 1024>(forever);
    if (way == "56") deeper<56 * 1024>(forever);
    if (way == "63") deeper<64 * 1024 - 256>(forever);
    if (way == "null") write_nowhere();
    if (way == "raise") raise(SIGSEGV);
}

// The fiber that faults has neighbours on both sides, started before and after it.
void run(const std::string& way) {
    weft::scope fibers;
    weft::channel<int> c;
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&] { (void)c.receiver.receive(); }, {.name = "neighbour", .at = {}});
    fibers.spawn(
        [&] {
            weft::yield();
            fault(way);
        },
        {.name = "deep", .stack = way == "small" ? 16 * 1024u : 0, .at = {"spawn.cpp", 7}});
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&] { (void)c.receiver.receive(); }, {.name = "neighbour", .at = {}});
    fibers.join();
}

void own_handler(int, siginfo_t*, void*) {
    static constexpr char text[] = "the program's own handler\n";
    [[maybe_unused]] auto n = write(STDERR_FILENO, text, sizeof text - 1);
    _exit(7);
}

}  // namespace

int main(int argc, char** argv) {
    bool thread = false;
    for (int i = 2; i < argc; ++i) {
        if (std::strcmp(argv[i], "thread") == 0) thread = true;
        if (std::strcmp(argv[i], "mapping") == 0)
            weft::detail::pretend_guard(weft::detail::guard_kind::mapping);
        if (std::strcmp(argv[i], "handler") == 0) {
            struct sigaction action {};
            action.sa_sigaction = own_handler;
            action.sa_flags = SA_SIGINFO | SA_ONSTACK;
            sigaction(SIGSEGV, &action, nullptr);
        }
    }
    const std::string way = argv[1];
    if (thread)
        std::thread([&] { run(way); }).join();
    else
        run(way);
    return 0;
}
