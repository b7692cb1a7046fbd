// SPDX-License-Identifier: BSL-1.0
// Descriptors for tests: counted, scarce, and both ends of a pipe or a pair of sockets.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tools.hpp"

namespace test {

/// How many this process has open.
inline int descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<int>(std::distance(begin(all), end(all))) - 1;  // the folder's own
}

/// The error that `f` throws; 0: none.
template <class F>
int error_of(F&& f) {
    try {
        f();
    } catch (const std::system_error& e) {
        CHECK(e.code().category() == std::generic_category());
        return e.code().value();
    }
    return 0;
}

/// UndefinedBehaviorSanitizer opens some to look into objects, and takes it for a fault of theirs if it can not.
inline constexpr bool can_be_scarce = !address_sanitizer;  // with which it comes

/// While it lives, no more than so many can be opened.
class ScarceDescriptors {
 public:
    explicit ScarceDescriptors(int spare = 0) {
        getrlimit(RLIMIT_NOFILE, &before_);
        std::vector<int> taken(static_cast<std::size_t>(spare) + 1);
        for (int& fd : taken) fd = dup(0);
        for (const int fd : taken) close(fd);
        rlimit scarce = before_;
        scarce.rlim_cur = static_cast<rlim_t>(taken.back());
        setrlimit(RLIMIT_NOFILE, &scarce);
    }
    ScarceDescriptors(const ScarceDescriptors&) = delete;
    ~ScarceDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
    rlimit before_{};
};

/// Two descriptors that do not block; whichever is open at the end is closed.
class Ends {
 public:
    static Ends pipe() {
        std::array<int, 2> both{};
        CHECK(::pipe2(both.data(), O_NONBLOCK | O_CLOEXEC) == 0);
        return Ends(both);
    }
    static Ends sockets() {
        std::array<int, 2> both{};
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both.data()) == 0);
        return Ends(both);
    }
    Ends(Ends&& other) noexcept : both_(std::exchange(other.both_, {-1, -1})) {}
    ~Ends() { shut(0), shut(1); }

    /// What is written to the one (for sockets either) is read from the other.
    int reads() const { return both_[0]; }
    int writes() const { return both_[1]; }
    void close_reading() { shut(0); }
    void close_writing() { shut(1); }

    void put(char c) const { CHECK(write(both_[1], &c, 1) == 1); }
    /// The next byte; 0 if there is none.
    char get() const {
        char c = 0;
        return read(both_[0], &c, 1) == 1 ? c : '\0';
    }
    /// Writes until no more fits.
    void fill() const {
        const std::array<char, 4096> part{};
        while (write(both_[1], part.data(), part.size()) > 0) continue;
    }
    void drain() const {
        std::array<char, 4096> part{};
        while (read(both_[0], part.data(), part.size()) > 0) continue;
    }

 private:
    explicit Ends(std::array<int, 2> both) : both_(both) {}
    void shut(std::size_t i) {
        if (const int fd = std::exchange(both_[i], -1); fd >= 0) close(fd);
    }
    std::array<int, 2> both_;
};

}  // namespace test
