// SPDX-License-Identifier: BSL-1.0
// What the user sees: groups on standard output, complaints on standard error, a progress bar on a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "../progress.hpp"
#include "file.hpp"

class report {
 public:
    /// Lines end with `line_end`.
    report(char line_end, bool draws);

    /// Starts the progress bar anew; without a total it shows how many bytes there were.
    void begin(const char* label, std::optional<std::uint64_t> total);
    void done(std::uint64_t bytes) { done_ = bytes; }
    std::uint64_t done() const { return done_; }
    /// For a fiber: draws ten times a second, and does not return.
    [[noreturn]] void keep_drawing();

    /// Throws std::system_error.
    void print(const group& same);
    void complain(std::string_view what);
    bool complained() const { return complained_; }
    /// Throws std::system_error if anything that was printed could not be written.
    void close();

 private:
    char line_end_;
    bool draws_;
    bool shares_terminal_;  // with the progress bar
    std::optional<progress_bar> bar_;
    std::uint64_t done_ = 0;
    bool printed_ = false;
    bool complained_ = false;
};
