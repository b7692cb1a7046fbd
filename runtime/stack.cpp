// SPDX-License-Identifier: BSL-1.0
#include <weft/stack.hpp>

#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

namespace weft::detail {

namespace {

std::size_t page_size() noexcept {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

std::size_t whole_pages(std::size_t size) noexcept {
    return (size + page_size() - 1) / page_size() * page_size();
}

constexpr std::size_t worker_room = (sizeof(worker) + 63) / 64 * 64;
constexpr unsigned colours = 31;
constexpr std::size_t first_region = 16;
constexpr std::size_t largest_region = 1024;

}  // namespace

struct stack_pool::region {
    char* low;
    std::size_t size;
    stack_map* map;
};

std::size_t minimum_stack() noexcept {
    static const std::size_t size =
        std::max<std::size_t>(16 * 1024, whole_pages(getauxval(AT_MINSIGSTKSZ) + 8 * 1024));
    return size;
}

worker* worker_of_slot(const char* slot, std::size_t stride) noexcept {
    return reinterpret_cast<worker*>(const_cast<char*>(slot) + stride - worker_room);
}

stack_pool::stack_pool(std::size_t usable) : usable_(whole_pages(usable)), stride_(usable_ + guard_size()) {
    if (stride_ / page_size() % 2 == 0) stride_ += page_size();
}

stack_pool::~stack_pool() {
    for (region* r : regions_) {
        forget_stacks(r->map);
        munmap(r->low, r->size);
        delete r;
    }
    unguard(mapped_guards_);
}

bool stack_pool::reserve() noexcept {
    std::size_t count = std::clamp(slots_, first_region, largest_region);
    void* low = MAP_FAILED;
    for (; count > 0 && low == MAP_FAILED; count /= 2) {
        low = mmap(nullptr, count * stride_, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (low != MAP_FAILED) break;
    }
    if (low == MAP_FAILED) return false;
    const std::size_t size = count * stride_;
    char* start = static_cast<char*>(low);
    try {
        trimmed_.reserve(slots_ + count);
        regions_.reserve(regions_.size() + 1);
        stack_map* map = watch_stacks(start, start + size, stride_, stride_ - usable_);
        if (!map) throw std::bad_alloc();
        regions_.push_back(new region{start, size, map});
    } catch (const std::bad_alloc&) {
        munmap(low, size);
        return false;
    }
    // One huge page would back eight stacks of which a page each is used.
    madvise(low, size, MADV_NOHUGEPAGE);
    for (char* slot = start; slot != start + size; slot += stride_)
        announce_region(slot + (stride_ - usable_), usable_);
    slots_ += count;
    fresh_ = start;
    fresh_end_ = start + size;
    return true;
}

char* stack_pool::slot() noexcept {
    if (!trimmed_.empty()) {
        char* slot = trimmed_.back();
        trimmed_.pop_back();
        return slot;
    }
    if (fresh_ == fresh_end_ && !reserve()) return nullptr;
    const guard_kind by = guard(fresh_, stride_ - usable_);
    if (by == guard_kind::none) return nullptr;
    if (by == guard_kind::mapping) ++mapped_guards_;
    char* slot = fresh_;
    fresh_ += stride_;
    return slot;
}

worker* stack_pool::make() noexcept {
    char* low = slot();
    if (!low) return nullptr;
    auto* w = new (worker_of_slot(low, stride_)) worker;
    w->pool = this;
    w->bounds.low = low + (stride_ - usable_);
    w->bounds.size = usable_;
    w->bounds.pooled = true;
    announce_stack(w->bounds);
    char* top = reinterpret_cast<char*>(w) - 64 * (colour_++ % colours);
    w->context = make_context(top, static_cast<std::size_t>(top - static_cast<const char*>(w->bounds.low)));
    return w;
}

worker* stack_pool::drop() noexcept {
    worker* first = idle_;
    worker* second = first->next;
    first->next = second->next;
    --idle_count_;
    return second;
}

void stack_pool::trim(worker* w) noexcept {
    withdraw_stack(w->bounds);
    char* usable = static_cast<char*>(const_cast<void*>(w->bounds.low));
    trimmed_.push_back(usable - (stride_ - usable_));
    madvise(usable, usable_, MADV_DONTNEED);
}

}  // namespace weft::detail
