// SPDX-License-Identifier: BSL-1.0
// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <weft/clock.hpp>

struct options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string maildir;
    std::uint64_t max_size = 64 << 20;
    std::size_t max_recipients = 1000;
    std::size_t max_connections = 2000;
    weft::clock::duration timeout = std::chrono::minutes(5);
    weft::clock::duration data_timeout = std::chrono::minutes(30);
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
    bool quiet = false;
};

/// Reads the command line. Nothing is returned if it asked for the help or the version, which is then
/// on the standard output. Throws cli::usage_error.
std::optional<options> read_options(int argc, char** argv);
