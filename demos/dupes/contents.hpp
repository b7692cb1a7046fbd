// SPDX-License-Identifier: BSL-1.0
// What is in files: a hash that sorts out most of those that differ, and the comparison that decides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <weft/sink.hpp>

#include "file.hpp"

/// A file can not be read, or its path leads to another one by now. The text begins with the path.
struct unreadable : std::runtime_error {
    unreadable(const file& of, const char* why) : std::runtime_error(of.path + ": " + why), which(of) {}
    const file& which;  // the one that was passed
};

/// Equal contents have equal hashes; different ones nearly always different hashes, unless somebody wants
/// otherwise. `done` is told, block by block, how many bytes were read, and may wait. Throws unreadable.
std::uint64_t hash_of(const file& of, weft::sink<std::size_t> done);

/// Whether two files have the same bytes. `done` is told how many bytes of each were found to be the
/// same, and may wait. Throws unreadable.
bool same_contents(const file& a, const file& b, weft::sink<std::size_t> done);
