// SPDX-License-Identifier: BSL-1.0
// The lines that are sorted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// All that is in a file; "-" is the standard input. Throws std::system_error.
std::string read_file(const std::string& name);

/// The lines of a text, without their newlines. The last one need not have any. They point into the text.
std::vector<std::string_view> lines_of(std::string_view text);
