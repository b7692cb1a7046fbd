// SPDX-License-Identifier: BSL-1.0
// Counts every allocation of the program that includes it, in one file, and can let the n-th fail.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include "tools.hpp"

namespace test {

// By thread, so that nothing but the test counts.
inline thread_local long allocations = 0;
inline thread_local long until_failure = -1;  // allocations that still succeed; negative: all do

[[maybe_unused]] inline bool refused() {
    ++allocations;
    return until_failure >= 0 && until_failure-- == 0;
}

}  // namespace test

#if !defined(__SANITIZE_THREAD__) && !WEFT_TEST_HAS(thread_sanitizer)  // which has its own
static void* counted(std::size_t size, std::size_t alignment) {
    void* memory = nullptr;
    if (!test::refused() && posix_memalign(&memory, alignment, size ? size : 1) == 0) return memory;
    throw std::bad_alloc();
}

void* operator new(std::size_t size) { return counted(size, sizeof(void*) * 2); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif

// The C library's allocations count as well, where no tool has its own.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !WEFT_TEST_HAS(address_sanitizer) && !WEFT_TEST_HAS(thread_sanitizer)
extern "C" void* __libc_malloc(std::size_t);
extern "C" void* malloc(std::size_t size) {
    if (test::refused()) return nullptr;
    return __libc_malloc(size);
}
#endif
