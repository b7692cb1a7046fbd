// SPDX-License-Identifier: BSL-1.0
// Going from one stack to another: the only room that knows how a switch works.
//
// A context is a stack at rest: one pointer to the registers that were put down on it. The jump itself
// is Boost.Context's jump_fcontext, reached through a pointer, so that programs link weft alone and no
// header names Boost. Around it, weft keeps what that jump does not: the exceptions in flight and in
// handlers, errno, and what sanitizers must be told.
//
// - The exception state is all zero at the moment of every jump. Who has some takes the careful way,
//   which puts it aside first and takes it up again after.
// - A context is resumed once. Whoever arrives files the context of the one he came from.
#pragma once

#include <cstddef>
#include <cstdint>

#include <weft/export.hpp>

namespace weft::detail {

/// What arrives with a jump: where it came from, and the word that was passed. Laid out as Boost's
/// transfer_t.
struct transfer {
    void* context;
    void* word;
};

/// The C++ runtime's view of the exceptions of a thread (the ABI's __cxa_eh_globals).
struct exception_state {
    void* caught = nullptr;
    unsigned uncaught = 0;
};

/// The floating-point control words: rounding, exception masks.
struct control_words {
    std::uint32_t mxcsr;
    std::uint32_t x87;
};

/// A stack and what the tools know of it. The usable part only; a guard lies below. One that is not of the pool is the
/// thread's own, or a fiber's of another runtime, which may be another copy of weft: each time it is left it may be
/// another one, and the tools are asked which.
struct stack_bounds {
    const void* low = nullptr;
    std::size_t size = 0;
    bool pooled = false;
    void* fake_stack = nullptr;  // AddressSanitizer's companion of a stack at rest
    void* tsan_fiber = nullptr;  // ThreadSanitizer's
};

#if defined(__x86_64__) && !defined(__ILP32__) && !defined(__CET__)

#if defined(__AVX512F__)
#define WEFT_WIDE_REGISTERS                                                                              \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", \
        "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define WEFT_WIDE_REGISTERS
#endif

/// Jumps to `to`, handing over `word`; returns when somebody jumps back.
///
/// A `call` would leave an entry in the processor's return predictor that no return ever takes, and
/// every return behind it would be mispredicted: so the address is pushed and jumped past instead.
/// The 128 bytes keep the push out of the red zone, where a leaf function may keep its locals.
WEFT_HOT transfer raw_jump(void* jump, void* to, void* word) noexcept {
    transfer arrived;
    asm volatile("addq $-128, %%rsp\n\t"
                 "leaq 1f(%%rip), %%rcx\n\t"
                 "pushq %%rcx\n\t"
                 "jmpq *%[jump]\n"
                 "1:\n\t"
                 "subq $-128, %%rsp"
                 : "=a"(arrived.context), "=d"(arrived.word), "+D"(to), "+S"(word)
                 : [jump] "r"(jump)
                 : "rcx", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                   "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                   "xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)",
                   "st(7)" WEFT_WIDE_REGISTERS);
    return arrived;
}
#undef WEFT_WIDE_REGISTERS

#else

WEFT_HOT transfer raw_jump(void* jump, void* to, void* word) noexcept {
    return reinterpret_cast<transfer (*)(void*, void*)>(jump)(to, word);
}

#endif

WEFT_API control_words read_control_words() noexcept;
void write_control_words(const control_words& words) noexcept;

/// The control words of the running code, where `usual` are those it most likely has. The rounding mode
/// of std::fesetround stands in both words, and to read MXCSR costs as much as a switch: so it is read only
/// where the other one differs.
inline control_words read_control_words(const control_words& usual) noexcept {
#if defined(__x86_64__)
    std::uint16_t x87;  // as wide as what is stored, or loading it again stalls
    asm volatile("fnstcw %0" : "=m"(x87));
    if (x87 == static_cast<std::uint16_t>(usual.x87)) [[likely]]
        return usual;
#else
    (void)usual;
#endif
    return read_control_words();
}

/// Makes a context at rest go on with these control words. Every Boost since 1.61 puts them down first on
/// x86-64; elsewhere they can not be reached from outside, and the worker writes them instead.
inline void set_control_words(void* context, const control_words& words) noexcept {
#if defined(__x86_64__)
    auto* saved = static_cast<control_words*>(context);
    saved->mxcsr = words.mxcsr;
    saved->x87 = words.x87;
#else
    (void)context, (void)words;
#endif
}

/// Boost's jump.
void* jump_function() noexcept;

/// The calling thread's exception state; valid for as long as the thread lives.
exception_state* thread_exception_state() noexcept;

/// A context that will run `worker_main(word)` on the stack that ends at `top`; a jump to it passes the
/// word. worker_main never returns; a context that ran off its end would trap.
void* make_context(void* top, std::size_t size) noexcept;

/// Whether a sanitizer is in this process and wants to hear of switches.
bool sanitizer_listens() noexcept;
bool address_sanitizer_listens() noexcept;
/// Before the jump: we leave `from` for `to`; `for_good` when nothing on `from` is needed any more.
void announce_leaving(stack_bounds& from, const stack_bounds& to, bool for_good) noexcept;
/// After the jump: we are on `here` and came from `from`.
void announce_arrival(stack_bounds& here, stack_bounds& from) noexcept;
/// A stack is about to be used, or has been used for the last time (but for its memory).
void announce_stack(stack_bounds& stack) noexcept;
void withdraw_stack(stack_bounds& stack) noexcept;
/// Valgrind must know the stacks, or it takes a switch for a large allocation on one stack.
void announce_region(const void* low, std::size_t size) noexcept;

/// What runs first on a new stack; `from` is whoever jumped. Defined by the scheduler.
[[noreturn]] void worker_main(transfer from) noexcept;

}  // namespace weft::detail
