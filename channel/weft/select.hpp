// SPDX-License-Identifier: BSL-1.0
// Waiting for whichever comes first.
//
//     while (weft::select(on(commands, [&](command& c) { run(c); }),
//                         on(results, [&](result& r) { print(r); })) != std::size_t(-1)) {}
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <weft/channel.hpp>
#include <weft/choice.hpp>
#include <weft/generator.hpp>

namespace weft {

namespace detail {

/// Calls a handler with the item: as it is, or moved where the handler wants it so.
template <class F, class T>
void handle(F& f, T& item) {
    if constexpr (std::invocable<F&, T&>)
        std::invoke(f, item);
    else
        std::invoke(f, std::move(item));
}

template <class F, class T>
concept handler_of = std::invocable<F&, object_of<T>&> || std::invocable<F&, object_of<T>>;

struct no_handler {};

template <class T, class F, class E>
struct receive_clause : clause_core {
    F f;
    E at_end;

    template <class G, class H>
    receive_clause(receiver_end* from, G&& g, H&& h, place p)
        : clause_core(clause_kind::receive, !std::is_same_v<E, no_handler>, p),
          f(std::forward<G>(g)),
          at_end(std::forward<H>(h)) {
        end = from;
        stream = from ? from->stream : nullptr;
    }
    void prepare(const scheduler_core& core) const { check(core); }
    void look(choice& c) { c.look_at_receiver(*this); }
    void run(const choice& c) {
        if (c.ended) {
            if constexpr (!std::is_same_v<E, no_handler>) at_end();
            return;
        }
        if constexpr (storable<T>)
            if (!c.waited && stream->flows(receiver_of(end), *this_core)) {
                const stored_guest<T> holder(*stream);
                handle(f, holder.item());
                return;
            }
        const guest holder(*stream, c.waited);
        handle(f, *static_cast<object_of<T>*>(holder.item()));
    }
};

template <class T, class F>
struct send_clause : clause_core {
    const object_of<T>* original = nullptr;  // an lvalue, of which each select sends a copy
    std::optional<object_of<T>> copy;
    F f;

    template <class G>
    send_clause(sender_end* to, object_of<T>& lent, G&& g, place p)
        : clause_core(clause_kind::send, false, p), f(std::forward<G>(g)) {
        open(to);
        item = erase(lent);
    }
    template <class G>
    send_clause(sender_end* to, const object_of<T>& copied, std::true_type, G&& g, place p)
        : clause_core(clause_kind::send, false, p), original(std::addressof(copied)), f(std::forward<G>(g)) {
        open(to);
    }
    void open(sender_end* to) noexcept {
        end = to;
        stream = to ? to->stream : nullptr;
    }
    /// Makes the copy, now that the clause stays where it stands.
    void prepare(const scheduler_core& core) {
        check(core);
        if constexpr (std::is_copy_constructible_v<object_of<T>>)
            if (original) item = erase(copy.emplace(*original));
    }
    void look(choice& c) noexcept { c.look_at_sender(*this); }
    void run(const choice& c) {
        if (!c.waited) send_now(c.polls);
        f();
    }

 private:
    // Lending would wait until the loop comes back.
    void send_now(bool without_waiting) {
        if constexpr (item_traits<T>::movable) {
            if (without_waiting) {
                if (stream->try_send(item) == send_status::closed) core_here().raise(outcome::gone, true);
                return;
            }
        }
        const outcome o = stream->send<T>(*static_cast<object_of<T>*>(item), sender_of(end), at);
        if (o == outcome::done) return;
        stream_core::refused(o, false);
        core_here().raise(o, true);
    }
};

template <clause_kind Kind, class F>
struct plain_clause : clause_core {
    F f;

