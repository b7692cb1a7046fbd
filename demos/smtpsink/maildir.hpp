// SPDX-License-Identifier: BSL-1.0
// The folder in which mails are kept, and a mail on its way into it.
//
// Files are written where mails are received, by plain calls that block the thread: what is written goes to
// the page cache and no disk is waited for, so a trip to a helper thread would take longer than the call. A
// folder on a slow network would be a reason for weft::offload.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// A Maildir: a mail is written in tmp/ and then moved to new/, so whoever looks there sees whole ones.
class maildir {
 public:
    /// Makes it, unless it is there. Throws std::system_error.
    maildir(std::string folder, std::string_view host);

    std::string fresh_name();
    std::string path(const char* inside, const std::string& name) const;

 private:
    std::string folder_;
    std::string suffix_;
    std::uint64_t names_ = 0;
};

/// A mail that is not complete yet; if it never is, nothing remains of it. Throws std::system_error.
class draft {
 public:
    explicit draft(maildir& to);
    draft(const draft&) = delete;
    draft& operator=(const draft&) = delete;
    ~draft();

    void write(std::string_view text);
    /// It is complete: makes it appear in new/, and gives its name there.
    const std::string& keep();

 private:
    void flush();

    maildir& to_;
    std::string name_;
    std::string path_;
    int fd_;
    bool kept_ = false;
    std::string unwritten_;
};
