// SPDX-License-Identifier: BSL-1.0
// From files to groups of duplicates: those that share a size, and of those the ones that share all bytes.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <weft/sink.hpp>

#include "file.hpp"

/// Groups of two and more files of the same size: the largest first, those of a group in the order of
/// their paths. A file that was found by several paths (hard links, or a folder that was named twice) is one
/// file, and goes by the first of them.
std::vector<group> same_size(std::vector<file> files);

/// The groups of two and more files with the same contents among those of a group of same_size(), in the
/// order of paths. Files that can not be read are left out, and `complain` is told why. `done` is told how
/// many bytes were read, up to twice for each file and seldom more, and may wait.
std::vector<group> duplicates(const group& files, weft::sink<std::string_view> complain,
                              weft::sink<std::size_t> done);
