// SPDX-License-Identifier: BSL-1.0
// The report of an overflow: which fiber, how large its stack was, where it was spawned.
//
// The handler runs on an alternate stack and calls nothing that is unsafe in one. It claims only faults
// in a guard of ours and leaves all others to whoever handled them before; after its report it does the
// same, so that the end of the process is the ordinary one. It is there while a thread reports: when the last
// one has ceased, all is as it was before, unless somebody else has set a handler over ours meanwhile.
#include <weft/record.hpp>
#include <weft/stack.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

// Descriptions of regions are never freed, only reused, so that the handler can walk the list.
struct listed_map : stack_map {
    std::atomic<const char*> open{nullptr};  // the low end while it counts, else null
    listed_map* next = nullptr;
};
std::atomic<listed_map*> maps{nullptr};
std::mutex maps_lock;

struct sigaction before;  // who handled faults before us
bool installed = false;
unsigned reporting = 0;  // threads

class line {
 public:
    line& operator<<(const char* text) noexcept {
        for (; *text && used_ < sizeof text_ - 1; ++text) text_[used_++] = *text;
        return *this;
    }
    line& operator<<(std::size_t number) noexcept {
        char digits[21];
        char* at = digits + sizeof digits - 1;
        *at = 0;
        do *--at = static_cast<char>('0' + number % 10);
        while (number /= 10);
        return *this << at;
    }
    void write_out() noexcept {
        text_[used_++] = '\n';
        [[maybe_unused]] auto written = write(STDERR_FILENO, text_, used_);
    }

 private:
    char text_[512];
    std::size_t used_ = 0;
};

void report(const worker& w, std::size_t usable) noexcept {
    line text;
    text << "weft: stack overflow in fiber '";
    if (w.runs && w.runs->name)
        text << w.runs->name;
    else
        text << (w.runs ? w.runs->id : 0);
    text << "'";
    if (w.runs && w.runs->spawned.file)
        text << " (spawned at " << w.runs->spawned.file << ":" << w.runs->spawned.line << ")";
    text << ": its stack of " << usable << " bytes is used up; spawn it with a larger how::stack";
    text.write_out();
}

bool ours(const char* fault) noexcept {
    for (listed_map* map = maps.load(); map; map = map->next) {
        const char* low = map->open.load();
        if (!low || fault < low || fault >= map->high) continue;
        const auto offset = static_cast<std::size_t>(fault - low);
        if (offset % map->stride >= map->guarded) return false;
        const char* slot = fault - offset % map->stride;
        report(*worker_of_slot(slot, map->stride), map->stride - map->guarded);
        return true;
    }
    return false;
}

void on_fault(int signal, siginfo_t* info, void* context) {
    // A signal that somebody sent carries no address.
    if (info->si_code > 0) ours(static_cast<const char*>(info->si_addr));
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    } else {
        // The instruction faults again and meets the default; a sent signal does not come again.
        sigaction(signal, &before, nullptr);
        if (info->si_code <= 0) raise(signal);
    }
}

constexpr std::size_t alternate_size = 64 * 1024;

/// The thread's alternate stack. Its memory is kept until the thread ends; that of the main thread has to be there
/// for static objects, so it has no destructor.
class alternate_stack {
 public:
    void free() noexcept {
        if (memory_) munmap(std::exchange(memory_, nullptr), alternate_size);
    }
    /// Makes it the one for signals, unless there is another.
    void enter() noexcept {
        if (!memory_) {
            void* const memory =
                mmap(nullptr, alternate_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory == MAP_FAILED) return;
            memory_ = memory;
        }
        stack_t ours{}, there{};
        ours.ss_sp = memory_;
        ours.ss_size = alternate_size;
        in_use_ = sigaltstack(&ours, &there) == 0;
        if (!in_use_ || (there.ss_flags & SS_DISABLE)) return;
        in_use_ = false;
        sigaltstack(&there, nullptr);
    }
    void leave() noexcept {
        if (!in_use_) return;
        in_use_ = false;
        stack_t off{}, there{};
        off.ss_flags = SS_DISABLE;
        if (sigaltstack(&off, &there) == 0 && there.ss_sp != memory_ && !(there.ss_flags & SS_DISABLE))
            sigaltstack(&there, nullptr);
    }

 private:
    void* memory_ = nullptr;
    bool in_use_ = false;
};

thread_local alternate_stack alternate;
thread_local bool this_thread_reports = false;

void set_handler() noexcept {
    if (installed) return;
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    installed = sigaction(SIGSEGV, &action, &before) == 0;
}

// Somebody else's, which may go on to ours, stays.
void restore_handler() noexcept {
    struct sigaction now {};
    if (!installed || sigaction(SIGSEGV, &before, &now) != 0) return;
    installed = !(now.sa_flags & SA_SIGINFO) || now.sa_sigaction != on_fault;
    if (installed) sigaction(SIGSEGV, &now, nullptr);
}

}  // namespace

stack_map* watch_stacks(const char* low, const char* high, std::size_t stride, std::size_t guarded) noexcept {
    const std::lock_guard hold(maps_lock);
    listed_map* map = maps.load();
    while (map && map->open.load()) map = map->next;
    const bool added = !map;
    if (added && !(map = new (std::nothrow) listed_map)) return nullptr;
    map->low = low;
    map->high = high;
    map->stride = stride;
    map->guarded = guarded;
    map->open.store(low);
    if (added) {
        map->next = maps.load();
        maps.store(map);
    }
    return map;
}

void forget_stacks(stack_map* map) noexcept {
    const std::lock_guard hold(maps_lock);
    static_cast<listed_map*>(map)->open.store(nullptr);
}

void report_overflows() noexcept {
    if (std::exchange(this_thread_reports, true)) return;
    alternate.enter();
    const std::lock_guard hold(maps_lock);
    if (reporting++ == 0) set_handler();
}

void stop_reporting_overflows() noexcept {
    if (!std::exchange(this_thread_reports, false)) return;
    {
        const std::lock_guard hold(maps_lock);
        if (--reporting == 0) restore_handler();
    }
    alternate.leave();
}

void never_report_overflows_again() noexcept {
    stop_reporting_overflows();
    alternate.free();
}

}  // namespace weft::detail
