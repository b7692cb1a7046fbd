// SPDX-License-Identifier: BSL-1.0
// Making and ending a thread's scheduler, and the memory of its records.
#include <weft/reactor.hpp>
#include <weft/scheduler.hpp>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

namespace weft::detail {

WEFT_THREAD_POINTER scheduler_core* this_core = nullptr;

namespace {

// The scheduler is let go when the thread's thread_local objects are gone: their destructors may still use it.
pthread_key_t at_thread_end() {
    static const pthread_key_t key = [] {
        pthread_key_t made;
        const int error =
            pthread_key_create(&made, [](void* s) { static_cast<scheduler_core*>(s)->thread_ends(); });
        if (error) throw std::system_error(error, std::generic_category(), "weft: the end of a thread");
        return made;
    }();
    return key;
}

bool on_main_thread() noexcept { return syscall(SYS_gettid) == getpid(); }

}  // namespace

scheduler_core& make_core() {
    std::unique_ptr<scheduler> made(new scheduler);
    // The main thread's scheduler lives on, so that static channels and scopes work to the end.
    if (!on_main_thread() && pthread_setspecific(at_thread_end(), made.get()) != 0) throw std::bad_alloc();
    this_core = made.release();
    return *this_core;
}

scheduler_core::scheduler_core()
    : current(&plain),
      announced(sanitizer_listens()),
      exceptions(thread_exception_state()),
      errno_here(&errno),
      jump_to(jump_function()),
      plain(nullptr, this, {}),
      usual_words(read_control_words()) {
    plain.id = 0;
    plain.scope = nullptr;
    plain.on = &plain_worker_;
    plain_worker_.runs = &plain;
}

// What outlives the thread, handles or things that were leaked, lets this go.
void scheduler_core::thread_ends() noexcept {
    thread_ended_ = true;
    hold();
    for (listed* l = listed_; l; l = l->later) l->thread_ends();
    tell_watches(plain, nullptr);
    never_report_overflows_again();
    if (!scopes) end_workers();
    let_go();
}

// Nothing of weft runs here meanwhile: what the thread has of its own is as it was. Stacks are kept.
void scheduler_core::last_scope_gone() noexcept {
    if (default_pool_) {
        default_pool_ = nullptr;  // so that the next spawn comes by pool_for()
        stop_reporting_overflows();
    }
    if (outside_ && outside_->idle()) outside_.reset();
}

void scheduler_core::end_workers() noexcept {
    const auto end = [this](worker& w) {
        if (announced && w.started)
            end_worker(w);
        else
            withdraw_stack(w.bounds);
    };
    for (auto& pool : pools_)
        while (pool->idle()) end(*pool->take());
    if (reserve_) end(*reserve_);
    pools_.clear();
    default_pool_ = nullptr;
    reserve_ = nullptr;
}

scheduler_core::~scheduler_core() {
    if (this_core == this) this_core = nullptr;
    end_workers();
    while (slabs_) {
        void* slab = slabs_;
        slabs_ = *static_cast<void**>(slab);
        ::operator delete(slab, std::align_val_t{4096});
    }
}

stack_pool& scheduler_core::pool_for(std::size_t stack) {
    if (!default_pool_) {
        stack_pool& pool = make_pool(default_stack);
        if (!reserve_ && !(reserve_ = pool.take())) throw std::bad_alloc();
        report_overflows();
        default_pool_ = &pool;
    }
    if (stack == 0) return *default_pool_;
    if (stack < minimum_stack())
        throw std::invalid_argument("weft: a fiber's stack needs at least " +
                                    std::to_string(minimum_stack()) + " bytes, not " + std::to_string(stack));
    if (stack > (std::size_t{1} << 40)) throw std::bad_alloc();
    // Few sizes, so that stacks are reused: powers of two, and those times one and a half.
    std::size_t size = 16 * 1024;
    while (size < stack) size += size % 3 == 0 ? size / 3 : size / 2;
    return make_pool(size);
}

stack_pool& scheduler_core::make_pool(std::size_t size) {
    // Instrumented frames are larger.
    if (announced) size *= 4;
    for (auto& pool : pools_)
        if (pool->usable() == size) return *pool;
    pools_.push_back(std::make_unique<stack_pool>(size));
    return *pools_.back();
}

// Slabs are aligned to pages, and blocks carved from the low end on: stack tops lie in the upper half of
// their pages, and two hot addresses whose low twelve bits are alike get into each other's way.
void* scheduler_core::carve(std::size_t units) {
    constexpr std::size_t slab = 64 * 1024;
    const std::size_t size = units * block_unit;
    if (units >= std::size(blocks_) || announced) return ::operator new(size, std::align_val_t{block_unit});
    if (static_cast<std::size_t>(slab_end_ - slab_) < size) {
        char* fresh = static_cast<char*>(::operator new(slab, std::align_val_t{4096}));
        *reinterpret_cast<void**>(fresh) = slabs_;
        slabs_ = fresh;
        slab_ = fresh + block_unit;
        slab_end_ = fresh + slab;
    }
    void* block = slab_;
    slab_ += size;
    return block;
}

void scheduler_core::enlist(listed& l) noexcept {
    l.earlier = nullptr;
    l.later = listed_;
    if (listed_) listed_->earlier = &l;
    listed_ = &l;
}

void scheduler_core::delist(listed& l) noexcept {
    (l.earlier ? l.earlier->later : listed_) = l.later;
    if (l.later) l.later->earlier = l.earlier;
}

// In a row: a fiber that has waited in between begins anew. Where it waits is noted by every wait, so no wait
// need count; one that was cancelled waits nowhere but in destructors.
void scheduler_core::count_refusal() noexcept {
    constexpr unsigned patience = 1000;
    record& me = *current;
    if (me.refusals > 0 && me.where && !me.cancelled) me.refusals = 0;
    me.where = nullptr;
    if (++me.refusals <= patience) return;
    try {
        die(("weft: " + name_of(me) +
             " has swallowed 1000 refusals in a row and waits again; let `cancelled` and `receiver_gone`"
             " leave the function, or stop when offer returns false")
                .c_str());
    } catch (...) {
        die("weft: a fiber has swallowed 1000 refusals in a row and waits again");
    }
}

void scheduler_core::raise(outcome why, bool needs_value) {
    const bool quiet = exceptions->uncaught != 0 && !needs_value;
    switch (why) {
        case outcome::done:
        case outcome::ended:
        case outcome::failed:
        case outcome::on_its_way:
        case outcome::again:
            return;
        case outcome::unmoved:
            std::rethrow_exception(std::exchange(current->failure, nullptr));
        case outcome::cancelled:
            if (quiet) return;
            count_refusal();
            throw_cancelled();
        case outcome::gone:
            if (quiet) return;
            count_refusal();
            throw_receiver_gone();
        case outcome::timed_out:
            if (quiet) return;
            throw timed_out("weft: the deadline has passed");
        case outcome::stuck:
            throw_deadlock(*this);
        case outcome::misused:
            throw_misuse("weft: the end of the stream was destroyed or moved while this fiber waited in it;"
                         " keep an end where it is for as long as somebody waits in it");
        case outcome::empty:
            throw_misuse("weft: this end of a stream is empty: it was moved from, closed, or default-"
                         "constructed; use the object it was moved to");
        case outcome::foreign:
            throw_misuse("weft: this object belongs to another thread; its channels, scopes and fibers"
                         " can only be used there");
    }
}

}  // namespace weft::detail
