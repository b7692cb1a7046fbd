// SPDX-License-Identifier: BSL-1.0
// A mail as it is received.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dialogue.hpp"
#include "lines.hpp"
#include "maildir.hpp"
#include "service.hpp"

class message {
 public:
    /// `heading` is what stands before the text that is sent.
    message(service& shared, std::string_view heading);

    /// Takes a line of the text as it was sent, with the dot that may have been put before it.
    void add(const line& l);

    /// The text is complete: keeps it, unless there is something wrong with it. Gives the reply. Throws
    /// std::runtime_error if the standard output fails.
    std::string conclude(const envelope& of);

 private:
    void refuse(std::string_view reply);
    void write(std::string_view text);

    service& shared_;
    std::optional<draft> draft_;  // nothing: it was refused
    std::string refusal_;
    std::uint64_t size_ = 0;  // as SIZE counts: with CR LF, without dots that were put there
};
