// SPDX-License-Identifier: BSL-1.0
// The socket that clients connect to.
#pragma once

#include <cstdint>
#include <string>

#include <weft/scope.hpp>

#include "service.hpp"

class listener {
 public:
    /// Throws cli::usage_error if that is no address, std::system_error if it can not be listened to.
    listener(const std::string& address, std::uint16_t port);
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener();

    /// Waits for a client and gives its socket, which does not block. Throws std::system_error.
    int accept() const;

    /// Address and port as they are, also where the kernel chose.
    std::string name() const;

 private:
    int fd_;
};

/// The function of a fiber: serves each client in a fiber of its own, until it is cancelled.
void accept_clients(const listener& door, weft::scope& sessions, service& shared);
