// SPDX-License-Identifier: BSL-1.0
// What the actions of a program do, on weft and in the models.
#pragma once

#include "model_run.hpp"

namespace test {

template <class T>
void machine<T>::look_at_sent(int f, const T& item, int id) {
    const model::fiber& me = world_.fibers[f];
    counts_.lent += me.borrower >= 0;
    if (me.moved && std::is_trivially_copyable_v<T>) return;
    if (item.value != (me.moved ? -1 : id)) bell_("item " + std::to_string(id) + " is not its sender's");
    if (!me.moved && item.reply != me.borrower + 1) bell_("what the loop wrote into an item is not there");
}

// An item is in the hands of a loop or a handler.
template <class T>
void machine<T>::use(int f, T& item, const action& a) {
    const int value = item.value;
    item.reply = f + 1;
    perform(f, a.body);
    if (item.value != value || item.reply != f + 1)
        bell_("item " + std::to_string(value) + " changed while in use");
}

template <class T>
void machine<T>::send(int f, const action& a) {
    const int e = a.end % static_cast<int>(streams_[a.channel].senders.size());
    for (int n = 0; n < a.number; ++n) {
        const int id = ++items_;
        T item(id);
        const weft::sender<T>& out = *streams_[a.channel].senders[e];
        const model::verb does = a.what == act::send    ? model::send
                                 : a.what == act::offer ? model::offer
                                                        : model::try_send;
        begin(f, does, {{model::sends, a.channel, e, id}});
        const model::result seen = result_of([&] {
            if (does == model::offer) return out.offer(std::move(item)) ? model::done : model::no;
            if (does == model::send) return out(std::move(item)), model::done;
            const weft::send_status s = out.try_send(std::move(item));
            return s == weft::send_status::sent   ? model::done
                   : s == weft::send_status::full ? model::no
                                                  : model::gone;
        });
        back(f, seen);
        look_at_sent(f, item, id);
        if (seen != model::done) return;
    }
}

template <class T>
void machine<T>::receive(int f, const action& a) {
    const int e = a.end % static_cast<int>(streams_[a.channel].receivers.size());
    for (int n = 0; n < a.number; ++n) {
        const weft::receiver<T>& in = *streams_[a.channel].receivers[e];
        const bool tries = a.what == act::try_receive;
        int got = 0;
        begin(f, tries ? model::try_receive : model::receive, {{model::receives, a.channel, e}});
        const model::result seen = result_of([&] {
            const std::optional<T> item = tries ? in.try_receive() : in.receive();
            if (!item)
                return tries && !streams_[a.channel].receivers[e]->is_closed() ? model::no : model::ended;
            got = item->value;
            return model::done;
        });
        back(f, seen, 0, got);
        if (seen != model::done) return;
    }
}

template <class T>
void machine<T>::loop(int f, const action& a) {
    const int e = a.end % static_cast<int>(streams_[a.channel].receivers.size());
    const weft::receiver<T>& in = *streams_[a.channel].receivers[e];
    if (std::exchange(world_.channels[a.channel].receivers[e].looping, true)) {
        if (result_of([&] { (void)in.begin(); }) != model::misused) bell_("a receiver has two loops");
        return;
    }
    {
        auto at = in.begin();
        for (int n = 0; n < a.number; ++n) {
            int got = 0;
            if (n > 0) ++at;
            begin(f, model::step, {{model::receives, a.channel, e}});
            const model::result seen = result_of([&] {
                if (at == std::default_sentinel) return model::ended;
                got = at->value;
                return model::done;
            });
            back(f, seen, 0, got);
            if (seen != model::done) break;
            use(f, *at, a);
        }
    }
    counts_.paused += world_.channels[a.channel].receivers[e].lender >= 0;
    world_.leave_loop(a.channel, e);
}

template <class T>
bool machine<T>::select(int f, const action& a) {
    std::vector<any_clause> real;
    std::vector<model::clause> clauses;
    std::deque<T> items;
    std::vector<int> ids(a.clauses.size());
    std::vector<const T*> lent(a.clauses.size());
    constexpr auto none = static_cast<std::size_t>(-1);
    std::size_t called = none, chosen = none;
    const auto receives = [&](std::size_t i) {
        return [&, i](T& item) {
            called = i;
            back(f, model::done, static_cast<int>(i), item.value);
            const int lender = world_.fibers[f].lender;
            use(f, item, a);
            world_.give_back(lender);
        };
    };
    const auto comes_to = [&](model::result r, std::size_t i) {
        return [&, i, r] {
            called = i;
            back(f, r, static_cast<int>(i));
            if (lent[i]) look_at_sent(f, *lent[i], ids[i]);
        };
    };
    for (std::size_t i = 0; i < a.clauses.size(); ++i) {
        const action& c = a.clauses[i];
        const bool hears = c.what == act::on_receive_or_end;
        stream& s = streams_[c.channel];
        const int to = c.end % static_cast<int>(s.senders.size());
        const int from = c.end % static_cast<int>(s.receivers.size());
        if (c.what == act::on_receive || hears) {
            clauses.push_back({model::receives, c.channel, from, 0, hears});
            if (hears)
                real.emplace_back(weft::on(*s.receivers[from], receives(i), comes_to(model::ended, i)));
            else
                real.emplace_back(weft::on(*s.receivers[from], receives(i)));
        } else if (c.what == act::on_send) {
            ids[i] = ++items_;
            clauses.push_back({model::sends, c.channel, to, ids[i]});
            T& item = items.emplace_back(ids[i]);
            if (c.number % 2) lent[i] = &item;
            if (c.number % 2)
                real.emplace_back(weft::on(*s.senders[to], std::move(item), comes_to(model::done, i)));
            else
                real.emplace_back(weft::on(*s.senders[to], std::as_const(item), comes_to(model::done, i)));
        } else if (c.what == act::after) {
            clauses.push_back({model::after, 0, 0, 0, false, c.number});
            real.emplace_back(weft::after(ticks(c.number), comes_to(model::done, i)));
        } else {
            clauses.push_back({model::otherwise});
            real.emplace_back(weft::otherwise(comes_to(model::done, i)));
        }
    }
    if (real.empty()) return false;
    begin(f, model::select, clauses);
    const model::result seen = result_of([&] {
        chosen = real.size() == 1   ? weft::select(real[0])
                 : real.size() == 2 ? weft::select(real[0], real[1])
                 : real.size() == 3 ? weft::select(real[0], real[1], real[2])
                                    : weft::select(real[0], real[1], real[2], real[3]);
    });
    if (called == none) back(f, seen, -1);
    if (called != chosen) bell_("select gives another clause than the one that ran");
    for (std::size_t i = 0; i < lent.size(); ++i)
        if (lent[i] && i != called && lent[i]->value != ids[i])
            bell_("select took an item of another clause");
    return called != none;
}

template <class T>
void machine<T>::perform(int f, const action& a) {
    auto& senders = streams_[a.channel].senders;
    auto& receivers = streams_[a.channel].receivers;
    const int out = a.end % static_cast<int>(senders.size()), in = a.end % static_cast<int>(receivers.size());
    ++counts_.operations;
    if (traces_) std::fprintf(stderr, "  %d does %s\n", f, text_of({a}).c_str());
    switch (a.what) {
        case act::send:
        case act::offer:
        case act::try_send:
            return send(f, a);
        case act::receive:
        case act::try_receive:
            return receive(f, a);
        case act::loop:
            return loop(f, a);
        case act::select:
            for (int n = 0; n < a.number && select(f, a); ++n) {
            }
            return;
        case act::yield:
            begin(f, model::yield, {});
            return back(f, result_of([] { weft::yield(); }));
        case act::sleep:
            if (a.number > 0)
                begin(f, model::sleep, {{model::after, 0, 0, 0, false, a.number}});
            else
                begin(f, model::yield, {});
            return back(f, result_of([&] { weft::sleep_for(ticks(a.number)); }));
        case act::deadline: {
            const int deadline = world_.begin_deadline(f, a.number);
            reference_.fibers[f].reasons.insert(model::timed_out);
            {
                const weft::deadline soon(ticks(a.number));
                perform(f, a.body);
            }
            reference_.fibers[f].reasons.extract(model::timed_out);
            return world_.end_deadline(f, deadline);
        }
        case act::cancel:
            if (a.number > static_cast<int>(handles_.size())) return;
            handles_[a.number - 1].cancel();
            return cancelled(a.number);
        case act::clone_sender:
            return clone_sender(a.channel, out);
        case act::clone_receiver:
            return clone_receiver(a.channel, in);
        case act::move_sender:
            world_.expel(model::sends, a.channel, out);
            reference_.leave(f, {model::sends, a.channel, out}, model::none);
            senders[out] = std::make_unique<weft::sender<T>>(std::move(*senders[out]));
            return;
        case act::move_receiver: {
            const bool may =
                !world_.channels[a.channel].receivers[in].looping || world_.somebody_waits_in(a.channel, in);
            const model::result seen = result_of(
                [&] { receivers[in] = std::make_unique<weft::receiver<T>>(std::move(*receivers[in])); });
            if (seen != (may ? model::done : model::misused)) bell_("a receiver is moved in its own loop");
            if (!may) return;
            reference_.leave(f, {model::receives, a.channel, in}, model::none);
            return world_.expel(model::receives, a.channel, in);
        }
        case act::close_sender:
            senders[out]->close();
            reference_.leave(f, {model::sends, a.channel, out}, model::ended);
            return world_.close_sender(f, a.channel, out, false);
        case act::drop_sender:
            senders[out] = std::make_unique<weft::sender<T>>();
            reference_.leave(f, {model::sends, a.channel, out}, model::cut_short);
            return world_.close_sender(f, a.channel, out, true);
        case act::fail:
            senders[out]->fail(std::make_exception_ptr(cause()));
            reference_.leave(f, {model::sends, a.channel, out}, model::failed);
            return world_.fail(f, a.channel, out);
        case act::close_receiver:
            receivers[in]->close();
            reference_.leave(f, {model::receives, a.channel, in}, model::ended);
            return world_.close_receiver(a.channel, in);
        default:
            return;
    }
}

}  // namespace test
