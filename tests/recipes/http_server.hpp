// SPDX-License-Identifier: BSL-1.0
// A server in a thread of its own, which says what it was told to say to each who connects.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

namespace test {

/// A port of the loopback interface that listens, or is taken and refuses all.
class Port {
 public:
    explicit Port(bool listens) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&at), size) == 0);
        if (listens) CHECK(listen(fd_, 8) == 0);
        CHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        url = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/";
    }
    Port(const Port&) = delete;
    ~Port() { close(fd_); }

    /// The next who connects; -1 after `quit` came to its end.
    int accept(int quit) const {
        std::array<pollfd, 2> both{pollfd{fd_, POLLIN, 0}, pollfd{quit, POLLIN, 0}};
        poll(both.data(), both.size(), -1);
        return both[1].revents ? -1 : accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    }

    std::string url;

 private:
    int fd_;
};

class HttpServer {
 public:
    /// Each gets the whole of `answer`, unless he goes earlier, and then the connection is closed.
    explicit HttpServer(std::string answer) : answer_(std::move(answer)) {
        CHECK(pipe(quit_.data()) == 0);
        thread_ = std::thread([this] {
            for (int to; (to = port_.accept(quit_[0])) >= 0; close(to)) serve(to);
        });
    }
    ~HttpServer() { join(); }
    /// Waits until all who connected are served, and serves nobody after that.
    void join() {
        if (!thread_.joinable()) return;
        close(quit_[1]);
        thread_.join();
        close(quit_[0]);
    }
    const std::string& url() const { return port_.url; }
    /// How many went before they had got all.
    int left_early() const { return left_early_; }

 private:
    void serve(int to) {
        std::string question;
        for (std::array<char, 1024> part; question.find("\r\n\r\n") == question.npos;) {
            const auto n = read(to, part.data(), part.size());
            if (n <= 0) return;
            question.append(part.data(), static_cast<std::size_t>(n));
        }
        for (std::string_view left = answer_; !left.empty();) {
            const auto n = send(to, left.data(), left.size(), MSG_NOSIGNAL);
            if (n <= 0) {
                ++left_early_;
                return;
            }
            left.remove_prefix(static_cast<std::size_t>(n));
        }
    }

    std::string answer_;
    Port port_{true};
    std::array<int, 2> quit_{};
    std::atomic<int> left_early_ = 0;
    std::thread thread_;
};

}  // namespace test
