// SPDX-License-Identifier: BSL-1.0
// smtpsink: a fiber accepts clients, and each of them has a fiber that talks to it; weft is a guest in the
// plain poll loop below.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <weft/fiber.hpp>
#include <weft/scheduler.hpp>
#include <weft/scope.hpp>

#include "../cli.hpp"
#include "listener.hpp"
#include "maildir.hpp"
#include "options.hpp"
#include "service.hpp"

namespace {

/// The signals that end the program, as a descriptor to wait for.
class end_signals {
 public:
    end_signals() {
        sigset_t both;
        sigemptyset(&both);
        sigaddset(&both, SIGINT);
        sigaddset(&both, SIGTERM);
        sigprocmask(SIG_BLOCK, &both, nullptr);
        fd_ = signalfd(-1, &both, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd_ < 0) cli::throw_errno("signalfd");
    }
    end_signals(const end_signals&) = delete;
    end_signals& operator=(const end_signals&) = delete;
    ~end_signals() { close(fd_); }

    int fd() const { return fd_; }
    void take() const {
        signalfd_siginfo one;
        while (read(fd_, &one, sizeof one) > 0) continue;
    }

 private:
    int fd_;
};

/// As many clients as there can be descriptors, one for the socket and one for the mail's file.
std::size_t most_connections() {
    constexpr rlim_t others = 16;
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_cur > others ? (files.rlim_cur - others) / 2 : 0;
}

std::string host_name() {
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    return *name != '\0' ? name : "localhost";
}

void tell_where(const listener& door) {
    std::printf("listening on %s\n", door.name().c_str());
    if (std::fflush(stdout) != 0) cli::throw_errno("standard output");
}

void smtpsink(options wanted) {
    wanted.max_connections = std::min(wanted.max_connections, most_connections());
    const end_signals signals;
    const std::string host = host_name();
    const listener door(wanted.address, wanted.port);
    maildir mails(wanted.maildir, host);
    service shared{wanted, host, mails};
    tell_where(door);

    weft::scope sessions;
    weft::scope fibers;
    sessions.spawn(weft::how{.name = "listener"}, accept_clients, std::cref(door), std::ref(sessions),
                   std::ref(shared));
    weft::fiber<void> all = fibers.spawn([&] { sessions.join(); });

    pollfd host_loop[] = {{weft::this_thread().fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}};
    while (!all.done()) {
        if (poll(host_loop, std::size(host_loop), -1) < 0 && errno != EINTR) cli::throw_errno("poll");
        if (host_loop[0].revents != 0) weft::this_thread().run_ready();
        if (host_loop[1].revents != 0) signals.take();
        if (host_loop[1].revents != 0 || shared.over) sessions.cancel();
    }
    all.join();  // throws what a session failed with
}

}  // namespace

int main(int argc, char** argv) {
    static char name[] = "smtpsink";
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not become larger is an error that is told
    return cli::run(name, argc, argv, read_options, smtpsink);
}
