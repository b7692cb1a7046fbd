// SPDX-License-Identifier: BSL-1.0
// What a wait can throw.
//
// Two of them are no std::exceptions, because they are no errors: they ask a fiber to end. They pass
// `catch (std::exception&)` by, and also the catch-alls inside the iostreams, which would otherwise
// keep a producer writing for nobody. A misuse of an object is a std::logic_error.
#pragma once

#include <stdexcept>

#include <weft/export.hpp>

namespace weft {

/// The fiber was cancelled. Every wait it enters throws this again, until its function has returned.
class WEFT_API cancelled {
 public:
    const char* what() const noexcept { return "weft: this fiber was cancelled"; }
};

/// Nobody can receive what is sent: the last receiver of the stream is gone, or the stream has failed.
class WEFT_API receiver_gone {
 public:
    const char* what() const noexcept { return "weft: nobody receives from this stream any more"; }
};

/// A deadline passed before the wait in it was over.
class WEFT_API timed_out : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
    ~timed_out() override;
};

/// Every fiber of the thread is parked and nothing outside can wake one. what() lists every fiber and
/// what it waits for, every open end, and every failure that nobody has taken; the first of these is
/// nested (std::rethrow_if_nested). The scheduler can be used on.
class WEFT_API deadlock : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
    ~deadlock() override;
};

/// The stream ended before its producer had finished, and why is not known.
class WEFT_API stream_failed : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
    ~stream_failed() override;
};

/// The fiber ended without a result: it was cancelled, or nobody received from it.
class WEFT_API no_result : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
    ~no_result() override;
};

namespace detail {
[[noreturn]] WEFT_API WEFT_COLD void throw_cancelled();
[[noreturn]] WEFT_API WEFT_COLD void throw_receiver_gone();
/// A misuse that can be told by an exception.
[[noreturn]] WEFT_API WEFT_COLD void throw_misuse(const char* text);
/// A misuse, or a hopeless wait, where nothing can be thrown: one line on stderr, then abort.
[[noreturn]] WEFT_API WEFT_COLD void die(const char* text) noexcept;
}  // namespace detail

}  // namespace weft
