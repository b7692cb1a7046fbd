// SPDX-License-Identifier: BSL-1.0
// What a host that owns the loop asks of its thread's scheduler.
#include <weft/reactor.hpp>
#include <weft/scheduler.hpp>

namespace weft {

bool scheduler::run_ready(place at) {
    using namespace detail;
    check_thread(this);
    record& me = *current;
    if (me.refusal() == outcome::done) {
        me.wait_at(at);
        reactor* const host = outside_if_any() && outside().hosted() ? &outside() : nullptr;
        if (host) host->begin_round();
        fire_due_timers();
        if (record* n = give_way(); n && n != &me) jump(*this, me, *n);
        if (host) host->end_round();
    }
    if (const outcome why = me.refusal(); why != outcome::done) raise(why, false);
    return ready != nullptr || first_timer() <= now();
}

std::optional<clock::time_point> scheduler::next_deadline() const {
    detail::check_thread(this);
    if (ready) return now();
    const clock::time_point first = first_timer();
    if (first == clock::time_point::max()) return std::nullopt;
    return first;
}

int scheduler::fd() {
    detail::check_thread(this);
    return outside().serve_host();
}

}  // namespace weft
