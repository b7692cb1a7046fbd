// SPDX-License-Identifier: BSL-1.0
#include "input.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "../cli.hpp"

input::input(const std::string& name)
    : name_(name), fd_(name == "-" ? STDIN_FILENO : open(name.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0 || fstat(fd_, &status_) != 0) cli::throw_errno(name_);
    if (S_ISDIR(status_.st_mode)) {
        errno = EISDIR;  // as read() would say, but before an output file is made
        cli::throw_errno(name_);
    }
}

input::~input() {
    if (fd_ > STDERR_FILENO) close(fd_);
}

std::size_t input::read(void* to, std::size_t most) {
    ssize_t got;
    do got = ::read(fd_, to, most);
    while (got < 0 && errno == EINTR);
    if (got < 0) cli::throw_errno(name_);
    done_ += static_cast<std::size_t>(got);
    return static_cast<std::size_t>(got);
}

std::optional<std::uint64_t> input::size() const {
    const off_t here = S_ISREG(status_.st_mode) ? lseek(fd_, 0, SEEK_CUR) : -1;
    if (here < 0 || here > status_.st_size) return std::nullopt;
    return static_cast<std::uint64_t>(status_.st_size - here);
}

bool input::is_same_file(const struct stat& other) const {
    return S_ISREG(status_.st_mode) && status_.st_dev == other.st_dev && status_.st_ino == other.st_ino;
}
