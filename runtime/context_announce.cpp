// SPDX-License-Identifier: BSL-1.0
// What the sanitizers and Valgrind are told of stacks and switches.
//
// They are found when the program runs, not when weft is compiled: the references are weak, and null in
// a program without the sanitizer. So one installed library serves plain and sanitized programs.
#include <weft/context.hpp>

// ThreadSanitizer keeps a stack of calls for each fiber: a function that is entered on one and left on the
// other must not be counted. clang counts it all the same under no_sanitize.
#if defined(__has_attribute) && __has_attribute(disable_sanitizer_instrumentation)
#define WEFT_UNSEEN __attribute__((disable_sanitizer_instrumentation))
#else
#define WEFT_UNSEEN __attribute__((no_sanitize("thread"), no_sanitize("address")))
#endif

extern "C" {
[[gnu::weak]] void __sanitizer_start_switch_fiber(void** fake_stack, const void* low, std::size_t size);
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void* fake_stack, const void** low, std::size_t* size);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* low, std::size_t size);
[[gnu::weak]] void __lsan_register_root_region(const void* low, std::size_t size);
[[gnu::weak]] void __lsan_unregister_root_region(const void* low, std::size_t size);
[[gnu::weak]] void* __tsan_get_current_fiber();
[[gnu::weak]] void* __tsan_create_fiber(unsigned flags);
[[gnu::weak]] void __tsan_destroy_fiber(void* fiber);
[[gnu::weak]] void __tsan_switch_to_fiber(void* fiber, unsigned flags);
}

namespace weft::detail {

// A runtime may offer the calls of another one (LeakSanitizer's own has the ASan-style switch): each is
// asked for by name.
bool address_sanitizer_listens() noexcept {
    return __sanitizer_start_switch_fiber && __sanitizer_finish_switch_fiber;
}

bool sanitizer_listens() noexcept { return address_sanitizer_listens() || __tsan_create_fiber; }

WEFT_UNSEEN void announce_leaving(stack_bounds& from, const stack_bounds& to, bool for_good) noexcept {
    if (address_sanitizer_listens())
        __sanitizer_start_switch_fiber(for_good ? nullptr : &from.fake_stack, to.low, to.size);
    if (__tsan_switch_to_fiber) {
        if (!from.pooled) from.tsan_fiber = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(to.tsan_fiber, 0);
    }
}

WEFT_UNSEEN void announce_arrival(stack_bounds& here, stack_bounds& from) noexcept {
    if (!address_sanitizer_listens()) return;
    const void* low = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(here.fake_stack, &low, &size);
    here.fake_stack = nullptr;
    if (!from.pooled) {
        from.low = low;
        from.size = size;
    }
}

// Where a stack was before, that one's last worker may have left its own frames poisoned, at the top. Fibers
// leave nothing: their functions have returned. To clean the whole stack would touch all of its shadow, 128
// KiB.
void announce_stack(stack_bounds& stack) noexcept {
    constexpr std::size_t top = 16 * 1024;
    if (__asan_unpoison_memory_region && stack.size > top)
        __asan_unpoison_memory_region(static_cast<const char*>(stack.low) + stack.size - top, top);
    if (__lsan_register_root_region) __lsan_register_root_region(stack.low, stack.size);
    if (__tsan_create_fiber) stack.tsan_fiber = __tsan_create_fiber(0);
}

void withdraw_stack(stack_bounds& stack) noexcept {
    if (__lsan_unregister_root_region) __lsan_unregister_root_region(stack.low, stack.size);
    if (__tsan_destroy_fiber && stack.tsan_fiber) __tsan_destroy_fiber(stack.tsan_fiber);
    stack.tsan_fiber = nullptr;
}

// Valgrind reads this sequence of no-ops as a request; on the bare processor nothing happens. The
// numbers are Valgrind's published interface (valgrind.h: STACK_REGISTER).
void announce_region(const void* low, std::size_t size) noexcept {
#if defined(__x86_64__)
    const auto start = reinterpret_cast<std::uintptr_t>(low);
    volatile std::uintptr_t request[6] = {0x1501, start, start + size - 1, 0, 0, 0};
    std::uintptr_t result = 0;
    asm volatile("rolq $3, %%rdi\n\t"
                 "rolq $13, %%rdi\n\t"
                 "rolq $61, %%rdi\n\t"
                 "rolq $51, %%rdi\n\t"
                 "xchgq %%rbx, %%rbx"
                 : "+d"(result)
                 : "a"(&request[0])
                 : "cc", "memory");
#else
    (void)low, (void)size;
#endif
}

}  // namespace weft::detail
