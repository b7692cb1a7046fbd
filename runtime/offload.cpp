// SPDX-License-Identifier: BSL-1.0
// The helper threads: made when there is a call and none is idle, ended when they have been idle for long.
#include <weft/offload.hpp>

#include <weft/scheduler_core.hpp>

#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace weft::detail {

namespace {

class helper_threads {
 public:
    /// Throws std::system_error if there is no thread for it and none can be made.
    void submit(std::shared_ptr<errand> call);

 private:
    static constexpr unsigned most = 16;
    static constexpr std::chrono::seconds patience{5};

    void add_thread();
    void work();

    std::mutex lock_;
    std::condition_variable come_;
    std::deque<std::shared_ptr<errand>> calls_;
    unsigned threads_ = 0;
    unsigned idle_ = 0;
};

/// While it lives, new threads are made with all signals blocked: those are for the program's own threads.
class without_signals {
 public:
    without_signals() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~without_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    without_signals(const without_signals&) = delete;
    without_signals& operator=(const without_signals&) = delete;

 private:
    sigset_t before_;
};

void helper_threads::submit(std::shared_ptr<errand> call) {
    const std::lock_guard hold(lock_);
    calls_.push_back(std::move(call));
    if (calls_.size() <= idle_) return come_.notify_one();
    if (threads_ == most) return;
    try {
        add_thread();
    } catch (const std::system_error&) {
        if (threads_ > 0) return;  // another one will make the call
        calls_.pop_back();
        throw;
    }
}

void helper_threads::add_thread() {
    const without_signals there;
    std::thread([this] { work(); }).detach();
    ++threads_;
}

void helper_threads::work() {
    std::unique_lock hold(lock_);
    for (;;) {
        ++idle_;
        const bool came = come_.wait_for(hold, patience, [this] { return !calls_.empty(); });
        --idle_;
        if (!came) break;
        std::shared_ptr<errand> call = std::move(calls_.front());
        calls_.pop_front();
        hold.unlock();
        call->run();
        call->over.at()->knock(call->over);
        call.reset();
        hold.lock();
    }
    --threads_;
}

// Never destroyed: threads may be at work when the program ends.
helper_threads& helpers() {
    static auto* const all = new helper_threads;
    return *all;
}

}  // namespace

void send_on_errand(const std::shared_ptr<errand>& call, place at) {
    scheduler_core& s = core_here();
    if (const outcome why = s.current->refusal(); why != outcome::done) s.raise(why, true);
    knock_wait& over = call->over;
    over.begin();
    try {
        helpers().submit(call);
    } catch (...) {
        over.give_up();
        throw;
    }
    if (const outcome why = over.park(at); why != outcome::done) s.raise(why, true);
}

}  // namespace weft::detail
