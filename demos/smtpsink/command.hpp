// SPDX-License-Identifier: BSL-1.0
// Commands and their arguments, taken apart.
#pragma once

#include <optional>
#include <string_view>

enum class verb {
    helo,
    ehlo,
    mail,
    rcpt,
    data,
    rset,
    noop,
    quit,
    vrfy,
    help,
    not_offered,  // the standards know it
    unknown
};

struct command {
    verb what;
    std::string_view rest;  // the arguments, without white space around them
};

command parse_command(std::string_view line);

/// Takes "FROM:<path>" or "TO:<path>" off the arguments and gives what stands in the brackets, without the
/// route that may stand before the mailbox. Nothing if it is not of this form.
std::optional<std::string_view> take_path(std::string_view& rest, std::string_view keyword);

/// Takes the first word off the arguments; it is empty if there is none.
std::string_view take_word(std::string_view& rest);

struct parameter {
    std::string_view key;
    std::string_view value;
};
parameter parse_parameter(std::string_view word);

/// Compares words of the protocol, which may be in small letters and in capitals.
bool same(std::string_view a, std::string_view b);

bool is_mailbox(std::string_view text);
/// A domain's name, or an address in square brackets.
bool is_domain(std::string_view text);
