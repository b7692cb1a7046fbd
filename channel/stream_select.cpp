// SPDX-License-Identifier: BSL-1.0
// What a stream does for a select: looks at a clause, takes it into a queue, and lends it an item for as long as the
// handler runs.
#include <weft/queues.hpp>

namespace weft::detail {

readiness stream_core::look_slow(receiver_end& e, bool hears_end) {
    if (!e.looping && e.kept) {  // a loop that was left paused it
        record* lender = std::exchange(e.kept, nullptr);
        give_back(*lender);
        owner->unpark(*lender);
    }
    if (e.open && !started) start_producer();
    if (e.open && (!buffer.empty() || !offers_.empty())) return readiness::ready;
    if (e.open && state_ == stream_state::failing) owner->tell_watches(*owner->current, nullptr);
    if (e.open && state_ == stream_state::open) return readiness::waits;
    if (e.open && state_ == stream_state::failed) return readiness::ready;  // to throw
    return hears_end && !e.told ? readiness::ready : readiness::left_out;
}

void stream_core::leave_select(sender_end& e) noexcept {
    if (--e.selects == 0 && !e.open) drop(e);
}

// It is listed among the receivers, where a sender that goes finds whom it has lent to; but it is none of
// them.
void stream_core::open_guest(receiver_end& guest, receiver_end& of, bool waited) noexcept {
    of.hold();
    guest.stream = this;
    guest.begun = of.begun;
    link(receivers_, guest);
    ++guests_;
    record& me = *owner->current;
    if (waited && me.result == outcome::on_its_way) {
        me.peer->queue.unlink();
        guest.lender = me.peer;
        guest.item = me.peer->item;
    } else if (waited) {
        guest.item = me.item;
        guest.lender = me.peer;
        if (!guest.lender && operations_.move) guest.owned = guest.item;
    } else if (!buffer.empty()) {
        guest.item = guest.owned = buffer.pop();
        refill();
    } else {
        guest.lender = &unqueue_offer(*offers_.first());
        guest.lender->state = fiber_state::lent;
        guest.lender->peer = &me;
        guest.item = guest.lender->item;
        refresh();
    }
}

void stream_core::close_guest(receiver_end& guest, receiver_end& of) noexcept {
    if (guest.owned) discard(std::exchange(guest.owned, nullptr));
    if (record* lender = guest.lender ? guest.lender : guest.kept) {
        give_back(*lender);
        owner->unpark(*lender);
    }
    unlink(receivers_, guest);
    --guests_;
    end_producer();
    drop(of);
}

}  // namespace weft::detail
