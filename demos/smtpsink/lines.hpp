// SPDX-License-Identifier: BSL-1.0
// What a client sends, as a stream of lines.
#pragma once

#include <cstddef>
#include <string_view>

#include <weft/clock.hpp>
#include <weft/generator.hpp>

#include "connection.hpp"

/// A longer line is not kept. The standard wants 1000.
constexpr std::size_t longest_line = 4096;

/// A line without its end. The text is there as long as the line is lent.
struct line {
    std::string_view text;
    bool too_long = false;  // there is no text
    bool bare = false;  // CR and LF do not stand together in it, at its end, or at the end of the one before
};

/// Reads lines when they are asked for; memory is needed for one buffer. Ends where the client hangs up, and
/// with it a line without an end is lost. A line that is not there after that time, however it trickles in,
/// fails with weft::timed_out; a connection that breaks fails with connection_lost.
weft::generator<line> lines_from(connection& client, weft::clock::duration patience);
