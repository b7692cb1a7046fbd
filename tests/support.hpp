// SPDX-License-Identifier: BSL-1.0
// What the tests share.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

namespace test {

/// An ordered log of what happened: trace("got", 7) adds "got 7". A test ends with one look at the whole.
class Trace {
 public:
    template <class... W>
    void operator()(const W&... words) {
        if (!text_.empty()) text_ += ", ";
        bool first = true;
        ((text_ += std::exchange(first, false) ? "" : " ", add(words)), ...);
    }
    const std::string& text() const { return text_; }
    /// The log so far, which then starts anew.
    std::string take() { return std::exchange(text_, std::string()); }

 private:
    template <class W>
    void add(const W& word) {
        if constexpr (std::is_arithmetic_v<W>)
            text_ += std::to_string(word);
        else
            text_ += word;
    }
    std::string text_;
};

/// An object that counts what is done to its kind. A moved-from one has the value -1, a dead one -2.
struct Counted {
    static inline int live = 0;
    static inline int made = 0;  // other than from another one
    static inline int copies = 0;
    static inline int moves = 0;

    static void reset() { live = made = copies = moves = 0; }

    int value;

    Counted(int v = 0) : value(v) { ++live, ++made; }
    Counted(const Counted& other) : value(other.value) { ++live, ++copies; }
    Counted(Counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++live, ++moves; }
    Counted& operator=(const Counted& other) {
        value = other.value;
        ++copies;
        return *this;
    }
    Counted& operator=(Counted&& other) noexcept {
        if (this != &other) value = std::exchange(other.value, -1);
        ++moves;
        return *this;
    }
    ~Counted() {
        CHECK(value != -2);  // destroyed twice
        value = -2;
        --live;
    }
};

/// Stands first in a test that uses Counted: starts the counts anew, and at the end none may live.
struct AllGone {
    AllGone() { Counted::reset(); }
    ~AllGone() { CHECK(Counted::live == 0); }
    AllGone(const AllGone&) = delete;
};

/// What `f` throws, as text: the what() of an E; "nothing" or "something else".
template <class E, class F>
std::string thrown_by(F&& f) {
    try {
        std::forward<F>(f)();
    } catch (const E& e) {
        return e.what();
    } catch (...) {
        return "something else";
    }
    return "nothing";
}

/// While it lives, what is written to stderr goes to a file.
class CapturedStderr {
 public:
    CapturedStderr() : file_(std::tmpfile()), stderr_(dup(2)) {
        std::fflush(stderr);
        dup2(fileno(file_), 2);
    }
    CapturedStderr(const CapturedStderr&) = delete;
    ~CapturedStderr() {
        restore();
        std::fclose(file_);
    }
    /// Ends the capture.
    std::string text() {
        restore();
        std::string all;
        std::rewind(file_);
        for (int c; (c = std::fgetc(file_)) != EOF;) all += static_cast<char>(c);
        return all;
    }

 private:
    void restore() {
        if (stderr_ < 0) return;
        std::fflush(stderr);
        dup2(stderr_, 2);
        close(std::exchange(stderr_, -1));
    }
    std::FILE* file_;
    int stderr_;
};

/// How a program ended: its exit status or the signal, the other is -1, and what it wrote to stderr.
struct Ended {
    int status = -1;
    int signal = -1;
    std::string errors;
};

/// Runs tests/death/NAME.
inline Ended run_death(const std::string& name, const std::string& arguments = "") {
    const char* directory = std::getenv("WEFT_DEATH_DIR");
    REQUIRE(directory);
    // exec, so that the shell does not stand between us and the signal; no core files from deaths meant to be.
    const std::string command =
        "ulimit -c 0; exec '" + std::string(directory) + "/" + name + "' " + arguments + " 2>&1 >/dev/null";
    std::FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe);
    Ended ended;
    std::array<char, 4096> part;
    while (const auto n = std::fread(part.data(), 1, part.size(), pipe)) ended.errors.append(part.data(), n);
    const int how = pclose(pipe);
    if (WIFEXITED(how)) ended.status = WEXITSTATUS(how);
    if (WIFSIGNALED(how)) ended.signal = WTERMSIG(how);
    return ended;
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace test
