// SPDX-License-Identifier: BSL-1.0
// The file that is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/stat.h>

class input {
 public:
    /// Opens a file; "-" is the standard input. Throws std::system_error.
    explicit input(const std::string& name);
    input(const input&) = delete;
    input& operator=(const input&) = delete;
    ~input();

    /// Waits until there is something, and reads that. Returns 0 at the end; throws std::system_error.
    std::size_t read(void* to, std::size_t most);

    std::uint64_t done() const { return done_; }  // bytes read
    std::optional<std::uint64_t> size() const;  // bytes there are to read, where that can be known
    bool is_same_file(const struct stat& other) const;

 private:
    std::string name_;
    int fd_;
    struct stat status_ {};
    std::uint64_t done_ = 0;
};
