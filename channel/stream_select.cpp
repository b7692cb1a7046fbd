// SPDX-License-Identifier: BSL-1.0
// What a stream does for a select: looks at a clause, takes it into a queue, and lends it an item for as long as
// the handler runs.
#include <weft/queues.hpp>

namespace weft::detail {

readiness stream_core::look_slow(receiver_end& e, bool hears_end) {
    if (!e.looping && e.kept) {  // a loop that was left paused it
        record* lender = std::exchange(e.kept, nullptr);
        give_back(*lender);
        owner->unpark(*lender);
    }
    if (e.open && !started) {
        if (producer->offers()) return readiness::ready;
        start_producer();
    }
    if (e.open && (!buffer.empty() || !offers_.empty())) return readiness::ready;
    if (e.open && state_ == stream_state::failing) owner->tell_watches(*owner->current, nullptr);
    if (e.open && state_ == stream_state::open) return readiness::waits;
    if (e.open && state_ == stream_state::failed) return readiness::ready;  // to throw
    return hears_end && !e.told ? readiness::ready : readiness::left_out;
}

void stream_core::enter_queue(clause_core& c) noexcept {
    settle();
    if (c.kind == clause_kind::receive) {
        ++receiver_of(c.end).waiting;
        takers_.push_back(c);
    } else {
        ++sender_of(c.end).waiting;
        offers_.push_back(c);
        flowing = false;
    }
    quiet = false;
    room = 0;
    if (!started) [[unlikely]]
        tell_producer();
}

void stream_core::leave_queue(clause_core& c) noexcept {
    c.of = nullptr;
    --(c.kind == clause_kind::send ? sender_of(c.end).waiting : receiver_of(c.end).waiting);
    c.unlink();
    refresh();
}

void stream_core::leave_select(sender_end& e) noexcept {
    if (--e.selects == 0 && !e.open) drop(e);
}

// No receiver's end names the lender, so it stands among the loans: a sender that goes finds it there.
found_item stream_core::open_guest() noexcept {
    if (buffer.empty()) {
        record& lender = unqueue_offer(*offers_.first());
        lender.state = fiber_state::lent;
        lender.peer = owner->current;
        note_loan(lender);
        refresh();
        return {&lender, nullptr};
    }
    void* stored = buffer.pop();
    refill();
    return {nullptr, stored};
}

void stream_core::close_guest(found_item item) noexcept {
    if (item.lender) {
        forget_loan(*item.lender);
        give_back(*item.lender);
        owner->unpark(*item.lender);
    } else if (operations_.move) {
        discard(item.stored);
    }
    end_producer();
}

}  // namespace weft::detail
