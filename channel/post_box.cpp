// SPDX-License-Identifier: BSL-1.0
#include <weft/post_box.hpp>

#include <weft/knock_wait.hpp>
#include <weft/scheduler_core.hpp>

#include <stdexcept>
#include <utility>

namespace weft::detail {

// ---- Claims: who waits for a place. They lie in the frame of the waiting call, which looks at `came` under the
// lock when it goes on.

struct post_box::claim {
    claim* before = nullptr;
    claim* after = nullptr;
    bool queued = false;
    send_status came = send_status::full;

    virtual void go() noexcept = 0;  // under the lock

 protected:
    ~claim() = default;
};

struct post_box::thread_claim final : claim {
    std::condition_variable told;
    void go() noexcept override { told.notify_one(); }
};

// What a fiber of the owner's thread waits for nobody outside can be expected to bring about.
struct post_box::fiber_claim final : claim {
    knock_wait wait;
    fiber_claim(const std::string& what, bool hopes) : wait(what) { wait.begin(hopes); }
    void go() noexcept override {
        if (this_core == wait.owner())
            wait.come();
        else
            wait.at()->knock(wait);
    }
};

void post_box::queue(claim& c) noexcept {
    c.queued = true;
    c.before = last_claim_;
    (last_claim_ ? last_claim_->after : claims_) = &c;
    last_claim_ = &c;
}

void post_box::unqueue(claim& c) noexcept {
    c.queued = false;
    (c.before ? c.before->after : claims_) = c.after;
    (c.after ? c.after->before : last_claim_) = c.before;
}

// Whoever can have a place now, or need not wait for one any more, is told so.
void post_box::serve_claims() noexcept {
    while (claims_ && (has_place() || !open_)) {
        claim& c = *claims_;
        unqueue(c);
        c.came = open_ ? send_status::sent : send_status::closed;
        if (open_) ++promised_;
        c.go();
    }
}

// Sleeps until there is a place; only where no fiber could run meanwhile.
send_status post_box::wait_as_thread(std::unique_lock<std::mutex>& hold) {
    thread_claim c;
    queue(c);
    c.told.wait(hold, [&] { return !c.queued; });
    return c.came;
}

send_status post_box::wait_for_place(std::unique_lock<std::mutex>& hold, place at) {
    scheduler_core* const s = this_core;
    if (!s) return wait_as_thread(hold);
    record& me = *s->current;
    if (me.refusal() != outcome::done) return send_status::full;
    const bool could_run_others =
        &me != &s->plain || s->scopes || s->first_timer() != clock::time_point::max();
    if (!could_run_others && s != owner_) return wait_as_thread(hold);
    hold.unlock();
    fiber_claim c("to post to " + title_, s != owner_);
    hold.lock();
    if (!open_ || (has_place() && !claims_)) {  // meanwhile
        c.wait.give_up();
        if (open_) ++promised_;
        return open_ ? send_status::sent : send_status::closed;
    }
    queue(c);
    hold.unlock();
    c.wait.park(at);
    hold.lock();
    if (c.queued) unqueue(c);  // it was woken for another reason
    return c.came;
}

// ---- From any thread.

post_box::post_box(std::size_t capacity, when_full policy, const char* name, place made)
    : capacity_(capacity), policy_(policy), owner_(&core_here()), title_(title_of("inbox", name, made)) {
    if (capacity == 0)
        throw std::invalid_argument("weft: an inbox needs room for at least one post; give it a capacity");
    owner_->enlist(*this);
}

post_box::~post_box() {
    if (!abandoned_) owner_->delist(*this);  // nobody ever received
    while (first_) pop();
}

send_status post_box::ask(bool may_wait, place at) {
    std::unique_lock hold(lock_);
    if (!open_) return send_status::closed;
    if (drops() || (has_place() && !claims_)) {
        ++promised_;
        return send_status::sent;
    }
    if (!may_wait || policy_ == when_full::fail) return send_status::full;
    return wait_for_place(hold, at);
}

void post_box::push(post_ptr item) noexcept {
    (last_ ? last_->next : first_) = item.get();
    last_ = item.release();
    ++count_;
}

post_ptr post_box::pop() noexcept {
    post_ptr item(first_);
    first_ = first_->next;
    if (!first_) last_ = nullptr;
    --count_;
    return item;
}

// Items that are dropped die when the lock is let go. It may be two, if one was put back.
void post_box::put(post_ptr item) noexcept {
    post_ptr dropped[2];
    std::unique_lock hold(lock_);
    --promised_;
    if (abandoned_) {
        dropped[0] = std::move(item);
    } else if (policy_ == when_full::drop_newest && count_ >= capacity_) {
        ++dropped_;
        dropped[0] = std::move(item);
    } else if (policy_ == when_full::drop_oldest) {
        for (post_ptr& oldest : dropped) {
            if (count_ < capacity_) break;
            ++dropped_;
            oldest = pop();
        }
    }
    if (item) push(std::move(item));
    tell(hold);
}

void post_box::take_back() noexcept {
    std::unique_lock hold(lock_);
    --promised_;
    serve_claims();
    if (is_over()) tell(hold);  // it was the last that could come
}

void post_box::open_poster() noexcept {
    const std::lock_guard hold(lock_);
    ++posters_;
}

void post_box::close_poster() noexcept {
    std::unique_lock hold(lock_);
    if (--posters_ > 0) return;
    open_ = false;
    serve_claims();
    if (is_over()) tell(hold);
}

bool post_box::closed() noexcept {
    const std::lock_guard hold(lock_);
    return !open_;
}

std::size_t post_box::dropped() noexcept {
    const std::lock_guard hold(lock_);
    return dropped_;
}

// Whoever listens, once. A listener of this thread is told outside of the lock, since it takes the post at once.
void post_box::tell(std::unique_lock<std::mutex>& hold) noexcept {
    wake* const listener = std::exchange(listener_, nullptr);
    if (!listener) return;
    if (this_core != owner_) return door_->knock(*listener);
    hold.unlock();
    if (door_->forget(*listener)) listener->arrive();
}

// ---- From the owner's thread.

post_ptr post_box::take() noexcept {
    const std::lock_guard hold(lock_);
    post_ptr item = count_ > 0 ? pop() : nullptr;
    serve_claims();
    return item;
}

bool post_box::has_post() noexcept {
    const std::lock_guard hold(lock_);
    return count_ > 0;
}

void post_box::untake(post_ptr item) noexcept {
    const std::lock_guard hold(lock_);
    item->next = first_;
    if (!first_) last_ = item.get();
    first_ = item.release();
    ++count_;
}

void post_box::listen(wake* listener, const std::shared_ptr<door>& by) noexcept {
    const std::lock_guard hold(lock_);
    listener_ = listener;
    if (!listener) return;
    door_ = by;
    if (count_ > 0 || is_over()) door_->knock(*std::exchange(listener_, nullptr));
}

bool post_box::over() noexcept {
    const std::lock_guard hold(lock_);
    return is_over();
}

void post_box::close() noexcept {
    std::unique_lock hold(lock_);
    open_ = false;
    serve_claims();
    if (is_over()) tell(hold);
}

void post_box::abandon() noexcept {
    owner_->delist(*this);
    post* left;
    {
        const std::lock_guard hold(lock_);
        open_ = false;
        abandoned_ = true;
        left = std::exchange(first_, nullptr);
        last_ = nullptr;
        count_ = 0;
        serve_claims();
    }
    while (left) {
        const post_ptr item(left);
        left = item->next;
    }
}

}  // namespace weft::detail
