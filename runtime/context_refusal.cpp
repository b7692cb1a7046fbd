// SPDX-License-Identifier: BSL-1.0
// Throwing `cancelled` and `receiver_gone` so that the iostreams let them pass.
//
// The iostreams of libstdc++ swallow whatever a streambuf throws, but rethrow abi::__forced_unwind, by
// which the C library ends a thread. That class can not be derived from, so the type information that
// the exception is thrown under is made by hand here: it names two bases, our class and that one. The
// object itself is just ours: nobody who catches a __forced_unwind looks into it. Other standard
// libraries get the plain class.
#include <cxxabi.h>

#include <cstddef>
#include <new>
#include <typeinfo>

#include <weft/errors.hpp>

namespace weft::detail {

#if defined(__GLIBCXX__)

namespace {

struct left {};
struct right {};
struct both : left, right {};

// A __vmi_class_type_info with room for two bases; the ABI's own declaration has room for one.
struct two_bases {
    const void* dispatch;  // the virtual table that makes it one
    const char* name;
    unsigned flags;
    unsigned count;
    struct {
        const std::type_info* type;
        std::ptrdiff_t offset_and_flags;
    } base[2];
};

constexpr std::ptrdiff_t public_at_offset_0 = abi::__base_class_type_info::__public_mask;

template <class Refusal>
std::type_info* passing_type() noexcept {
    static const two_bases type{
        *reinterpret_cast<const void* const*>(&typeid(both)),
        typeid(Refusal).name(),
        0,
        2,
        {{&typeid(Refusal), public_at_offset_0}, {&typeid(abi::__forced_unwind), public_at_offset_0}},
    };
    return reinterpret_cast<std::type_info*>(const_cast<two_bases*>(&type));
}

template <class Refusal>
[[noreturn]] void throw_passing() {
    static_assert(sizeof(two_bases) ==
                  sizeof(abi::__vmi_class_type_info) + sizeof(abi::__base_class_type_info));
    void* memory = abi::__cxa_allocate_exception(sizeof(Refusal));
    abi::__cxa_throw(new (memory) Refusal, passing_type<Refusal>(), nullptr);
}

}  // namespace

void throw_cancelled() { throw_passing<cancelled>(); }
void throw_receiver_gone() { throw_passing<receiver_gone>(); }

#else

void throw_cancelled() { throw cancelled(); }
void throw_receiver_gone() { throw receiver_gone(); }

#endif

}  // namespace weft::detail