    template <class G>
    plain_clause(clock::duration d, G&& g, place p) : clause_core(Kind, false, p), f(std::forward<G>(g)) {
        delay = d;
    }
    static constexpr bool polls() noexcept { return Kind == clause_kind::otherwise; }
    void prepare(const scheduler_core&) const noexcept {}
    void look(choice& c) noexcept { c.look_at_plain(*this); }
    void run(const choice&) { f(); }
};

/// Lets clauses get at the ends of handles.
struct handles {
    template <class T>
    static receiver_end* end_of(const receiver<T>& r) noexcept {
        return r.end_;
    }
    template <class T>
    static receiver_end* end_of(const generator<T>& g) noexcept {
        return g.items_.end_;
    }
    template <class T>
    static sender_end* end_of(const sender<T>& s) noexcept {
        return s.end_;
    }
};

}  // namespace detail

/// An item from a receiver: it is the handler's until that returns, lent as a loop is lent it; then its
/// sender goes on. The clause of a stream that has ended is left out; a stream that has failed throws its
/// failure.
template <class T, class F>
    requires detail::handler_of<F, T>
auto on(const receiver<T>& from, F&& f, place at = place::here()) {
    return detail::receive_clause<T, F, detail::no_handler>(detail::handles::end_of(from), std::forward<F>(f),
                                                            detail::no_handler{}, at);
}
/// The same, and `ended` is called when the stream has ended: once for each receiver; from then on the clause
/// is left out.
template <class T, class F, class E>
    requires detail::handler_of<F, T> && std::invocable<E&>
auto on(const receiver<T>& from, F&& f, E&& ended, place at = place::here()) {
    return detail::receive_clause<T, F, E>(detail::handles::end_of(from), std::forward<F>(f),
                                           std::forward<E>(ended), at);
}
template <class T, class F>
    requires detail::handler_of<F, T>
auto on(const generator<T>& from, F&& f, place at = place::here()) {
    return detail::receive_clause<T, F, detail::no_handler>(detail::handles::end_of(from), std::forward<F>(f),
                                                            detail::no_handler{}, at);
}
template <class T, class F, class E>
    requires detail::handler_of<F, T> && std::invocable<E&>
auto on(const generator<T>& from, F&& f, E&& ended, place at = place::here()) {
    return detail::receive_clause<T, F, E>(detail::handles::end_of(from), std::forward<F>(f),
                                           std::forward<E>(ended), at);
}

/// Sends `value`, if that is possible first, and then calls f(). An rvalue is lent, or moved, from where it
/// stands, and nothing happens to it if another clause is chosen; an lvalue is copied, by each select. Where
/// nobody receives any more select() throws `receiver_gone`.
template <class T, std::invocable F>
auto on(const sender<T>& to, std::type_identity_t<T>&& value, F&& f, place at = place::here()) {
    return detail::send_clause<T, F>(detail::handles::end_of(to), value, std::forward<F>(f), at);
}
template <class T, std::invocable F>
    requires(!std::is_lvalue_reference_v<T> && std::is_copy_constructible_v<T>)
auto on(const sender<T>& to, const std::type_identity_t<T>& value, F&& f, place at = place::here()) {
    return detail::send_clause<T, F>(detail::handles::end_of(to), value, std::true_type{}, std::forward<F>(f),
                                     at);
}

/// Calls f() if nothing else is possible for so long. Zero or less: at once, if nothing else is possible.
/// Timers that are due fire before a fiber runs: at one instant it comes before what others, who wake then,
/// would send.
template <std::invocable F>
auto after(clock::duration d, F&& f, place at = place::here()) {
    return detail::plain_clause<detail::clause_kind::after, F>(d, std::forward<F>(f), at);
}

/// Calls f() if nothing else is possible at once; a select with this clause never waits. What it sends is
/// moved, as by try_send(); only an item that can not be moved is lent, and that waits until the loop comes
/// back.
template <std::invocable F>
auto otherwise(F&& f, place at = place::here()) {
    return detail::plain_clause<detail::clause_kind::otherwise, F>({}, std::forward<F>(f), at);
}

/// Does exactly one of what its clauses are for, and calls that one's handler: the first that becomes
/// possible. Of those that are possible at once it chooses the end that was chosen least recently, so none is
/// starved, and the same program always makes the same choices. Clauses that are not chosen take nothing and
/// leave nothing behind. Gives the place of the clause among the arguments, from 0; std::size_t(-1) if no
/// clause was left, since all the streams have ended, and there is no `after` or `otherwise`.
///
/// A stream may stand in several clauses and in both directions; a select never meets itself. Clauses may be
/// kept and used again for as long as their ends, and values and handlers that are no temporaries, stay where
/// they are. A handler may do anything: send, select, close the very streams. What it throws, select()
/// throws: the item was received all the same.
///
/// Throws what a chosen stream failed with; `receiver_gone` for a sender nobody listens to; `cancelled`,
/// `timed_out` and `deadlock` as any wait does, but with an `otherwise` it is no wait; std::logic_error for
/// an end that is empty or another thread's, and without any clause. After Go's select and libdill's choose.
template <class... Clauses>
    requires(std::derived_from<std::remove_cvref_t<Clauses>, detail::clause_core> && ...)
WEFT_HOT std::size_t select(Clauses&&... clauses) {
    if constexpr (sizeof...(Clauses) == 0)
        detail::throw_misuse("weft: a select without clauses would wait for ever; give it at least one");
    detail::scheduler_core& core = detail::core_here();
    (clauses.prepare(core), ...);
    const std::array<detail::clause_core*, sizeof...(Clauses)> list{&clauses...};
    detail::choice choice(core, list.data(), sizeof...(Clauses), (clauses.polls() || ...));
    do {
        choice.begin();
        (clauses.look(choice), ...);
        if (detail::record* next = choice.decide()) {
            detail::jump(core, *core.current, *next);
        }
    } while (!choice.woken());
    std::size_t place = 0;
    [[maybe_unused]] const auto runs = [&](auto& clause) {
        if (choice.chosen != &clause) return ++place, false;
        clause.run(choice);
        return true;
    };
    return (runs(clauses) || ...) ? place : static_cast<std::size_t>(-1);
}

}  // namespace weft
