// SPDX-License-Identifier: BSL-1.0
// The switch: what a fiber finds on its stack, and where its stack ends (DESIGN's room `context`).
#include <weft/weft.hpp>

#include <dlfcn.h>
#include <execinfo.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "support.hpp"
#include "tools.hpp"

namespace {

std::vector<void*> trace() {
    std::vector<void*> frames(200);
    frames.resize(static_cast<std::size_t>(backtrace(frames.data(), static_cast<int>(frames.size()))));
    return frames;
}

[[gnu::noinline]] std::vector<void*> trace_below(int depth) {
    if (depth == 0) return trace();
    std::vector<void*> frames = trace_below(depth - 1);
    asm volatile("" : : "r"(&frames) : "memory");
    return frames;
}

[[gnu::noinline]] void throw_below(int depth) {
    if (depth == 0) throw std::runtime_error("deep");
    throw_below(depth - 1);
    asm volatile("");
}

}  // namespace

TEST_CASE("a backtrace in a fiber ends at the fiber's function") {
    weft::scope fibers;
    const auto frames = fibers.spawn(trace).join();
    REQUIRE(frames.size() > 2);
    CHECK(frames.size() < 30);
    for (void* frame : frames) {
        Dl_info info{};
        CHECK(dladdr(frame, &info) != 0);  // code, not what happens to lie on the stack
        if (info.dli_fname) CHECK_FALSE(test::contains(info.dli_fname, "boost_context"));
    }
    // The same code from the same depth has the same frames.
    CHECK(fibers.spawn(trace).join().size() == frames.size());
}

TEST_CASE("a backtrace in a fiber has every frame of it") {
    weft::scope fibers;
    const auto few = fibers.spawn(trace_below, 1).join();
    const auto many = fibers.spawn(trace_below, 11).join();
    CHECK(many.size() == few.size() + 10);
}

TEST_CASE("a fiber's stack is aligned as the ABI says") {
    weft::scope fibers;
    for (int i = 0; i < 40; ++i)  // stacks' tops differ
        fibers.spawn([i] {
            alignas(16) volatile long double wide = i;
            alignas(64) volatile char line[64] = {};
            weft::yield();
            CHECK(reinterpret_cast<std::uintptr_t>(&wide) % 16 == 0);
            CHECK(reinterpret_cast<std::uintptr_t>(line) % 64 == 0);
            CHECK(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) % 16 == 0);
            CHECK(std::to_string(static_cast<double>(wide)) == std::to_string(static_cast<double>(i)));
        });
    fibers.join();
}

TEST_CASE("what functions keep in registers survives every switch") {
    weft::scope fibers;
    for (int f = 1; f <= 5; ++f)
        fibers.spawn([f] {
            long a = f, b = 2 * f, c = 3 * f, d = 5 * f, e = 7 * f;
            double x = f * 0.5, y = f * 0.25;
            for (int i = 0; i < 200; ++i) {
                weft::yield();
                a += b, b += c, c += d, d += e, e += f;
                x += y;
            }
            long expected[5] = {f, 2 * f, 3 * f, 5 * f, 7 * f};
            for (int i = 0; i < 200; ++i)
                expected[0] += expected[1], expected[1] += expected[2], expected[2] += expected[3],
                    expected[3] += expected[4], expected[4] += f;
            CHECK(a == expected[0]);
            CHECK(b == expected[1]);
            CHECK(c == expected[2]);
            CHECK(d == expected[3]);
            CHECK(e == expected[4]);
            CHECK(x == f * 0.5 + 200 * (f * 0.25));
        });
    fibers.join();
}

TEST_CASE("a fiber starts with errno zero and leaves nobody else's changed") {
    weft::scope fibers;
    errno = ERANGE;
    for (int i = 0; i < 3; ++i)
        fibers.spawn([i] {
            CHECK(errno == 0);
            errno = 100 + i;
            weft::yield();
            CHECK(errno == 100 + i);
        });
    weft::yield();
    CHECK(errno == ERANGE);
    weft::yield();
    CHECK(errno == ERANGE);
    fibers.join();
    CHECK(errno == ERANGE);
}

TEST_CASE("exceptions are thrown and caught on fibers' stacks") {
    weft::scope fibers;
    int caught = 0;
    for (int f = 0; f < 10; ++f)
        fibers.spawn([&caught, f] {
            for (int i = 0; i < 20; ++i) {
                try {
                    throw_below(f);
                } catch (const std::runtime_error& e) {
                    weft::yield();  // others throw while this one is being handled
                    CHECK(std::string(e.what()) == "deep");
                    ++caught;
                }
            }
        });
    fibers.join();
    CHECK(caught == 200);
}
