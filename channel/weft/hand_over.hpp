// SPDX-License-Identifier: BSL-1.0
// The hot functions of a stream: to send an item, to come back for another, and to receive one.
//
// Not for users. Everything they do not find as they like it they leave to their `_slow` twins in the stream.
//
// - Inlined into the fiber's own code up to the jump: a function that is entered before a switch and returns
//   after it costs a mispredicted return, which is more than the switch.
// - Unbuffered they look at `borrower` or `quiet`, buffered at `room` or `flowing`, for who waits in
//   receive() at `lone_taker`, and at the budget or `odd`.
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <weft/stream.hpp>

namespace weft::detail {

// Moves an item into the buffer; false: it has no free place.
template <class T>
WEFT_HOT bool stream_core::store(T& item) noexcept {
    if constexpr (std::is_trivially_copyable_v<T>) {
        if (!buffer.has_next()) [[unlikely]]
            return false;
        ::new (buffer.next()) T(std::move(item));
        buffer.push_next();
    } else {  // a move may let others run
        void* to = buffer.take();
        if (!to) [[unlikely]]
            return false;
        ++references_;
        ::new (to) T(std::move(item));
        room ? buffer.push(to) : publish(to);
        let_go();
    }
    return true;
}

// Moves an item to the lone taker; false: it has no place for it.
template <class T>
WEFT_HOT bool stream_core::serve_taker(object_of<T>& item) noexcept {
    constexpr bool lets_others_run = !std::is_trivially_copyable_v<object_of<T>>;
    record& to = *lone_taker;
    __builtin_prefetch(to.context);  // it is likely to run soon
    void* place = nullptr;
    if constexpr (storable<T>)
        if (!to.takes && !(place = buffer.take())) [[unlikely]]
            return false;
    lone_taker = nullptr;
    quiet = true;
    room = capacity_;
    to.state = fiber_state::fixed;
    if constexpr (lets_others_run) ++references_;
    if (to.takes) {
        detail::take<T>(*static_cast<std::optional<taken_of<T>>*>(to.item), erase(item));
    } else if constexpr (storable<T>) {
        ::new (place) T(std::move(item));
        buffer.hand_out();
        to.item = place;
        to.peer = nullptr;
    }
    to.result = outcome::done;
    lets_others_run ? owner->unpark(to) : owner->unpark_quietly(to);
    if constexpr (lets_others_run) let_go();
    return true;
}

template <class T>
WEFT_HOT outcome stream_core::send(object_of<T>& item, sender_end& by, place at) noexcept {
    scheduler_core* s = this_core;
    if constexpr (item_traits<T>::moves_safely && storable<T>)
        if (room && buffer.used() < room && s == owner && !s->odd && store<T>(item)) return outcome::done;
    record* n = borrower;
    record* me;
    if (n && s == owner && (--s->budget >= 0 || s->again())) [[likely]] {
        me = s->current;
        borrower = nullptr;
        n->item = erase(item);
        n->peer = me;
        n->state = fiber_state::running;
        me->peer = n;
        me->where = this;
        me->end = &by;
        me->file = at.file;
        me->line = static_cast<unsigned>(at.line);
        me->state = fiber_state::lent;
    } else {
        if constexpr (item_traits<T>::moves_safely) {
            if (lone_taker && s == owner && !s->odd && serve_taker<T>(item)) return outcome::done;
        }
        if (lone_clause && s == owner && !s->odd && capacity_ == 0) {
            n = lend_to_clause(*lone_clause, erase(item), by, at);
        } else {
            outcome came_to;
            n = send_slow(erase(item), by, at, came_to);
            if (!n) return came_to;
        }
        me = s->current;
    }
    jump(*s, *me, *n);
    return me->result;
}

// Moves the first item of the buffer out.
template <class T>
WEFT_HOT void stream_core::take_out(std::optional<taken_of<T>>& slot) noexcept {
    auto* stored = static_cast<T*>(buffer.pop());
    slot.emplace(std::move(*stored));
    std::destroy_at(stored);
    free_place(stored);
}

template <class T>
WEFT_HOT record* stream_core::take(receiver_end& by, std::optional<taken_of<T>>& slot, place at,
                                   found_item& found, outcome& came_to) {
    if constexpr (item_traits<T>::moves_safely) {
        scheduler_core* s = this_core;
        if constexpr (storable<T>)
            if (s == owner && flows(by, *s)) {
                take_out<T>(slot);
                return nullptr;
            }
        if (quiet && !borrower && s == owner && !s->odd && buffer.empty() && by.open && !by.kept && started) {
            record& me = *s->current;
            lone_taker = &me;
            quiet = false;
            room = 0;
            me.item = &slot;
            me.where = this;
            me.end = &by;
            me.wait_at(at);
            me.takes = true;
            me.state = fiber_state::waiting;
            record* n = s->next();
            if (n != &me) return n;
            came_to = me.result;
            return nullptr;
        }
    }
    return take_slow(by, &slot, at, found, came_to);
}

template <class T>
WEFT_HOT bool receiver_end::fetch() {
    scheduler_core* s = this_core;
    stream_core& on = *stream;
    if constexpr (storable<T>)
        if (owned && s == on.owner) {
            auto* used = static_cast<T*>(owned);
            if constexpr (!std::is_trivially_destructible_v<T>) {  // which may let others run
                owned = nullptr;
                std::destroy_at(used);
            }
            if (on.flows(*this, *s)) [[likely]] {
                item = owned = on.buffer.exchange(used);
                return true;
            }
            on.give(used);
            owned = nullptr;
        }
    record* n = lender;
    record* me;
    if (n && on.quiet && !on.borrower && s == on.owner && (--s->budget >= 0 || s->again())) [[likely]] {
        me = s->current;
        lender = nullptr;
        on.borrower = me;
        me->where = &on;
        me->end = this;
        me->file = begun.file;
        me->line = static_cast<unsigned>(begun.line);
        me->takes = false;
        me->state = fiber_state::waiting;
        n->result = outcome::done;
        n->state = fiber_state::running;
    } else {
        outcome came_to;
        n = on.fetch_slow(*this, came_to);
        if (!n) return came_to == outcome::done || on.fetched_nothing(*this, came_to);
        me = s->current;
    }
    jump(*s, *me, *n);
    if (!me->item) [[unlikely]]
        return stream->fetched_nothing(*this, me->result);
    item = me->item;
    lender = me->peer;
    if constexpr (storable<T>)
        if (!lender) owned = item;
    return true;
}

}  // namespace weft::detail
