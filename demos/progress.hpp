// SPDX-License-Identifier: BSL-1.0
// A progress bar: one line on a terminal, drawn over itself and erased at the end.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

/// Draws how much of a job is done. When to draw is its owner's affair; a fiber with a timer will do.
class progress_bar {
 public:
    /// `total` is in bytes; without it there is no percentage and no time left, only what is done.
    progress_bar(std::string label, std::optional<std::uint64_t> total)
        : label_(std::move(label)), total_(total) {}
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    ~progress_bar() { erase(); }

    void draw(std::uint64_t done) {
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
        std::string line = total_ ? known(done, spent.count()) : unknown(done, spent.count());
        line.resize(std::min(line.size(), columns() - 1));  // a line that wraps can not be drawn over
        std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
        shown_ = true;
    }

    /// Leaves the line empty, for something else to be printed on it. The next draw() brings it back.
    void erase() noexcept {
        if (!shown_) return;
        std::fputs("\r\x1b[K", stderr);
        shown_ = false;
    }

 private:
    std::string known(std::uint64_t done, double spent) const {
        const double part =
            *total_ == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(*total_));
        char percent[8];
        std::snprintf(percent, sizeof percent, "%3d%%", static_cast<int>(part * 100));
        const std::string left = part > 0 ? time(spent * (1 - part) / part) + " left" : "";
        const std::size_t taken = label_.size() + 24;  // by all that stands around the bar
        const std::size_t room = columns() > taken ? std::min<std::size_t>(40, columns() - taken) : 0;
        const auto full = static_cast<std::size_t>(part * static_cast<double>(room));
        std::string bar = "[" + std::string(full, '=') + std::string(room - full, ' ') + "] ";
        return label_ + " " + percent + " " + (room > 0 ? bar : "") + left;
    }

    std::string unknown(std::uint64_t done, double spent) const {
        char size[32];
        std::snprintf(size, sizeof size, "%.1f MB", static_cast<double>(done) / 1e6);
        return label_ + " " + size + " in " + time(spent);
    }

    static std::string time(double seconds) {
        const auto s = static_cast<unsigned long>(std::min(seconds + 0.5, 1e8));
        char text[32];
        if (s < 3600)
            std::snprintf(text, sizeof text, "%lu:%02lu", s / 60, s % 60);
        else
            std::snprintf(text, sizeof text, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
        return text;
    }

    static std::size_t columns() {
        winsize size{};
        return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    }

    std::string label_;
    std::optional<std::uint64_t> total_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    bool shown_ = false;
};
