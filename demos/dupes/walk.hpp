// SPDX-License-Identifier: BSL-1.0
// The files of a folder as a stream: nftw(3), which calls back for each, turned into a loop.
#pragma once

#include <string>
#include <sys/stat.h>

#include <weft/generator.hpp>

/// A regular file that was met, or something that could not be looked at. It is lent: what it points to is
/// nftw's own, until the loop comes back for the next.
struct found {
    const char* path;
    const struct stat* status;  // null if there was trouble
    const char* trouble;  // why it could not be looked at; null for a file
};

/// Sends what is in `root` and the folders below it, in the order of the file system; `root` may be a file.
/// Symbolic links, sockets, pipes and devices are left out, and links are not followed. Folders 250 deep are
/// trouble. Stops when nobody wants more.
///
///     for (const found& f : weft::generator<found>(walk, "."))
///         if (f.status) std::puts(f.path);
void walk(const std::string& root, weft::sink<found> send);
