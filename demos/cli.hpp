// SPDX-License-Identifier: BSL-1.0
// What the command lines of all demos have in common: exit statuses, complaints, standard files.
#pragma once

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace cli {

enum exit_status { ok = 0, failed = 1, usage = 2 };

/// The command line can not be understood. Without text: getopt_long has already said what is wrong.
struct usage_error : std::runtime_error {
    explicit usage_error(const std::string& text = {}) : std::runtime_error(text) {}
};

/// A number of decimal digits and nothing else; nothing if it is none or does not fit.
inline std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end) return std::nullopt;
    return value;
}

/// Throws what errno says about `name`; the text becomes "NAME: No such file or directory".
[[noreturn]] inline void throw_errno(const std::string& name) {
    throw std::system_error(errno, std::generic_category(), name);
}

/// Fills the places of closed standard files, so that no file opened later is taken for one of them
/// and gets the messages, or is read as the input. Using such a place fails like a closed file.
inline void fill_standard_files() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/// Makes sure that all that was printed has arrived: a full disk often shows only here.
inline void close_standard_output() {
    const bool lost = std::ferror(stdout) != 0;
    errno = 0;
    if (std::fclose(stdout) != 0 || lost) {
        if (errno == 0) errno = EIO;
        throw_errno("standard output");
    }
}

/// Runs the program's real main function and turns what it throws into a message and a status.
template <class F>
int run(const char* program, F&& real_main) {
    fill_standard_files();
    try {
        real_main();
        return ok;
    } catch (const usage_error& error) {
        if (*error.what() != '\0') std::fprintf(stderr, "%s: %s\n", program, error.what());
        std::fprintf(stderr, "Try '%s --help'.\n", program);
        return usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", program, error.what());
        return failed;
    }
}

}  // namespace cli
