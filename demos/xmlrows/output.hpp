// SPDX-License-Identifier: BSL-1.0
// The file that is written.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

class input;

/// Nothing that can not be written is lost in silence: write() and close() throw std::system_error.
class output {
 public:
    /// Opens a file and makes it empty; "-" is the standard output. `from` is the file that is being
    /// read, which can not be written at the same time.
    output(const std::string& name, const input& from);
    output(const output&) = delete;
    output& operator=(const output&) = delete;
    ~output();

    void write(std::string_view text);
    void close();
    bool is_terminal() const;

 private:
    [[noreturn]] void fail();

    std::string name_;
    std::FILE* file_;
    int error_ = 0;  // the first one; after it nothing more is written
};
