// SPDX-License-Identifier: BSL-1.0
#include "connection.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <weft/deadline.hpp>
#include <weft/descriptors.hpp>

namespace {

constexpr std::size_t most_unsent = 4096;

bool must_wait() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

connection::connection(int socket, weft::clock::duration patience) : fd_(socket), patience_(patience) {}

connection::connection(connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), patience_(other.patience_), unsent_(std::move(other.unsent_)) {}

connection::~connection() {
    if (fd_ < 0) return;
    // Closing with something unread would make the kernel reset the connection, and the client may then never
    // see the last words. What is read here is what has come by now, within reason.
    char unread[4096];
    for (int i = 0; i < 64 && recv(fd_, unread, sizeof unread, 0) > 0; ++i) continue;
    close(fd_);
}

std::size_t connection::read(char* to, std::size_t most) {
    flush();
    for (;;) {
        weft::wait_readable(fd_);  // even where there is something: it is also the others' turn
        const ssize_t got = recv(fd_, to, most, 0);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (!must_wait()) throw connection_lost(std::strerror(errno));
    }
}

void connection::write(std::string_view text) {
    unsent_ += text;
    if (unsent_.size() >= most_unsent) flush();
}

void connection::flush() {
    if (unsent_.empty()) return;
    const weft::deadline limit(patience_);
    while (!send_some()) weft::wait_writable(fd_);
}

// True: there is no more to send.
bool connection::send_some() {
    const ssize_t sent = send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && !must_wait()) throw connection_lost(std::strerror(errno));
    if (sent > 0) unsent_.erase(0, static_cast<std::size_t>(sent));
    return unsent_.empty();
}

void connection::last_words(std::string_view text) noexcept {
    try {
        unsent_ += text;
        send_some();
    } catch (const std::exception&) {
        // It is gone.
    }
}

std::string connection::peer() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    char text[INET6_ADDRSTRLEN] = "unknown";
    if (address.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
        return std::string("[IPv6:") + text + "]";
    }
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
    return std::string("[") + text + "]";
}
