// SPDX-License-Identifier: BSL-1.0
// The switch alone: Boost's call, weft's jump, what it keeps around it, and a yield.
#include <weft/weft.hpp>

#include "bench.hpp"

#include <cerrno>

namespace {

using weft::detail::exception_state;
using weft::detail::raw_jump;
using weft::detail::transfer;

constexpr int trips = 1'000'000;

// What a trip keeps, from the least to the most.
enum class keeps { nothing, errno_only, errno_and_exceptions };

void* const jump_to = weft::detail::core_here().jump_to;
exception_state* const exceptions = weft::detail::core_here().exceptions;

template <keeps K>
WEFT_HOT void* trip(void* to) {
    [[maybe_unused]] int error = 0;
    [[maybe_unused]] exception_state kept;
    if constexpr (K != keeps::nothing) error = errno;
    if constexpr (K == keeps::errno_and_exceptions) kept = *exceptions;
    void* from = raw_jump(jump_to, to, nullptr).context;
    if constexpr (K == keeps::errno_and_exceptions) *exceptions = kept;
    if constexpr (K != keeps::nothing) errno = error;
    return from;
}

template <keeps K>
double round_trip() {
    using namespace boost::context::detail;
    static std::vector<char> stack(64 * 1024);
    static void* other = make_fcontext(stack.data() + stack.size(), stack.size(), [](transfer_t t) {
        for (void* back = t.fctx;;) back = trip<K>(back);
    });
    const double start = bench::seconds();
    for (int i = 0; i < trips; ++i) other = trip<K>(other);
    return (bench::seconds() - start) * 1e9 / trips;
}

// Two fibers that yield in turn: a trip is two yields.
double yields() {
    weft::scope fibers;
    for (int i = 0; i < 2; ++i)
        fibers.spawn([] {
            for (int n = 0; n < trips; ++n) weft::yield();
        });
    const double start = bench::seconds();
    fibers.join();
    return (bench::seconds() - start) * 1e9 / trips;
}

// The same where each has an exception in hand, and so takes the careful way.
double yields_in_handlers() {
    weft::scope fibers;
    for (int i = 0; i < 2; ++i)
        fibers.spawn([] {
            try {
                throw 1;
            } catch (int) {
                for (int n = 0; n < trips; ++n) weft::yield();
            }
        });
    const double start = bench::seconds();
    fibers.join();
    return (bench::seconds() - start) * 1e9 / trips;
}

// Nobody else is ready.
double lone_yield() {
    const double start = bench::seconds();
    for (int n = 0; n < trips; ++n) weft::yield();
    return (bench::seconds() - start) * 1e9 / trips;
}

}  // namespace

int main() {
    return bench::print({{"weft's jump, round trip", round_trip<keeps::nothing>},
                         {"  and errno kept", round_trip<keeps::errno_only>},
                         {"  and errno and exceptions kept", round_trip<keeps::errno_and_exceptions>},
                         {"two fibers yield, round trip", yields},
                         {"  each in a catch handler", yields_in_handlers},
                         {"yield, nobody else is ready", lone_yield}});
}
