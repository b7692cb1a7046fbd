// SPDX-License-Identifier: BSL-1.0
// The other direction: a parser written as a loop, for a host that only calls back with whatever bytes came.
//     say NAME        begins a message; its lines follow, and then a line with a single dot
//     quit            ends the conversation
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <weft/consumer.hpp>

struct chat_message {
    std::string from;
    std::string text;
};

/// The lines of what comes in parts of any size. What is taken of a part is taken off its view.
class line_reader {
 public:
    explicit line_reader(weft::receiver<std::string_view> in) : in_(std::move(in)) {}

    /// The next line, or nothing at the end. Waits for parts until there is one.
    std::optional<std::string> next() {
        std::string line;
        for (; part_ != std::default_sentinel; ++part_) {
            const std::size_t end = part_->find('\n');
            line += part_->substr(0, end);
            if (end == part_->npos) continue;
            part_->remove_prefix(end + 1);
            return line;
        }
        if (!line.empty()) throw std::runtime_error("the last line has no end");
        return std::nullopt;
    }

 private:
    weft::receiver<std::string_view> in_;
    weft::receiver<std::string_view>::iterator part_ = in_.begin();
};

/// The lines up to the dot. It waits for them wherever it is called.
inline std::string text_of_message(line_reader& lines) {
    std::string text;
    while (const std::optional<std::string> line = lines.next()) {
        if (*line == ".") return text;
        text += *line + '\n';
    }
    throw std::runtime_error("the last message has no end");
}

/// Feed it what comes, and finish() it at the end: that throws what was wrong.
inline weft::consumer<std::string_view> chat(std::function<void(const chat_message&)> handle) {
    const auto parse = [](const auto& on_message, weft::receiver<std::string_view> in) {
        line_reader lines(std::move(in));
        while (const std::optional<std::string> command = lines.next()) {
            if (*command == "quit") return;
            if (!command->starts_with("say ")) throw std::runtime_error("no such command: " + *command);
            on_message({command->substr(4), text_of_message(lines)});
        }
    };
    return weft::consumer<std::string_view>(parse, std::move(handle));
}
