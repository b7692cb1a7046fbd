// SPDX-License-Identifier: BSL-1.0
// A process with fibers forks. Written down in runtime/README.md.
#include <weft/weft.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "support.hpp"

TEST_CASE("a child that ends by _exit or exec leaves the parent's fibers alone") {
    weft::scope fibers;
    weft::channel<int> c;
    fibers.spawn([&] { c.sender(7); });
    const auto wait = [](pid_t child) {
        return weft::offload([child] {
            int how = 0;
            CHECK(waitpid(child, &how, 0) == child);
            return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
        });
    };
    auto forks = fibers.spawn([&] {
        const pid_t child = fork();
        // No helper thread is there yet: what those hold would be lost in the copy.
        if (child == 0) _exit(*c.receiver.receive() == 7 ? 3 : 1);  // fibers of the copy go on in it
        CHECK(wait(child) == 3);
        const int descriptor = weft::this_thread().fd();
        const pid_t other = fork();
        if (other == 0) {
            const std::string closed = "[ ! -e /proc/self/fd/" + std::to_string(descriptor) + " ]";
            execl("/bin/sh", "sh", "-c", closed.c_str(), static_cast<char*>(nullptr));
            _exit(99);
        }
        CHECK(wait(other) == 0);
    });
    forks.join();
    CHECK(c.receiver.receive() == 7);
}
