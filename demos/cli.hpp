// SPDX-License-Identifier: BSL-1.0
// What the command lines of all demos have in common: exit statuses, complaints, standard files.
#pragma once

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <getopt.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
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

/// What getopt_long is to understand, and what is printed for -h and for --version.
struct syntax {
    const char* letters;
    const option* options;
    const char* help;
    const char* version;
};
constexpr int opt_version = 1;  // options without a letter of a program's own begin at 256

/// Hands on each option: set(its letter or number, its value). False: the help or the version was asked for, and is
/// on the standard output. Throws usage_error.
template <class F>
bool read_options(int argc, char** argv, const syntax& known, F&& set) {
    for (int option; (option = getopt_long(argc, argv, known.letters, known.options, nullptr)) != -1;) {
        if (option == '?') throw usage_error();
        if (option == 'h' || option == opt_version) {
            std::fputs(option == 'h' ? known.help : known.version, stdout);
            return false;
        }
        set(option, std::string(optarg != nullptr ? optarg : ""));
    }
    return true;
}

/// The one operand that is left after the options. Throws usage_error.
inline const char* only_file(int argc, char** argv, const char* what_is_done) {
    if (optind == argc) throw usage_error("FILE is missing (- is standard input)");
    if (argc - optind > 1)
        throw usage_error(std::string("only one FILE can be ") + what_is_done + ", not '" + argv[optind + 1] +
                          "' too");
    return argv[optind];
}

/// Runs the program's real main function, which may give an exit status, and turns what it throws into a message
/// and a status.
template <class F>
int run(const char* program, F&& real_main) {
    fill_standard_files();
    try {
        if constexpr (std::is_void_v<decltype(real_main())>)
            real_main();
        else
            return real_main();
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

/// The same for a program with options: read(argc, argv) gives them, or nothing if there is nothing more to do, and
/// work(options) does the rest.
template <class Read, class Work>
int run(char* program, int argc, char** argv, Read&& read, Work&& work) {
    argv[0] = program;  // so that getopt_long's messages begin as ours do
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error like others, and is told
    return run(program, [&]() -> exit_status {
        const auto wanted = read(argc, argv);
        if (!wanted)
            close_standard_output();
        else if constexpr (std::is_void_v<decltype(work(*wanted))>)
            work(*wanted);
        else
            return work(*wanted);
        return ok;
    });
}

}  // namespace cli
