// SPDX-License-Identifier: BSL-1.0
// The slow sides of a stream with a capacity: items that enter the buffer, and leave it unused.
//
// Moving an item may throw, and may even let other fibers run. So a place is taken out of the free ones
// before it is filled, and it stands in the queue, or goes to a receiver, only when it is full. Meanwhile the
// stream and its ends stay, even if nobody has them any more (`in_motion`).
#include <weft/queues.hpp>

namespace weft::detail {

// A place with the item in it. Throws what the move throws; and std::bad_alloc, if there is no free place
// since a select within its receiver's own loop has it.
void* stream_core::stored(void* item) {
    void* free = buffer.take();
    if (!free) [[unlikely]] {
        buffer.add(1);
        free = buffer.take();
    }
    struct undo {
        item_buffer& buffer;
        void* place;
        ~undo() {
            if (!place) return;
            buffer.hand_out();
            buffer.give(place);
        }
    } unless_moved{buffer, free};
    operations_.move(free, item);
    unless_moved.place = nullptr;
    return free;
}

// A filled place waits, or goes to a receiver that came meanwhile.
void stream_core::publish(void* filled) noexcept {
    buffer.push(filled);
    open_receivers_ > 0 ? serve_from_buffer() : empty_buffer();
}

// Items and receivers that wait for one are never there at once.
void stream_core::serve_from_buffer() noexcept {
    while (!buffer.empty()) {
        wait_node* taker = first_taker();
        if (!taker) break;
        void* item = buffer.pop();
        record& to = unqueue_taker(*taker);
        to.takes = false;  // a receive() finds an item to move out, rather than one moved in
        to.item = item;
        to.peer = nullptr;
        to.result = outcome::done;
        owner->unpark(to);
    }
    refresh();
}

record* stream_core::store_slow(void* item, sender_end& by, place at, outcome& came_to) noexcept {
    // While an item waits nobody waits for one.
    if (!buffer.empty() && buffer.used() >= capacity_) return wait_to_send(item, by, at, came_to);
    record& me = *owner->current;
    const in_motion stay(*this);
    try {
        const send_status status = try_send(item);
        // The one who waits for an item is served, and there was room: or this waits behind the others.
        if (status == send_status::full) return wait_to_send(item, by, at, came_to);
        if (status == send_status::closed) {
            by.unheard = true;
            came_to = outcome::gone;
        }
    } catch (...) {
        me.failure = std::current_exception();
        me.end = by.open ? &by : nullptr;
        came_to = outcome::unmoved;
    }
    return nullptr;
}

void stream_core::take_from_elsewhere(void (*free)(void*) noexcept) noexcept {
    free_elsewhere_ = free;
    refresh();
}

void stream_core::lay(void* item) noexcept {
    buffer.lay(item);
    serve_from_buffer();
}

// A place has become free: the first sender that waits moves in. If its move throws, that is its own affair.
void stream_core::refill() noexcept {
    if (offers_.empty()) return refresh();
    const in_motion stay(*this);
    while (!offers_.empty() && buffer.used() < capacity_) {
        record& from = unqueue_offer(*offers_.first());
        from.state = fiber_state::fixed;
        from.result = outcome::done;
        try {
            buffer.push(stored(from.item));
        } catch (...) {
            from.failure = std::current_exception();
            from.result = outcome::unmoved;
            if (sender_of(from.end).open)
                recall(from, outcome::unmoved);
            else
                from.end = nullptr;
        }
        owner->unpark(from);
    }
    open_receivers_ > 0 ? serve_from_buffer() : empty_buffer();
}

void stream_core::discard(void* stored) noexcept {
    operations_.destroy(stored);
    give(stored);
    if (!offers_.empty()) refill();
}

// Nobody will receive what is left.
void stream_core::empty_buffer() noexcept {
    while (!buffer.empty()) discard(buffer.pop());
}

}  // namespace weft::detail
