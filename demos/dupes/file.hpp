// SPDX-License-Identifier: BSL-1.0
// What is kept of a file that was found.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

struct file {
    std::string path;
    std::uint64_t size;  // in bytes
    dev_t device;  // with the inode: which file it is, whatever path led to it
    ino_t inode;
};

using group = std::vector<file>;
