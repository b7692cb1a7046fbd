// SPDX-License-Identifier: BSL-1.0
// Items that are moved rather than lent: receive(), try_receive() and try_send().
#include <weft/queues.hpp>

namespace weft::detail {

found_item stream_core::take_ready(receiver_end& by) {
    check_thread(owner);
    scheduler_core& s = *owner;
    if (!by.looping && by.kept) {
        record* lender = by.kept;
        by.kept = nullptr;
        give_back(*lender);
        s.unpark(*lender);
    }
    if (!by.open) return {};
    if (!started) start_producer();
    if (!buffer.empty()) {
        void* stored = buffer.pop();
        refill();
        return {nullptr, stored};
    }
    if (wait_node* offer = offers_.first()) {
        record& from = unqueue_offer(*offer);
        from.state = fiber_state::lent;
        from.peer = s.current;
        ++moving_;
        refresh();
        return {&from, nullptr};
    }
    if (state_ == stream_state::failing) s.tell_watches(*s.current, nullptr);
    if (state_ == stream_state::failed) nothing_came(outcome::failed);
    return {};
}

record* stream_core::take_slow(receiver_end& by, void* slot, place at, found_item& found, outcome& came_to) {
    check_thread(owner);
    scheduler_core& s = *owner;
    record& me = *s.current;
    came_to = me.refusal();
    if (came_to != outcome::done) return nullptr;
    came_to = outcome::ended;
    found = take_ready(by);
    if (found.lender || found.stored || !by.open || state_ != stream_state::open) return nullptr;
    prepare_wait();
    settle();
    me.takes = true;
    me.item = slot;
    wait_here(me, &by, at);
    queue_taker(me, false);
    refresh();
    record* n = s.next();
    if (n != &me) return n;
    came_to = me.result;  // from outside, and so also with an item
    if (came_to == outcome::done) found.stored = me.item;
    return nullptr;
}

void stream_core::release(const found_item& moved) noexcept {
    if (moved.stored) return discard(moved.stored);
    record& lender = *moved.lender;
    --moving_;
    lender.result = lender.spoiled ? outcome::misused : outcome::done;
    lender.spoiled = false;
    owner->unpark(lender);
}

void stream_core::put_back(const found_item& not_moved) noexcept {
    if (not_moved.stored && free_elsewhere_) {
        if (producer) return producer->put_back(not_moved.stored);
        return discard(not_moved.stored);
    }
    if (not_moved.stored) {
        buffer.unpop(not_moved.stored);
        serve_from_buffer();
        return;
    }
    record& lender = *not_moved.lender;
    --moving_;
    if (!sender_of(lender.end).open) lender.spoiled = true;
    if (lender.spoiled || lender.refusal() != outcome::done || open_receivers_ == 0) {
        const bool spoiled = lender.spoiled;
        give_back(lender);
        if (!spoiled && lender.refusal() != outcome::done && lender.result == outcome::done)
            recall(lender, lender.refusal());
        owner->unpark(lender);
        return;
    }
    if (lender.queue.of) {
        lender.result = outcome::again;
        owner->unpark(lender);
        return;
    }
    settle();
    lender.state = fiber_state::waiting;
    queue_offer(lender, true);
    refresh();
}

// A receiver that waits is taken out, to be served; the move may park.
record& stream_core::claim(wait_node& taker) noexcept {
    record& to = unqueue_taker(taker);
    to.state = fiber_state::fixed;
    refresh();
    return to;
}

// Moves the item to it, or throws.
void stream_core::serve(record& claimed, void* item) {
    if (claimed.takes) {
        operations_.fill(claimed.item, item);
    } else {
        if (operations_.move) {
            item = stored(item);
            buffer.hand_out();
        }
        claimed.item = item;
        claimed.peer = nullptr;
    }
    claimed.result = outcome::done;
    owner->unpark(claimed);
}

// It could not be served, and waits again, first in line.
void stream_core::unclaim(record& claimed) noexcept {
    if (claimed.queue.of) return claimed.queue.of->look_anew();
    // What has happened meanwhile did not find it waiting.
    outcome came_to = claimed.refusal();
    if (!receiver_of(claimed.end).open)
        came_to = outcome::ended;
    else if (came_to == outcome::done && state_ == stream_state::ended)
        came_to = outcome::ended;
    else if (came_to == outcome::done && state_ == stream_state::failed)
        came_to = outcome::failed;
    if (came_to != outcome::done) {
        claimed.item = nullptr;
        claimed.result = came_to;
        owner->unpark(claimed);
        return;
    }
    settle();
    claimed.state = fiber_state::waiting;
    queue_taker(claimed, true);
    refresh();
}

send_status stream_core::try_send(void* item) {
    check_thread(owner);
    if (state_ != stream_state::open || open_receivers_ == 0) return send_status::closed;
    if (wait_node* taker = first_taker()) {
        struct undo {
            stream_core& stream;
            record* to;
            ~undo() {
                if (to) stream.unclaim(*to);
            }
        } unless_served{*this, &claim(*taker)};
        serve(*unless_served.to, item);
        unless_served.to = nullptr;
        return send_status::sent;
    }
    refresh();
    if (buffer.used() >= capacity_ || !offers_.empty()) return send_status::full;
    const in_motion stay(*this);
    publish(stored(item));
    return send_status::sent;
}

}  // namespace weft::detail
