// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <unistd.h>

#include <weft/sleep.hpp>

#include "../cli.hpp"

report::report(char line_end, bool draws)
    : line_end_(line_end), draws_(draws), shares_terminal_(draws && isatty(STDOUT_FILENO) != 0) {}

void report::begin(const char* label, std::optional<std::uint64_t> total) {
    done_ = 0;
    if (draws_) bar_.emplace(label, total);
}

void report::keep_drawing() {
    for (;;) {
        weft::sleep_for(std::chrono::milliseconds(100));
        if (bar_) bar_->draw(done_);
    }
}

void report::print(const group& same) {
    if (shares_terminal_) bar_->erase();
    std::string text;
    if (printed_) text += line_end_;
    for (const file& f : same) text += f.path + line_end_;
    printed_ = true;
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return;
    if (errno == 0) errno = EIO;
    cli::throw_errno("standard output");
}

void report::complain(std::string_view what) {
    if (bar_) bar_->erase();
    std::fprintf(stderr, "dupes: %.*s\n", static_cast<int>(what.size()), what.data());
    complained_ = true;
}

void report::close() {
    bar_.reset();
    cli::close_standard_output();
}
