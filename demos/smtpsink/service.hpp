// SPDX-License-Identifier: BSL-1.0
// What the sessions share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "maildir.hpp"
#include "options.hpp"

struct service {
    const options& wanted;
    std::string host;
    maildir& mails;
    std::size_t connections = 0;  // there are at the moment
    std::uint64_t taken = 0;  // mails
    bool over = false;  // the last mail was taken, and its client has hung up

    bool has_enough() const { return taken == wanted.count; }
};
