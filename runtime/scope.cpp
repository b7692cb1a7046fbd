// SPDX-License-Identifier: BSL-1.0
#include <weft/scope.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace weft::detail {

scope_core::scope_core(place made)
    : owner_(&core_here()),
      made_in_(owner_->current->id),
      in_flight_(owner_->exceptions->uncaught),
      made_(made) {
    owner_->hold();
    later_ = owner_->scopes;
    if (later_) later_->earlier_ = this;
    owner_->scopes = this;
    open_in(*owner_->current);
}

void scope_core::open_in(record& r) noexcept {
    if (opener_) --opener_->scopes;
    opener_ = &r;
    ++r.scopes;
    depth_ = r.scope ? r.scope->depth_ + 1 : 0;
    ++owner_->closings;
}

bool scope_core::contains(const record& r) const noexcept {
    const scope_core* at = r.scope;
    while (at && at->depth_ > depth_) at = at->around();
    return at == this;
}

// A stack of another size, a name, or the first fiber of the thread.
void scope_core::admit_specially(record& r, const char* name, std::size_t stack) {
    r.pool = &owner_->pool_for(stack);
    if (!name || !*name) return;
    r.name = strdup(name);
    if (!r.name) throw std::bad_alloc();
}

void scope_core::cancel() noexcept {
    if (owner_ != this_core) die("weft: a scope is cancelled in another thread than its own");
    if (!eldest_) return;
    cancelled_ = true;
    for (record* r = youngest_; r; r = r->elder) owner_->cancel(*r);
}

record* scope_core::first_failure() const noexcept {
    for (record* r = failed_; r; r = r->younger)
        if (!r->failure_taken) return r;
    return nullptr;
}

// A fiber of this scope has ended.
WEFT_HOT void scope_core::ended(record& r) noexcept {
    (r.elder ? r.elder->younger : eldest_) = r.younger;
    (r.younger ? r.younger->elder : youngest_) = r.elder;
    r.scope = nullptr;
    if (r.failure && !r.failure_taken) [[unlikely]]
        keep_failure(r);
    if (eldest_) return;
    cancelled_ = false;
    if (closer_) {
        owner_->unpark(*closer_);
        closer_ = nullptr;
    }
    if (!joiners_.empty()) wake_joiners();
}

void scope_core::keep_failure(record& r) noexcept {
    r.hold();
    r.scope = this;
    r.younger = nullptr;
    *failed_end_ = &r;
    failed_end_ = &r.younger;
    if (!r.heirs) disowned(r);
}

void scope_core::wake_joiners() noexcept {
    if (record* failed = first_failure()) {
        failed->failure_taken = true;
        for (wait_node* j = joiners_.first(); j; j = joiners_.after(*j))
            *static_cast<std::exception_ptr*>(j->who->item) = failed->failure;
    }
    while (wait_node* j = joiners_.first()) {
        j->unlink();
        j->who->result = outcome::done;
        owner_->unpark(*j->who);
    }
}

void scope_core::disowned(record& r) noexcept {
    if (!r.failure_taken && !joiners_.empty()) cancel();
}

void scope_core::leave(record& r) noexcept { r.queue.unlink(); }

std::string scope_core::describe(const record& r) const {
    return (&r == destroyer_ ? "in the destructor of a scope" : "to join a scope") + made_at(made_);
}

void scope_core::join(place at) {
    check_thread(owner_);
    scheduler_core& s = *owner_;
    record& me = *s.current;
    if (contains(me))
        throw_misuse(
            "weft: a fiber can not join its own scope; join it from outside, where the scope was made");
    if (eldest_) {
        if (const outcome why = me.refusal(); why != outcome::done) s.raise(why, true);
        joiners_.push_back(me);
        for (record* r = failed_; r; r = r->younger)
            if (!r->heirs) disowned(*r);
        std::exception_ptr failure;  // told here, since the scope may be gone when this goes on
        me.item = &failure;
        me.where = this;
        me.wait_at(at);
        me.state = fiber_state::waiting;
        if (record* n = s.next(); n != &me) jump(s, me, *n);
        if (me.result != outcome::done) s.raise(me.result, true);
        if (failure) std::rethrow_exception(failure);
        return;
    }
    if (record* failed = first_failure()) {
        failed->failure_taken = true;
        std::rethrow_exception(failed->failure);
    }
}

void scope_core::forget_opener(const record& r) noexcept {
    for (scope_core* s = r.owner->scopes; s; s = s->later_)
        if (s->opener_ == &r) s->opener_ = nullptr, ++r.owner->closings;
}

void cancel_scopes_of(const record& r) noexcept {
    for (scope_core* s = r.owner->scopes; s; s = s->later_)
        if (s->opener_ == &r) s->cancel();
}

void scope_core::report_failures() noexcept {
    while (record* r = failed_) {
        failed_ = r->younger;
        if (!r->failure_taken) {
            try {
                const std::string text = "weft: " + name_of(*r) + " failed and nobody took its failure: " +
                                         describe_failure(r->failure) + "\n";
                std::fputs(text.c_str(), stderr);
            } catch (...) {
                std::fputs("weft: a fiber failed and nobody took its failure\n", stderr);
            }
        }
        r->scope = nullptr;
        r->release();
    }
}

scope_core::~scope_core() {
    if (this_core != owner_) {
        if (!eldest_) die("weft: a scope is destroyed in another thread than its own");
        die("weft: a scope is destroyed in another thread than its own, and has fibers");
    }
    if (eldest_) close();
    report_failures();
    if (opener_) --opener_->scopes;
    (earlier_ ? earlier_->later_ : owner_->scopes) = later_;
    if (later_) later_->earlier_ = earlier_;
    if (!owner_->scopes) [[unlikely]]
        owner_->last_scope_gone();
    owner_->let_go();
}

// Scopes that it opened, and loops that it began, are still there.
WEFT_COLD static void leave_behind(const record& r) noexcept {
    scheduler_core& s = *r.owner;
    if (r.loops)
        for (listed* l = s.first_listed(); l; l = l->later) l->forget(r);
    if (r.scopes) scope_core::forget_opener(r);
}

// Whoever waits for the fiber learns of its end: the streams it cut short, its joiner, its scope.
void finish(record& r) noexcept {
    scheduler_core& s = *r.owner;
    r.state = fiber_state::done;
    if (s.odd) [[unlikely]] {
        if (r.watches) s.tell_watches(r, r.failure);
        if (r.cancelled) s.calm();
        if (r.hosts) s.calm();
        s.rings = false;
    }
    if (r.scopes | r.loops) [[unlikely]]
        leave_behind(r);
    if (record* joiner = r.joiner) {
        r.failure_taken = true;
        joiner->result = outcome::done;
        s.unpark_quietly(*joiner);
    }
    r.scope->ended(r);
    r.release();
}

void disown(record& r) noexcept {
    if (r.scope) r.scope->disowned(r);
}

}  // namespace weft::detail
