// SPDX-License-Identifier: BSL-1.0
#include <weft/errors.hpp>

#include <cstdio>
#include <cstdlib>

namespace weft {

// The first virtual function of each is here, so that its type information exists once, in the library.
timed_out::~timed_out() = default;
deadlock::~deadlock() = default;
stream_failed::~stream_failed() = default;
no_result::~no_result() = default;

namespace detail {

void throw_misuse(const char* text) { throw std::logic_error(text); }

void die(const char* text) noexcept {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", text);
    std::abort();
}

}  // namespace detail
}  // namespace weft
