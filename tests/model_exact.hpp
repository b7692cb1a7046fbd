// SPDX-License-Identifier: BSL-1.0
// The exact model: what a family of channels may do, one operation at a time.
//
// All that follows from an operation follows at once: whoever finds a partner, a place or bad news is
// `decided`, and has to come back with exactly that before time passes or a deadlock is told. Whoever is not
// must not come back.
#pragma once

#include "model_exact_state.hpp"

namespace model {

class world : public world_state {
 public:
    /// An operation begins.
    void begin(int f, verb does, std::vector<clause> clauses) {
        fiber& me = fibers[f];
        me = {waits, does, std::move(clauses), none, -1, 0, -1, -1, me.expired, me.cancelled};
        int best = -1, delayed = -1, no_wait = -1;
        const int n = static_cast<int>(me.clauses.size());
        const auto at = [&](int i) -> const clause& { return me.clauses[i]; };
        for (const clause& c : me.clauses)
            if (c.what == sends && !end_of(c).open) return decide(f, misused);
        for (const clause& c :
             me.clauses)  // a loop gives its item back; nobody uses what a loop that was left had
            if (c.what == receives &&
                (does == step || (!end_of(c).looping && (does == try_receive || polls(me) || !refusal(f)))))
                give_back(end_of(c).lender);
        for (int i = n; i-- > 0;) {
            if (at(i).what == otherwise) no_wait = i;
            if (at(i).what == after && (delayed < 0 || at(i).delay <= at(delayed).delay)) delayed = i;
        }
        const bool tries = does == try_send || does == try_receive;
        const bool no_need =
            does == yield || (does == join && all_over()) || (does == step && !end_of(at(0)).open);
        if (refusal(f) && !tries && !no_need && no_wait < 0) return decide(f, refusal(f));
        for (int k = 0; k < n; ++k) {  // the end that was chosen least recently; among equals they take turns
            const int i = static_cast<int>((selects + k) % n);
            if (ready(me, at(i)) && (best < 0 || end_of(at(i)).selected < end_of(at(best)).selected))
                best = i;
        }
        selects += does == select;
        if (best >= 0) return commit(f, best);
        if (tries || no_need) return decide(f, tries ? no : done);
        if (no_wait >= 0) return decide(f, done, no_wait);
        if (delayed >= 0 && at(delayed).delay <= 0) return decide(f, done, delayed);
        if (delayed >= 0) timers.push_back({now + at(delayed).delay, f, delayed, 0});
        for (int i = 0; i < n; ++i)
            if (at(i).what == sends ||
                (at(i).what == receives && end_of(at(i)).open && !channels[at(i).channel].state))
                queue_of(at(i)).push_back({f, i});
        if (does == select && !waits_for_anything(f)) decide(f, done);
    }
    /// An operation has come back. False: not as it must.
    bool came_back(int f, result seen, int chosen, int item) {
        fiber& me = fibers[f];
        if (me.does == yield && refusal(f)) me.came_to = refusal(f);
        if (me.is != decided && f == told_of_deadlock() && timers.empty() && quiet()) decide(f, stuck);
        if (me.is != decided) return false;
        me.is = running;
        if (me.does == offer) {
            end_of(me.clauses[0]).refused |= me.came_to >= cancelled && me.came_to <= stuck;
            return seen == (me.came_to == done ? done : no);
        }
        if (seen != me.came_to || (seen != done && seen != ended)) return seen == me.came_to;
        if (me.does == select && chosen != me.chosen) return false;
        return seen == ended || me.chosen < 0 || me.clauses[me.chosen].what != receives || item == me.item;
    }
    /// An item is not in use any more.
    void give_back(int lender) {
        if (lender < 0) return;
        const fiber& s = fibers[lender];
        const bool heard = any_open(channels[s.clauses[s.chosen].channel].receivers);
        decide(lender, s.spoiled ? misused : heard ? done : gone, s.chosen);
    }
    void leave_loop(int ch, int e) {
        end& loop = channels[ch].receivers[e];
        loop.looping = false;
        if (!loop.open) return give_back(loop.lender);
        if (loop.lender < 0) return;
        fiber& s = fibers[loop.lender];
        s.is = paused;
        if (s.spoiled || refusal(loop.lender))
            decide(loop.lender, s.spoiled ? misused : refusal(loop.lender));
    }
    /// The end is closed or moved: whoever waits in it is told; who has lent through it, when that is over.
    void expel(kind what, int ch, int e) {
        queue& q = what == sends ? channels[ch].offers : channels[ch].takers;
        for (auto t = q.begin(); t != q.end();) {
            const bool here = fibers[t->fiber].clauses[t->clause].end == e;
            if (here) decide(t->fiber, misused);
            t = here ? q.begin() : t + 1;
        }
        for (fiber& s : fibers) {
            if (what != sends || (s.is != lent && s.is != paused)) continue;
            const clause& c = s.clauses[s.chosen];
            if (c.channel != ch || c.end != e) continue;
            s.spoiled = true;
            if (s.is == paused) decide(static_cast<int>(&s - fibers.data()), misused);
        }
    }
    void close_sender(int f, int ch, int e, bool destroyed) {
        end& s = channels[ch].senders[e];
        if (!s.open) return;
        expel(sends, ch, e);
        s.open = false;
        if (channels[ch].state) return;
        if (destroyed && (fibers[f].cancelled || s.refused))
            end_stream(ch, cut_short);
        else if (!any_open(channels[ch].senders))
            end_stream(ch, ended);
    }
    void fail(int f, int ch, int e) {
        if (!channels[ch].senders[e].open) return;
        if (!channels[ch].state) end_stream(ch, failed);
        close_sender(f, ch, e, false);
    }
    void close_receiver(int ch, int e) {
        end& r = channels[ch].receivers[e];
        if (!r.open) return;
        expel(receives, ch, e);
        r.open = false;
        if (!r.looping) give_back(r.lender);
        if (any_open(channels[ch].receivers)) return;
        while (!channels[ch].offers.empty()) decide(channels[ch].offers.front().fiber, gone);
        channels[ch].buffer.clear();
    }
    void cancel(int f) {
        if (fibers[f].is == over) return;
        fibers[f].cancelled = true;
        if (fibers[f].is == waits || fibers[f].is == paused) decide(f, cancelled);
    }
    void end_fiber(int f) {
        fibers[f].is = over;
        if (all_over() && fibers[0].is == waits && fibers[0].does == join) decide(0, done);
    }
    int begin_deadline(int f, long delay) {
        if (delay > 0)
            timers.push_back({now + delay, f, -1, ++deadlines});
        else
            expire(f);
        return delay > 0 ? deadlines : -1;
    }
    void end_deadline(int f, int deadline) {
        if (!std::erase_if(timers, [=](const timer& t) { return t.deadline == deadline; }))
            --fibers[f].expired;
    }
    /// Time goes on from timer to timer, and only when nobody can do anything. False: it must not have.
    bool pass_time(long until) {
        while (now < until) {
            if (timers.empty() || !quiet()) return false;
            now = first_timer()->when;
            while (!timers.empty() && first_timer()->when <= now) {
                const timer t = *first_timer();
                timers.erase(first_timer());
                t.deadline ? expire(t.fiber) : decide(t.fiber, done, t.chosen);
            }
        }
        return now == until;
    }

