// SPDX-License-Identifier: BSL-1.0
// A client's socket. Whoever waits for it lets the other fibers run.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <weft/clock.hpp>

/// The client is gone, and not by hanging up.
struct connection_lost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class connection {
 public:
    /// Owns the socket, which must not block. A client that does not read is waited for that long.
    connection(int socket, weft::clock::duration patience);
    connection(connection&& other) noexcept;
    ~connection();

    /// Waits until there is something, and reads that; 0: the client has hung up. What was written goes out
    /// first, and all at once: so the replies to commands that came together travel together.
    ///
    /// Throws connection_lost; weft::timed_out and weft::cancelled as any wait does. So do the next two.
    std::size_t read(char* to, std::size_t most);

    /// Keeps the text until the next read() or flush(). Waits only when there is too much to keep.
    void write(std::string_view text);
    /// Waits until the client's side has taken all that was written.
    void flush();

    /// Tells what the client's side takes at once, and no more. For those who must not wait any more.
    void last_words(std::string_view text) noexcept;

    /// The client's address, as the standard writes it: [127.0.0.1], [IPv6:::1].
    std::string peer() const;

 private:
    bool send_some();

    int fd_;
    weft::clock::duration patience_;
    std::string unsent_;
};
