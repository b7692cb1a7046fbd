// SPDX-License-Identifier: BSL-1.0
#include "output.hpp"

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "../cli.hpp"
#include "input.hpp"

output::output(const std::string& name, const input& from)
    : name_(name == "-" ? "standard output" : name), file_(stdout) {
    if (name != "-") {
        // Not yet made empty: it may be the input.
        const int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        file_ = fd < 0 ? nullptr : fdopen(fd, "w");
        if (file_ == nullptr) cli::throw_errno(name_);
    }
    struct stat status {};
    const bool known = fstat(fileno(file_), &status) == 0;
    if (known && from.is_same_file(status)) {
        if (file_ != stdout) std::fclose(file_);
        throw std::runtime_error(name_ + ": is the input file as well");
    }
    if (file_ != stdout && S_ISREG(status.st_mode) && ftruncate(fileno(file_), 0) != 0) {
        const int error = errno;
        std::fclose(file_);
        errno = error;
        cli::throw_errno(name_);
    }
}

output::~output() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

void output::write(std::string_view text) {
    if (error_ != 0) fail();
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
}

void output::close() {
    errno = 0;
    std::FILE* file = std::exchange(file_, nullptr);
    if (std::fclose(file) != 0 || error_ != 0) fail();
}

void output::fail() {
    if (error_ == 0) error_ = errno != 0 ? errno : EIO;
    errno = error_;
    cli::throw_errno(name_);
}

bool output::is_terminal() const { return isatty(fileno(file_)) != 0; }
