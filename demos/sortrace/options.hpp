// SPDX-License-Identifier: BSL-1.0
// The command line.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

struct options {
    std::string input;
    std::string svg;  // empty: no picture
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    bool quiet = false;
};

/// Reads the command line. Nothing is returned if it asked for the help or the version, which is then
/// on the standard output. Throws cli::usage_error.
std::optional<options> read_options(int argc, char** argv);
