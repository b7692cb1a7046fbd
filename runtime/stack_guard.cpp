// SPDX-License-Identifier: BSL-1.0
// Guards: what a stack that overflows runs into.
//
// A marker (Linux 6.13 and later) guards pages without splitting the mapping, so a million stacks need
// one map entry and no system setting. Kernels do not tell the truth by their version, and emulators
// may accept any advice, so the marker is tried once on a scratch page. Without it each guard costs two map
// entries; half of the process's limit is taken and no more, since the rest of the program needs some.
#include <weft/stack.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

namespace weft::detail {

namespace {

// Wider than any frame that a call is likely to step over it with: 64 KiB.
constexpr std::size_t guard_bytes = 64 * 1024;

std::atomic<guard_kind> kind{guard_kind::unknown};
std::atomic<std::size_t> mappings{0};  // map entries that our guards have cost, process-wide

bool marker_works() noexcept {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* scratch = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (scratch == MAP_FAILED) return false;
    bool works = false;
    int ends[2];
    if (madvise(scratch, page, MADV_GUARD_INSTALL) == 0 && pipe2(ends, O_CLOEXEC) == 0) {
        // The kernel, when it is asked to read a guarded page, says so instead of raising a signal.
        works = write(ends[1], scratch, 1) == -1 && errno == EFAULT;
        close(ends[0]);
        close(ends[1]);
    }
    munmap(scratch, page);
    return works;
}

std::size_t most_mappings() noexcept {
    std::size_t most = 65530;
    if (std::FILE* f = std::fopen("/proc/sys/vm/max_map_count", "re")) {
        if (std::fscanf(f, "%zu", &most) != 1) most = 65530;
        std::fclose(f);
    }
    return most;
}

bool guard_by_mapping(char* low, std::size_t size) noexcept {
    static const std::size_t budget = most_mappings() / 2;
    if (mappings.fetch_add(2) + 2 <= budget && mprotect(low, size, PROT_NONE) == 0) return true;
    mappings.fetch_sub(2);
    return false;
}

}  // namespace

std::size_t guard_size() noexcept {
    static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (guard_bytes + page - 1) / page * page;
}

void pretend_guard(guard_kind answer) noexcept { kind.store(answer); }

guard_kind guard(char* low, std::size_t size) noexcept {
    guard_kind by = kind.load();
    if (by == guard_kind::unknown) {
        by = marker_works() ? guard_kind::marker : guard_kind::mapping;
        kind.store(by);
    }
    if (by == guard_kind::none) return by;
    // Locked memory refuses the marker even where it works.
    if (by == guard_kind::marker && madvise(low, size, MADV_GUARD_INSTALL) == 0) return by;
    return guard_by_mapping(low, size) ? guard_kind::mapping : guard_kind::none;
}

void unguard(std::size_t guards) noexcept { mappings.fetch_sub(2 * guards); }

}  // namespace weft::detail
