// SPDX-License-Identifier: BSL-1.0
// Programs that call exit() or pthread_exit() while fibers live.
//   exits plain|fiber|callback|own_scope|thread_in_fiber|idle_helper|busy_helper
#include <weft/weft.hpp>

#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>

namespace {

struct says {
    const char* text;
    ~says() { std::fputs(text, stderr); }
};

const says at_the_very_end{"static destructor\n"};
weft::channel<int> nothing;
weft::scope outliving;  // destroyed before the two above

}  // namespace

int main(int, char** argv) {
    const std::string way = argv[1];
    std::atexit([] { std::fputs("at exit\n", stderr); });
    weft::scope fibers;
    weft::channel<int> items;
    const auto parked = [&] {
        const says unwound{"unwound\n"};
        (void)items.receiver.receive();
    };
    fibers.spawn(parked);
    // What waits in a static destructor lets the other fibers run, and so the code that is to end.
    if (way == "plain" || way == "own_scope")
        outliving.spawn([] {
            const says unwound{"static scope unwound\n"};
            (void)nothing.receiver.receive();
        });
    weft::yield();
    if (way == "plain") std::exit(3);
    if (way == "fiber") fibers.spawn([] { std::exit(4); });
    if (way == "callback")
        fibers.spawn([] {
            std::qsort(new int[2]{2, 1}, 2, sizeof(int),
                       [](const void*, const void*) -> int { std::exit(5); });
        });
    if (way == "thread_in_fiber") fibers.spawn([] { pthread_exit(nullptr); });
    if (way == "idle_helper") {
        std::atexit([] {
            const std::filesystem::directory_iterator threads("/proc/self/task");
            std::fprintf(stderr, "%td thread\n", std::distance(begin(threads), end(threads)));
        });
        auto other = fibers.spawn([] { weft::offload([] {}); });
        weft::offload([] {});
        other.join();
        std::exit(7);
    }
    if (way == "busy_helper") {
        int ends[2];
        if (pipe(ends) != 0) return 1;
        fibers.spawn([&] {
            weft::offload([&] {
                (void)!write(ends[1], "x", 1);
                for (;;) pause();
            });
        });
        weft::wait_readable(ends[0]);
        std::exit(8);
    }
    if (way == "own_scope") outliving.spawn([] { std::exit(6); });
    weft::yield();
}