 private:
    void expire(int f) {
        ++fibers[f].expired;
        if (fibers[f].is == waits || fibers[f].is == paused) decide(f, timed_out);
    }
    static bool polls(const fiber& f) {
        return std::any_of(f.clauses.begin(), f.clauses.end(),
                           [](const clause& c) { return c.what == otherwise; });
    }
    /// Whether there is nothing to wait for.
    bool ready(const fiber& me, const clause& c) {
        const channel& ch = channels[c.channel];
        if (c.what == after || c.what == otherwise) return false;
        if (c.what == sends)
            return ch.state || !any_open(ch.receivers) || !ch.takers.empty() ||
                   (ch.buffer.size() < ch.capacity && ch.offers.empty());
        if (end_of(c).open && (!ch.buffer.empty() || !ch.offers.empty())) return true;
        if (end_of(c).open && ch.state != ended) return ch.state;
        return me.does != select || (c.hears_end && !end_of(c).told);
    }
    void commit(int f, int i) {
        fiber& me = fibers[f];
        const clause& c = me.clauses[i];
        channel& ch = channels[c.channel];
        if (me.does == select) end_of(c).selected = selects;
        if (c.what == sends) {
            if (ch.state || !any_open(ch.receivers)) return decide(f, gone);
            if (!ch.takers.empty()) return pass({f, i}, ch.takers.front());
            return enter_buffer(ch, {f, i});
        }
        if (end_of(c).open && !ch.buffer.empty()) {
            me.item = ch.buffer.front();
            ch.buffer.pop_front();
            decide(f, done, i);
            if (!ch.offers.empty()) enter_buffer(ch, ch.offers.front());
            return;
        }
        if (end_of(c).open && !ch.offers.empty()) return pass(ch.offers.front(), {f, i});
        if (end_of(c).open && ch.state != ended) return decide(f, ch.state);
        end_of(c).told |= me.does == select;
        decide(f, ended, i);
    }
    void enter_buffer(channel& ch, ticket from) {
        fiber& s = fibers[from.fiber];
        const clause& c = s.clauses[from.clause];
        if (s.does == select) end_of(c).selected = selects;
        s.moved = true;
        ch.buffer.push_back(c.item);
        decide(from.fiber, done, from.clause);
    }
    /// An item goes from one to the other.
    void pass(ticket from, ticket to) {
        fiber &s = fibers[from.fiber], &r = fibers[to.fiber];
        const clause &out = s.clauses[from.clause], &in = r.clauses[to.clause];
        if (s.does == select) end_of(out).selected = selects;
        if (r.does == select) end_of(in).selected = selects;
        r.item = out.item;
        decide(from.fiber, done, from.clause);
        decide(to.fiber, done, to.clause);
        s.moved = channels[out.channel].capacity || s.does == try_send || polls(s) ||
                  (r.does != step && r.does != select);
        if (s.moved) return;
        s.is = lent;
        s.borrower = to.fiber;
        r.lender = from.fiber;
        if (r.does == step) end_of(in).lender = from.fiber;
    }
    /// Items that wait are received all the same.
    void end_stream(int ch, result state) {
        channels[ch].state = state;
        while (!channels[ch].takers.empty()) {
            const ticket t = channels[ch].takers.front();
            fiber& r = fibers[t.fiber];
            const clause& c = r.clauses[t.clause];
            if (state == ended && r.does == select && (!c.hears_end || end_of(c).told)) {
                channels[ch].takers.pop_front();  // without this clause, if there is another
                if (!waits_for_anything(t.fiber)) decide(t.fiber, done);
                continue;
            }
            end_of(c).told |= r.does == select && state == ended;
            decide(t.fiber, state, t.clause);
        }
    }
};

}  // namespace model
