// SPDX-License-Identifier: BSL-1.0
#include <weft/post_box.hpp>

#include <stdexcept>
#include <utility>

namespace weft::detail {

// ---- Claims: who waits for a place. They lie in the frame of the waiting call, which looks at `came` under the
// lock when it goes on.

struct post_box::claim {
    claim* before = nullptr;
    claim* after = nullptr;
    bool queued = false;
    bool own = false;  // of the owner's thread
    send_status came = send_status::full;

    virtual void go() noexcept = 0;  // under the lock

 protected:
    ~claim() = default;
};

struct post_box::thread_claim final : claim {
    std::condition_variable told;
    void go() noexcept override { told.notify_one(); }
};

struct post_box::fiber_claim final : claim {
    knock_wait wait;
    explicit fiber_claim(const std::string& what) : wait(what) { wait.begin(); }
    void go() noexcept override { wait.at()->knock(wait); }
};

struct post_box::own_claim final : claim, waitable {
    post_box& box;
    record& who;
    own_claim(post_box& b, record& r) noexcept : box(b), who(r) { own = true; }
    void go() noexcept override {
        who.result = outcome::done;
        who.owner->unpark(who);
    }
    void leave(record&) noexcept override {
        const std::lock_guard hold(box.lock_);
        box.unqueue(*this);
    }
    std::string describe(const record&) const override { return "to post to " + box.title_; }
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

// Whoever can have a place now, or need not wait for one any more, is told so. What only the owner's thread may
// do is left to the fiber that receives: it is to be knocked up after this.
void post_box::serve_claims() noexcept {
    const bool at_home = this_core == owner_;
    for (claim* c = claims_; c && (has_place() || !open_);) {
        claim* const next = c->after;
        if (c->own && !at_home) {
            if (open_) return;
        } else {
            unqueue(*c);
            c->came = open_ ? send_status::sent : send_status::closed;
            if (open_) ++promised_;
            c->go();
        }
        c = next;
    }
}

send_status post_box::wait_for_place(std::unique_lock<std::mutex>& hold, place at) {
    scheduler_core* const s = this_core;
    const bool has_fibers = s && (s->current != &s->plain || s->scopes);
    if (!has_fibers && s != owner_) {
        thread_claim c;
        queue(c);
        c.told.wait(hold, [&] { return !c.queued; });
        return c.came;
    }
    record& me = *s->current;
    if (me.refusal() != outcome::done) return send_status::full;
    const auto wait = [&](claim& c, auto park) {
        queue(c);
        hold.unlock();
        park();
        hold.lock();
        if (c.queued) unqueue(c);  // it was woken for another reason
        return c.came;
    };
    if (s == owner_) {
        own_claim c(*this, me);
        return wait(c, [&] {
            me.where = &c;
            me.wait_at(at);
            me.state = fiber_state::waiting;
            if (record* n = s->next(); n != &me) jump(*s, me, *n);
        });
    }
    hold.unlock();
    fiber_claim c("to post to " + title_);
    hold.lock();
    if (!open_ || (has_place() && !claims_)) {  // meanwhile
        c.wait.give_up();
        if (open_) ++promised_;
        return open_ ? send_status::sent : send_status::closed;
    }
    return wait(c, [&] { c.wait.park(at); });
}

// ---- From any thread.

post_box::post_box(std::size_t capacity, when_full policy, const char* name, place made)
    : capacity_(capacity),
      policy_(policy),
      owner_(&core_here()),
      title_(
          (name && *name ? "inbox '" + std::string(name) + "'" : std::string("an inbox")) +
          (made.file ? " (made at " + std::string(made.file) + ":" + std::to_string(made.line) + ")" : "")),
      pump_("for a post to " + title_) {
    if (capacity == 0)
        throw std::invalid_argument("weft: an inbox needs room for at least one post; give it a capacity");
    owner_->enlist(*this);
}

void post_box::list_ends(std::string& text) const {
    const std::lock_guard hold(lock_);
    if (!open_) return;
    text += "  " + title_ + ", to which other threads may post\n";
}

post_box::~post_box() {
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

// An item that is dropped dies when the lock is let go.
void post_box::put(post_ptr item) noexcept {
    post_ptr dropped;
    const std::lock_guard hold(lock_);
    --promised_;
    if (abandoned_) {
        dropped = std::move(item);
    } else if (drops() && count_ == capacity_) {
        ++dropped_;
        dropped = policy_ == when_full::drop_oldest ? pop() : std::move(item);
    }
    if (item) push(std::move(item));
    knock_pump_up();
}

void post_box::take_back() noexcept {
    const std::lock_guard hold(lock_);
    --promised_;
    serve_claims();
    knock_pump_up();  // it may have waited for this one only
}

void post_box::open_poster() noexcept {
    const std::lock_guard hold(lock_);
    ++posters_;
}

void post_box::close_poster() noexcept {
    const std::lock_guard hold(lock_);
    if (--posters_ > 0) return;
    open_ = false;
    serve_claims();
    knock_pump_up();
}

bool post_box::closed() noexcept {
    const std::lock_guard hold(lock_);
    return !open_;
}

std::size_t post_box::dropped() noexcept {
    const std::lock_guard hold(lock_);
    return dropped_;
}

void post_box::knock_pump_up() noexcept {
    if (!std::exchange(pump_waits_, false)) return;
    if (this_core == owner_)
        pump_.come();
    else
        pump_.at()->knock(pump_);
}

// ---- From the owner's thread.

post_ptr post_box::take_now() noexcept {
    const std::lock_guard hold(lock_);
    post_ptr item = count_ > 0 ? pop() : nullptr;
    serve_claims();
    return item;
}

post_ptr post_box::take(place at) {
    handing_on_ = false;
    for (;;) {
        if (post_ptr item = take_now()) {
            handing_on_ = true;
            return item;
        }
        if (const outcome why = owner_->current->refusal(); why != outcome::done) owner_->raise(why, true);
        pump_.begin();
        {
            std::unique_lock hold(lock_);
            const bool over = !open_ && promised_ == 0;
            if (count_ > 0 || over) {
                hold.unlock();
                pump_.give_up();
                if (over) return take_now();
                continue;
            }
            pump_waits_ = true;
        }
        const outcome why = pump_.park(at);
        {
            const std::lock_guard hold(lock_);
            pump_waits_ = false;
        }
        if (why != outcome::done) owner_->raise(why, true);
    }
}

bool post_box::over() noexcept {
    const std::lock_guard hold(lock_);
    return !open_ && count_ == 0 && promised_ == 0 && !handing_on_;
}

void post_box::close() noexcept {
    const std::lock_guard hold(lock_);
    open_ = false;
    serve_claims();
    knock_pump_up();
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
