// SPDX-License-Identifier: BSL-1.0
// The command line.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

struct options {
    std::vector<std::string> roots;
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t min_size = 1;
    bool null = false;
    bool quiet = false;
};

/// Reads the command line. Nothing is returned if it asked for the help or the version, which is then
/// on the standard output. Throws cli::usage_error.
std::optional<options> read_options(int argc, char** argv);
