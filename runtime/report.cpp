// SPDX-License-Identifier: BSL-1.0
// Turning the state of a thread into text.
#include <weft/scheduler.hpp>
#include <weft/scope.hpp>

#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace weft {

namespace detail {

namespace {

std::string readable(const char* mangled) {
    int status = 0;
    char* name = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    std::string text = name ? name : mangled;
    std::free(name);
    return text;
}

std::string at(const char* what, place where) {
    if (!where.file) return {};
    return std::string(what) + where.file + ":" + std::to_string(where.line);
}

std::string short_name(const record& r, const scheduler_core& s) {
    if (&r == &s.plain) return "plain code";
    if (r.name) return r.name;
    return readable(r.function->type->name());
}

// The newest is first in the list.
const scope_core* oldest_scope(const scheduler_core& s) {
    const scope_core* last = s.scopes;
    while (last && last->next_scope()) last = last->next_scope();
    return last;
}

template <class F>
void each_fiber(const scheduler_core& s, F&& f) {
    f(s.plain);
    for (const scope_core* scope = oldest_scope(s); scope; scope = scope->earlier_scope())
        for (const record* r = scope->eldest(); r; r = r->younger) f(*r);
}

// Null: a loop has the item that has outlived the fiber that ran it.
const record* borrower_of(const record& lender) {
    const record* found = nullptr;
    each_fiber(*lender.owner, [&](const record& r) {
        if (&r == lender.peer) found = &r;
    });
    return found;
}

std::string waits(const record& r) {
    std::string text = r.where->describe(r);
    if (r.state != fiber_state::lent) return text;
    const record* borrower = borrower_of(r);
    return text + ", its item is lent to " + (borrower ? name_of(*borrower) : "a loop whose fiber has ended");
}

std::string line_of(const record& r) {
    const std::string name = "  " + name_of(r);
    if (r.state == fiber_state::running) return name + " is ready\n";
    return name + " waits" + at(" at ", r.waits_at()) + " " + waits(r) + "\n";
}

}  // namespace

std::string made_at(place where) { return where.file ? at(" (made at ", where) + ")" : ""; }

std::string title_of(const char* kind, const char* name, place made) {
    const std::string what = kind;
    const char* const article = std::strchr("aeiou", *kind) ? "an " : "a ";
    return (name && *name ? what + " '" + name + "'" : article + what) + made_at(made);
}

std::string name_of(const record& r) {
    if (!r.function) return "plain code";
    std::string text = "fiber '";
    text += r.name ? r.name : readable(r.function->type->name());
    text += "'";
    if (r.spawned.file) text += " (spawned" + at(" at ", r.spawned) + ")";
    return text;
}

std::string describe_failure(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        return readable(typeid(e).name()) + ": " + e.what();
    } catch (...) {
        const std::type_info* type = abi::__cxa_current_exception_type();
        return type ? readable(type->name()) : "an exception";
    }
}

std::string describe_deadlock(const scheduler_core& s) {
    std::string text = "weft: deadlock: every fiber is parked and nothing outside can wake one\n";
    each_fiber(s, [&](const record& r) { text += line_of(r); });
    std::string ends;
    for (const listed* l = s.first_listed(); l; l = l->later) l->list_ends(ends);
    if (!ends.empty()) text += "open ends:\n" + ends;
    std::string failures;
    for (const scope_core* scope = oldest_scope(s); scope; scope = scope->earlier_scope())
        for (const record* r = scope->failed(); r; r = r->younger)
            if (!r->failure_taken)
                failures += "  " + name_of(*r) + ": " + describe_failure(r->failure) + "\n";
    if (!failures.empty()) text += "failures nobody has taken:\n" + failures;
    text.pop_back();
    return text;
}

// Everybody is parked for ever. Plain code is told, or, if its own item is lent, the last borrower of
// the chain: a lender never leaves before its borrower.
void scheduler_core::stuck() noexcept {
    try {
        deadlock_text = describe_deadlock(*this);
    } catch (...) {
        deadlock_text.clear();
    }
    record* told = &plain;
    while (told && told->state == fiber_state::lent) told = const_cast<record*>(borrower_of(*told));
    if (told && wake_with(*told, outcome::stuck)) return;
    std::fflush(stdout);
    std::fprintf(stderr, "weft: %s\n%s\n",
                 told ? "a destructor waits for what can never happen"
                      : "an item is lent to a loop whose fiber has ended, and nobody else could give it back",
                 deadlock_text.c_str());
    std::abort();
}

void throw_deadlock(scheduler_core& s) {
    const std::string text =
        s.deadlock_text.empty()
            ? std::string("weft: deadlock: every fiber is parked and nothing outside can wake one")
            : s.deadlock_text;
    // The oldest scope's first failure.
    const record* first = nullptr;
    for (const scope_core* scope = s.scopes; scope; scope = scope->next_scope())
        for (const record* r = scope->failed(); r; r = r->younger)
            if (!r->failure_taken) {
                first = r;
                break;
            }
    if (!first) throw deadlock(text);
    try {
        std::rethrow_exception(first->failure);
    } catch (...) {
        std::throw_with_nested(deadlock(text));
    }
}

}  // namespace detail

std::vector<fiber_info> scheduler::fibers() const {
    detail::check_thread(this);
    std::vector<fiber_info> all;
    const detail::scheduler_core& s = *this;
    detail::each_fiber(s, [&](const detail::record& r) {
        fiber_info info;
        info.name = detail::short_name(r, s);
        info.spawned_at = r.spawned;
        info.state = &r == s.current                           ? fiber_info::status::running
                     : r.state == detail::fiber_state::running ? fiber_info::status::ready
                                                               : fiber_info::status::parked;
        if (info.state == fiber_info::status::parked) {
            info.waiting_at = r.waits_at();
            info.waits = detail::waits(r);
        }
        all.push_back(std::move(info));
    });
    return all;
}

}  // namespace weft
