// SPDX-License-Identifier: BSL-1.0
// The report of an overflow: which fiber, how large its stack was, where it was spawned.
//
// The handler runs on an alternate stack and calls nothing that is unsafe in one. It claims only faults
// in a guard of ours and leaves all others to whoever handled them before; after its report it does the
// same, so that the end of the process is the ordinary one.
#include <weft/record.hpp>
#include <weft/stack.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <new>

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
thread_local void* alternate = nullptr;

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
    stack_t now{};
    if (!alternate && sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_DISABLE)) {
        void* memory =
            mmap(nullptr, alternate_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) {
            stack_t ours{};
            ours.ss_sp = memory;
            ours.ss_size = alternate_size;
            if (sigaltstack(&ours, nullptr) == 0)
                alternate = memory;
            else
                munmap(memory, alternate_size);
        }
    }
    const std::lock_guard hold(maps_lock);
    if (installed) return;
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    installed = sigaction(SIGSEGV, &action, &before) == 0;
}

void stop_reporting_overflows() noexcept {
    if (!alternate) return;
    stack_t now{};
    if (sigaltstack(nullptr, &now) == 0 && now.ss_sp == alternate) {
        stack_t off{};
        off.ss_flags = SS_DISABLE;
        sigaltstack(&off, nullptr);
    }
    munmap(alternate, alternate_size);
    alternate = nullptr;
}

}  // namespace weft::detail
