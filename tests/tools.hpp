// SPDX-License-Identifier: BSL-1.0
// What watches this program, and what the process takes: for tests of stacks and memory.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

#ifdef __has_feature
#define WEFT_TEST_HAS(f) __has_feature(f)
#else
#define WEFT_TEST_HAS(f) 0
#endif

namespace test {

#if defined(__SANITIZE_ADDRESS__) || WEFT_TEST_HAS(address_sanitizer)
inline constexpr bool address_sanitizer = true;
#else
inline constexpr bool address_sanitizer = false;
#endif
#if defined(__SANITIZE_THREAD__) || WEFT_TEST_HAS(thread_sanitizer)
inline constexpr bool thread_sanitizer = true;
#else
inline constexpr bool thread_sanitizer = false;
#endif
inline constexpr bool sanitized = address_sanitizer || thread_sanitizer;

inline bool valgrind() { return std::getenv("WEFT_UNDER_VALGRIND") != nullptr; }
/// Under a tool everything takes more time and memory: tests of many do with fewer.
inline bool watched() { return sanitized || valgrind(); }

/// How many fibers "many" are: memcheck, when it looks for leaks, goes through the stacks of all there ever were.
inline int many(int usually, int watched_ones) {
    return valgrind() ? watched_ones / 10 : watched() ? watched_ones : usually;
}

inline std::size_t pages(int which) {
    std::ifstream in("/proc/self/statm");
    std::size_t n = 0;
    for (int i = 0; i <= which; ++i) in >> n;
    return n * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}
inline std::size_t reserved_bytes() { return pages(0); }
inline std::size_t resident_bytes() { return pages(1); }

/// The process's mappings; of `kind` only, such as "---p".
inline std::size_t mappings(const std::string& kind = "") {
    std::ifstream in("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(in, line);)
        count += kind.empty() || line.find(" " + kind + " ") != std::string::npos;
    return count;
}
inline std::size_t most_mappings() {
    std::ifstream in("/proc/sys/vm/max_map_count");
    std::size_t most = 0;
    in >> most;
    return most;
}

/// Whether this kernel can guard pages without splitting their mapping (Linux 6.13).
inline bool kernel_has_marker() {
    constexpr int guard_install = 102;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* p = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const bool has = madvise(p, page, guard_install) == 0;
    munmap(p, page);
    return has && !valgrind();
}

}  // namespace test
