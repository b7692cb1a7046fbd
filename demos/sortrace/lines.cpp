// SPDX-License-Identifier: BSL-1.0
#include "lines.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>

#include "../cli.hpp"

std::string read_file(const std::string& name) {
    struct closer {
        void operator()(std::FILE* file) const {
            if (file != stdin) std::fclose(file);
        }
    };
    const std::unique_ptr<std::FILE, closer> file(name == "-" ? stdin : std::fopen(name.c_str(), "re"));
    if (!file) cli::throw_errno(name);
    std::string all;
    std::array<char, 64 << 10> part;
    while (const std::size_t got = std::fread(part.data(), 1, part.size(), file.get()))
        all.append(part.data(), got);
    if (std::ferror(file.get()) != 0) cli::throw_errno(name);
    return all;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}
