// SPDX-License-Identifier: BSL-1.0
#include "dialogue.hpp"

#include <ctime>

#include "../cli.hpp"

namespace {

// Why the line can be no command; null: nothing is wrong with it.
const char* fault_of(const line& l) {
    if (l.too_long) return "500 5.5.2 the line is longer than 4096 bytes";
    if (l.bare) return "500 5.5.2 CR or LF stand alone; only CR LF ends a line";
    for (const char c : l.text)
        if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f)
            return "500 5.5.2 there is a control character in it";
    return nullptr;
}

std::string now() {
    char text[64];
    const std::time_t seconds = std::time(nullptr);
    std::tm local{};
    localtime_r(&seconds, &local);
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S %z", &local)};
}

}  // namespace

std::string dialogue::greeting() const { return "220 " + shared_.host + " ESMTP smtpsink"; }

std::string dialogue::reply_to(const line& l) {
    const char* fault = fault_of(l);
    return fault != nullptr ? fault : carry_out(parse_command(l.text));
}

std::string dialogue::carry_out(const command& c) {
    switch (c.what) {
        case verb::helo:
        case verb::ehlo:
            return hello(c);
        case verb::mail:
            return begin_mail(c.rest);
        case verb::rcpt:
            return add_recipient(c.rest);
        case verb::data:
            return begin_text(c.rest);
        case verb::rset:
            return forget_mail(c.rest);
        case verb::noop:
            return "250 2.0.0 done";
        case verb::quit:
            return say_goodbye();
        case verb::vrfy:
            return c.rest.empty() ? "501 5.5.4 VRFY whom?" : "252 2.5.2 whoever it is, their mail is taken";
        case verb::help:
            return "214 2.0.0 HELO EHLO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP";
        case verb::not_offered:
            return "502 5.5.1 not offered here";
        case verb::unknown:
            break;
    }
    return "500 5.5.2 no such command";
}

std::string dialogue::hello(const command& c) {
    if (!is_domain(c.rest)) return "501 who are you? A domain or an address in brackets should follow";
    peer_name_ = c.rest;
    speaks_esmtp_ = c.what == verb::ehlo;
    mail_.reset();
    if (!speaks_esmtp_) return "250 " + shared_.host;
    return "250-" + shared_.host + "\r\n250-PIPELINING\r\n250-SIZE " +
           std::to_string(shared_.wanted.max_size) +
           "\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 HELP";
}

std::string dialogue::begin_mail(std::string_view rest) {
    if (peer_name_.empty()) return "503 5.5.1 EHLO or HELO comes first";
    if (mail_) return "503 5.5.1 there is a mail already; RSET forgets it";
    const auto path = take_path(rest, "FROM:");
    if (!path) return "501 5.5.4 it is MAIL FROM:<address>";
    if (!path->empty() && !is_mailbox(*path)) return "501 5.1.7 this is no address";
    while (!rest.empty())
        if (const char* refusal = refusal_of(parse_parameter(take_word(rest)))) return refusal;
    if (shared_.has_enough()) return "451 4.3.2 enough mails were taken";
    mail_.emplace().from = *path;
    return "250 2.1.0 go on";
}

const char* dialogue::refusal_of(const parameter& p) const {
    if (same(p.key, "BODY")) {
        const bool known = same(p.value, "7BIT") || same(p.value, "8BITMIME");
        return known ? nullptr : "501 5.5.4 BODY is 7BIT or 8BITMIME";
    }
    if (!same(p.key, "SIZE")) return "555 5.5.4 there is no such parameter";
    const auto size = cli::number(p.value);
    if (!size) return "501 5.5.4 SIZE is a number";
    return *size > shared_.wanted.max_size ? "552 5.3.4 the mail is too large" : nullptr;
}

std::string dialogue::add_recipient(std::string_view rest) {
    if (!mail_) return "503 5.5.1 MAIL comes first";
    const auto path = take_path(rest, "TO:");
    if (!path) return "501 5.5.4 it is RCPT TO:<address>";
    if (!is_mailbox(*path) && !same(*path, "postmaster")) return "501 5.1.3 this is no address";
    if (!rest.empty()) return "555 5.5.4 there is no such parameter";
    if (mail_->to.size() >= shared_.wanted.max_recipients) return "452 4.5.3 too many recipients";
    mail_->to.emplace_back(*path);
    return "250 2.1.5 go on";
}

std::string dialogue::begin_text(std::string_view rest) {
    if (!rest.empty()) return "501 5.5.4 DATA has no arguments";
    if (!mail_) return "503 5.5.1 MAIL comes first";
    if (mail_->to.empty()) return "503 5.5.1 RCPT comes first";
    next_ = what_follows::text;
    return "354 go on; CR LF . CR LF ends it";
}

void dialogue::end_of_text() {
    mail_.reset();
    next_ = what_follows::commands;
}

std::string dialogue::forget_mail(std::string_view rest) {
    if (!rest.empty()) return "501 5.5.4 RSET has no arguments";
    mail_.reset();
    return "250 2.0.0 forgotten";
}

std::string dialogue::say_goodbye() {
    next_ = what_follows::nothing;
    return "221 2.0.0 goodbye";
}

std::string dialogue::heading() const {
    std::string result = "Return-Path: <" + mail_->from + ">\n";
    for (const std::string& to : mail_->to) result += "Delivered-To: " + to + "\n";
    return result + "Received: from " + peer_name_ + " (" + peer_ + ")\n\tby " + shared_.host + " with " +
           (speaks_esmtp_ ? "ESMTP" : "SMTP") + ";\n\t" + now() + "\n";
}
