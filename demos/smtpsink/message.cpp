// SPDX-License-Identifier: BSL-1.0
#include "message.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace {

// A standard output that is not read blocks all: who wants the lines shall not miss any.
void print(const envelope& of, std::uint64_t size, const std::string& name) {
    std::string to;
    for (const std::string& recipient : of.to) to += (to.empty() ? "" : ",") + recipient;
    errno = 0;
    std::printf("%s -> %s, %ju bytes, %s\n", of.from.empty() ? "<>" : of.from.c_str(), to.c_str(),
                std::uintmax_t{size}, name.c_str());
    if (std::fflush(stdout) != 0)
        throw std::runtime_error(std::string("standard output: ") + std::strerror(errno));
}

}  // namespace

message::message(service& shared, std::string_view heading) : shared_(shared) {
    try {
        draft_.emplace(shared.mails);
        draft_->write(heading);
    } catch (const std::system_error& error) {
        refuse("451 4.3.0 can not store it: " + error.code().message());
    }
}

void message::add(const line& l) {
    std::string_view text = l.text;
    if (text.starts_with('.')) text.remove_prefix(1);
    size_ += text.size() + 2;
    if (l.too_long) refuse("500 5.5.2 a line is longer than 4096 bytes");
    if (l.bare) refuse("554 5.6.0 CR or LF stand alone; only CR LF ends a line");
    if (size_ > shared_.wanted.max_size) refuse("552 5.3.4 the mail is too large");
    if (!draft_) return;
    try {
        draft_->write(text);
        draft_->write("\n");
    } catch (const std::system_error& error) {
        refuse("451 4.3.0 can not store it: " + error.code().message());
    }
}

// The first reason counts. What was stored gives its place back at once.
void message::refuse(std::string_view reply) {
    if (refusal_.empty()) refusal_ = reply;
    draft_.reset();
}

std::string message::conclude(const envelope& of) {
    if (shared_.has_enough()) refuse("451 4.3.2 enough mails were taken");
    if (!draft_) return refusal_;
    std::string name;
    try {
        name = draft_->keep();
    } catch (const std::system_error& error) {
        return "451 4.3.0 can not store it: " + error.code().message();
    }
    ++shared_.taken;
    if (!shared_.wanted.quiet) print(of, size_, "new/" + name);
    return "250 2.0.0 kept as " + name;
}
