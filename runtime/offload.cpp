// SPDX-License-Identifier: BSL-1.0
// The helper threads: made when there is a call and none is idle, ended when they have been idle for long, or when the
// program ends. For one that is in a call then nobody waits.
#include <weft/offload.hpp>

#include <weft/scheduler_core.hpp>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

namespace weft::detail {

namespace {

class helper_threads {
 public:
    /// Throws std::system_error if there is no thread for it and none can be made.
    void submit(std::shared_ptr<errand> call);

    /// Ends those that are in no call, as far as they come out of the last one soon. In a fork's child there are none.
    void end() noexcept;

 private:
    static constexpr unsigned most = 16;
    static constexpr std::chrono::seconds patience{5};
    static constexpr std::chrono::milliseconds soon{100};

    void add_thread();
    void work(std::list<std::thread>::iterator me);

    const pid_t process_ = getpid();
    std::mutex lock_;
    std::condition_variable come_, changed_;
    std::deque<std::shared_ptr<errand>> calls_;
    std::list<std::thread> threads_;
    std::size_t idle_ = 0;
    std::size_t in_calls_ = 0;
    bool program_ends_ = false;
    bool joins_ = false;
    std::list<std::thread> ended_;  // meanwhile
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
    if (threads_.size() == most) return;
    try {
        add_thread();
    } catch (...) {
        if (!threads_.empty()) return;  // another one will make the call
        calls_.pop_back();
        throw;
    }
}

void helper_threads::add_thread() {
    const without_signals there;
    const auto me = threads_.emplace(threads_.end());
    try {
        *me = std::thread([this, me] { work(me); });
    } catch (...) {
        threads_.erase(me);
        throw;
    }
}

void helper_threads::work(std::list<std::thread>::iterator me) {
    std::unique_lock hold(lock_);
    for (;;) {
        ++idle_;
        come_.wait_for(hold, patience, [this] { return !calls_.empty() || program_ends_; });
        --idle_;
        if (calls_.empty()) break;
        std::shared_ptr<errand> call = std::move(calls_.front());
        calls_.pop_front();
        ++in_calls_;
        changed_.notify_one();
        hold.unlock();
        call->run();
        hold.lock();
        --in_calls_;
        hold.unlock();
        call->over.at()->knock(call->over);
        call.reset();
        hold.lock();
    }
    if (joins_) {
        ended_.splice(ended_.end(), threads_, me);
        changed_.notify_one();
    } else {
        me->detach();
        threads_.erase(me);
    }
}

void helper_threads::end() noexcept {
    if (getpid() != process_) return;
    std::list<std::thread> ended;
    {
        std::unique_lock hold(lock_);
        program_ends_ = joins_ = true;
        come_.notify_all();
        changed_.wait_for(hold, soon, [this] { return threads_.size() == in_calls_; });
        joins_ = false;
        ended.swap(ended_);
    }
    for (std::thread& each : ended) each.join();
}

// Never destroyed: threads may be at work when the program ends.
helper_threads& helpers() {
    static auto* const all = new helper_threads;
    static const struct at_exit {
        ~at_exit() { all->end(); }
    } then;
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
