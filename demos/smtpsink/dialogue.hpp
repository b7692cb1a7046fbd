// SPDX-License-Identifier: BSL-1.0
// What a client has said so far, and what is replied.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "lines.hpp"
#include "service.hpp"

struct envelope {
    std::string from;  // empty: nobody, as for reports of what could not be delivered
    std::vector<std::string> to;
};

class dialogue {
 public:
    dialogue(const service& shared, std::string peer) : shared_(shared), peer_(std::move(peer)) {}

    std::string greeting() const;
    /// The reply to a line that is a command, or should be one.
    std::string reply_to(const line& l);

    /// What comes after the last reply.
    enum class what_follows { commands, text, nothing };
    what_follows next() const { return next_; }

    /// Whom the text is from and for; there while text follows.
    const envelope& mail() const { return *mail_; }
    /// What stands before the text in the mail's file.
    std::string heading() const;
    /// The text has come, and the mail is over.
    void end_of_text();

 private:
    std::string carry_out(const command& c);
    std::string hello(const command& c);
    std::string begin_mail(std::string_view rest);
    const char* refusal_of(const parameter& p) const;
    std::string add_recipient(std::string_view rest);
    std::string begin_text(std::string_view rest);
    std::string forget_mail(std::string_view rest);
    std::string say_goodbye();

    const service& shared_;
    const std::string peer_;
    std::string peer_name_;  // what it calls itself; empty: it has not said hello
    bool speaks_esmtp_ = false;
    std::optional<envelope> mail_;
    what_follows next_ = what_follows::commands;
};
