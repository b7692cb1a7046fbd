// SPDX-License-Identifier: BSL-1.0
// A walk through a folder as a loop. nftw waits in its callback while the loop has the entry; a result other
// than 0 ends it. It hands its callback nothing of ours, so a thread-local pointer does, kept over each wait.
#pragma once

#include <ftw.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <weft/generator.hpp>

struct file_entry {
    const char* path;
    const struct stat& info;
    int kind;  // FTW_F, FTW_D, FTW_DNR, ...
    int depth;
};

/// What an entry points to is nftw's, and there until the loop comes back.
inline void send_files(const std::string& root, int flags, int most_open, weft::sink<file_entry> send) {
    struct walking {
        weft::sink<file_entry> send;
        bool stopped = false;
    } mine{send};
    static thread_local walking* current;
    current = &mine;
    const auto each = [](const char* path, const struct stat* info, int kind, FTW* at) {
        walking& here = *current;
        here.stopped = !here.send.offer({path, *info, kind, at->level});
        current = &here;  // other walks of this thread may have run meanwhile
        return here.stopped ? 1 : 0;
    };
    if (nftw(root.c_str(), each, most_open, flags) != 0 && !mine.stopped)
        throw std::system_error(errno, std::generic_category(), root);
}

inline weft::generator<file_entry> files_in(std::string root, int flags = FTW_PHYS, int most_open = 16) {
    return weft::generator<file_entry>(send_files, std::move(root), flags, most_open);
}
