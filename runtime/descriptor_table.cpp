// SPDX-License-Identifier: BSL-1.0
#include <weft/reactor.hpp>

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace weft::detail {

namespace {

std::uint32_t events_of(bool writes) noexcept { return writes ? EPOLLOUT : EPOLLIN | EPOLLRDHUP; }

}  // namespace

std::uint32_t descriptor_table::entry::wanted() const noexcept {
    return (readers.empty() ? 0u : events_of(false)) | (writers.empty() ? 0u : events_of(true));
}

descriptor_table::entry& descriptor_table::entry_of(int fd) {
    const auto number = static_cast<std::size_t>(fd);
    if (number >= entries_.size()) {
        const std::size_t size = std::max(number + 1, entries_.size() * 2);
        listed_.reserve(size);
        entries_.resize(size);
    }
    if (!entries_[number]) entries_[number] = std::make_unique<entry>(fd);
    return *entries_[number];
}

// The kernel is told at once, while the number is the file that is meant. If others wait, but for a file that had
// the number before, they learn that it was closed.
int descriptor_table::enter(record& r, descriptor_wait& wait) {
    entry& e = entry_of(wait.fd);
    const std::uint32_t mine = events_of(wait.writes);
    const std::uint32_t all = mine | e.wanted();
    if (all != mine || e.waits()) {
        if (const int error = tell_kernel(e, all, EPOLL_CTL_MOD)) fail(e, error);
    }
    if (!e.waits()) {
        int error = tell_kernel(e, mine, e.known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD);
        if (error == ENOENT)
            ++e.age, error = tell_kernel(e, mine, EPOLL_CTL_ADD);  // another file, long since
        if (error == EEXIST) error = tell_kernel(e, mine, EPOLL_CTL_MOD);
        if (error) return error;
        e.known = true;
    }
    e.armed = all;
    (wait.writes ? e.writers : e.readers).push_back(r);
    if (!e.listed) listed_.push_back(&e);
    e.listed = true;
    ++waiting_;
    reactor_.hope();
    return 0;
}

// What nobody waits for may be closed, and its number be another file's: it is not listened to any more, and what
// is heard of it all the same, since the file lives on under another number, is of an age that is over.
void descriptor_table::leave(record& r, int fd) noexcept {
    entry& e = *entries_[static_cast<std::size_t>(fd)];
    r.queue.unlink();
    --waiting_;
    reactor_.give_up();
    if (e.waits()) return note_change(e);
    tell_kernel(e, 0, EPOLL_CTL_DEL);
    e.armed = 0;
    e.known = false;
    ++e.age;
}

void descriptor_table::note_change(entry& e) noexcept {
    if (e.changed) return;
    e.changed = true;
    e.next_changed = changed_;
    changed_ = &e;
}

// What the kernel says to that: an error, or 0.
int descriptor_table::tell_kernel(const entry& e, std::uint32_t events, int what) noexcept {
    epoll_event event{};
    event.events = events | EPOLLONESHOT;
    event.data.u64 = e.number_and_age();
    return epoll_ctl(epoll_, what, e.fd, &event) == 0 ? 0 : errno;
}

// Those who wait on after an event, or after others have left.
void descriptor_table::arm() noexcept {
    while (entry* e = changed_) {
        changed_ = e->next_changed;
        e->changed = false;
        const std::uint32_t wanted = e->wanted();
        if (wanted == 0 || wanted == e->armed) continue;
        e->armed = wanted;
        if (const int error = tell_kernel(*e, wanted, EPOLL_CTL_MOD)) fail(*e, error);
    }
}

void descriptor_table::wake_first(wait_queue& queue, int error) noexcept {
    wait_node* first = queue.first();
    if (!first) return;
    record& r = *first->who;
    first->unlink();
    static_cast<descriptor_wait*>(r.where)->error = error;
    r.result = outcome::done;
    --waiting_;
    reactor_.give_up();
    r.owner->unpark(r);
}

void descriptor_table::happened(std::uint64_t number_and_age, std::uint32_t events) noexcept {
    entry& e = *entries_[static_cast<std::uint32_t>(number_and_age)];
    if (number_and_age != e.number_and_age()) return;
    e.armed = 0;
    constexpr std::uint32_t both = EPOLLERR | EPOLLHUP;
    if (events & (both | EPOLLIN | EPOLLRDHUP)) wake_first(e.readers, 0);
    if (events & (both | EPOLLOUT)) wake_first(e.writers, 0);
    if (e.wanted()) note_change(e);
}

// The kernel does not know those who wait any more, since what they wait for was closed.
void descriptor_table::fail(entry& e, int error) noexcept {
    e.armed = 0;
    e.known = false;
    ++e.age;
    if (error == ENOENT || error == EPERM) error = EBADF;  // the number is another file's
    while (!e.readers.empty()) wake_first(e.readers, error);
    while (!e.writers.empty()) wake_first(e.writers, error);
}

// Many are gone over more seldom, so that it never costs more than a hundredth of the time.
clock::duration descriptor_table::sweep_interval() const noexcept {
    using namespace std::chrono_literals;
    return std::max<clock::duration>(50ms, 50us * waiting_);
}

clock::time_point descriptor_table::next_sweep() const noexcept {
    using namespace std::chrono_literals;
    return waiting_ == 0 ? clock::time_point::max()
                         : swept_ + std::max<clock::duration>(250ms, sweep_interval());
}

// Asking for the same again tells whether the kernel still knows the descriptor.
void descriptor_table::sweep() noexcept {
    if (waiting_ == 0) return;
    const clock::time_point now = clock::now();
    if (now < swept_ + sweep_interval()) return;
    swept_ = now;
    std::erase_if(listed_, [&](entry* e) {
        if (e->armed && e->waits()) {
            if (const int error = tell_kernel(*e, e->armed, EPOLL_CTL_MOD)) fail(*e, error);
        }
        e->listed = e->waits();
        return !e->listed;
    });
}

void descriptor_wait::leave(record& r) noexcept { reactor_.descriptors.leave(r, fd); }

std::string descriptor_wait::describe(const record&) const {
    return (writes ? "to write to descriptor " : "to read from descriptor ") + std::to_string(fd);
}

}  // namespace weft::detail
