// SPDX-License-Identifier: BSL-1.0
#include <weft/descriptors.hpp>

#include <weft/reactor.hpp>
#include <weft/sleep.hpp>

#include <poll.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace weft {

namespace {

[[noreturn]] void throw_error(int error, int fd) {
    throw std::system_error(error, std::generic_category(),
                            "weft: waiting for descriptor " + std::to_string(fd));
}

bool ready_now(int fd, short events) {
    pollfd one{fd, events, 0};
    int count = 0;
    do count = poll(&one, 1, 0);
    while (count < 0 && errno == EINTR);
    if (count < 0) throw_error(errno, fd);
    if (fd < 0 || (one.revents & POLLNVAL)) throw_error(EBADF, fd);
    return count > 0;
}

void wait_for(int fd, bool writes, place at) {
    using namespace detail;
    scheduler_core& s = core_here();
    record& me = *s.current;
    if (const outcome why = me.refusal(); why != outcome::done) s.raise(why, true);
    if (ready_now(fd, writes ? POLLOUT : POLLIN)) {
        me.wait_at(at);
        if (record* n = s.give_way(); n && n != &me) jump(s, me, *n);
        if (const outcome why = me.refusal(); why != outcome::done) s.raise(why, true);
        return;
    }
    reactor& outside = s.outside();
    descriptor_wait wait(outside, fd, writes);
    me.where = &wait;
    me.wait_at(at);
    if (const int error = outside.descriptors.enter(me, wait)) throw_error(error, fd);
    me.state = fiber_state::waiting;
    if (record* n = s.next(); n != &me) jump(s, me, *n);
    if (me.result != outcome::done) s.raise(me.result, true);
    if (wait.error) throw_error(wait.error, fd);
}

}  // namespace

void wait_readable(int fd, place at) { wait_for(fd, false, at); }
void wait_writable(int fd, place at) { wait_for(fd, true, at); }

}  // namespace weft
