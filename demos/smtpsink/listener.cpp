// SPDX-License-Identifier: BSL-1.0
#include "listener.hpp"

#include <cerrno>
#include <chrono>
#include <functional>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/descriptors.hpp>
#include <weft/sleep.hpp>

#include "../cli.hpp"
#include "connection.hpp"
#include "session.hpp"

namespace {

std::string text_of(const sockaddr* address, socklen_t size) {
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getnameinfo(address, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) !=
        0)
        return "unknown";
    const bool is_ipv6 = address->sa_family == AF_INET6;
    return (is_ipv6 ? "[" + std::string(host) + "]" : host) + ":" + port;
}

// Such errors pass when a client hangs up.
bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Errors of the one connection that would have been accepted.
bool is_passing(int error) {
    return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM ||
           error == ENETDOWN || error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH ||
           error == ENOPROTOOPT || error == ENONET || error == EOPNOTSUPP;
}

}  // namespace

listener::listener(const std::string& address, std::uint16_t port) : fd_(-1) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
        throw cli::usage_error("--address: '" + address + "' is not an address");
    const std::string wanted = text_of(found->ai_addr, found->ai_addrlen);
    fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    const bool listens = fd_ >= 0 && setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                         bind(fd_, found->ai_addr, found->ai_addrlen) == 0 && listen(fd_, SOMAXCONN) == 0;
    const int error = errno;
    freeaddrinfo(found);
    if (listens) return;
    if (fd_ >= 0) close(fd_);
    errno = error;
    cli::throw_errno(wanted);
}

listener::~listener() { close(fd_); }

int listener::accept() const {
    for (;;) {
        weft::wait_readable(fd_);
        const int client = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            const int on = 1;  // replies are sent when they are complete, and so at once
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return client;
        }
        if (is_shortage(errno))
            weft::sleep_for(std::chrono::milliseconds(100));
        else if (!is_passing(errno))
            cli::throw_errno(name());
    }
}

std::string listener::name() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return text_of(reinterpret_cast<const sockaddr*>(&address), size);
}

void accept_clients(const listener& door, weft::scope& sessions, service& shared) {
    for (;;) {
        connection client(door.accept(), shared.wanted.timeout);
        if (shared.connections >= shared.wanted.max_connections) {
            client.last_words("421 4.3.2 too many connections\r\n");
            continue;
        }
        ++shared.connections;
        sessions.spawn(weft::how{.name = "session"}, serve, std::move(client), std::ref(shared));
    }
}
