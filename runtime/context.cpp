// SPDX-License-Identifier: BSL-1.0
// The one file that includes Boost.Context.
#include <weft/context.hpp>

#include <boost/context/detail/fcontext.hpp>

#include <cfenv>
#include <cxxabi.h>

namespace weft::detail {

namespace fcontext = boost::context::detail;

static_assert(sizeof(transfer) == sizeof(fcontext::transfer_t));

extern "C" {
// Entered by first_frame, which is entered by Boost.
[[noreturn, gnu::used, gnu::visibility("hidden")]] void weft_first_function(transfer from) {
    worker_main(from);
}
[[gnu::visibility("hidden")]] void weft_first_frame(fcontext::transfer_t);
}

// The outermost frame of every fiber. Boost's own would end the process with status 0 if its function
// returned, and has no unwind information. This one ends every backtrace (no frame pointer, no return
// address) and traps.
#if defined(__x86_64__)
asm(R"(
    .text
    .p2align 4
    .globl weft_first_frame
    .hidden weft_first_frame
    .type weft_first_frame, @function
weft_first_frame:
    .cfi_startproc
    .cfi_undefined rip
    xorl %ebp, %ebp
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    call weft_first_function
    ud2
    .cfi_endproc
    .size weft_first_frame, .-weft_first_frame
)");
#elif defined(__aarch64__)
asm(R"(
    .text
    .p2align 4
    .globl weft_first_frame
    .hidden weft_first_frame
    .type weft_first_frame, %function
weft_first_frame:
    .cfi_startproc
    .cfi_undefined x30
    mov x29, #0
    mov x30, #0
    bl weft_first_function
    brk #0
    .cfi_endproc
    .size weft_first_frame, .-weft_first_frame
)");
#else
void weft_first_frame(fcontext::transfer_t from) {
    weft_first_function({from.fctx, from.data});
    __builtin_trap();
}
#endif

void* jump_function() noexcept { return reinterpret_cast<void*>(&fcontext::jump_fcontext); }

exception_state* thread_exception_state() noexcept {
    return reinterpret_cast<exception_state*>(abi::__cxa_get_globals());
}

void* make_context(void* top, std::size_t size) noexcept {
    return fcontext::make_fcontext(top, size, &weft_first_frame);
}

#if defined(__x86_64__)

control_words read_control_words() noexcept {
    std::uint32_t mxcsr;
    std::uint16_t x87;
    asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
    return {mxcsr, x87};
}

void write_control_words(const control_words& words) noexcept {
    asm volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(words.mxcsr), "m"(words.x87));
}

#else

control_words read_control_words() noexcept { return {static_cast<std::uint32_t>(std::fegetround()), 0}; }
void write_control_words(const control_words& words) noexcept {
    std::fesetround(static_cast<int>(words.mxcsr));
}

#endif

}  // namespace weft::detail
