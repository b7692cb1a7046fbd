// SPDX-License-Identifier: BSL-1.0
// The reference model: nothing lost, nothing twice, order kept, no outcome without a reason. Of turns and of
// time it knows nothing: it is told what happens, as it happens, and says whether that may be.
#pragma once
#include "model_words.hpp"
#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace model {
struct reference {
    static constexpr long never = 1L << 60;
    struct stream {
        long capacity = 0, over = never, deaf = never;  // since when it is over, or has no receivers
        result state = none;  // why it is over; misused: nobody can know
        std::vector<long> ends[2] = {{never}, {never}};  // when senders, receivers were closed
        std::set<int> refused;  // senders that were refused an offer, but not for want of receivers
        std::map<long, int> waiting[2];  // items, whose (-1: in the buffer or on its way); who asks, by when
        std::map<long, long> received;  // the items, by when they were asked for
    };
    struct fiber {
        bool busy = false, lent = false;  // lent: a loop or a handler has seen the item, rather than taken it
        std::multiset<result> reasons;  // cancelled; timed_out: a deadline; misused: its end moved or closed
        verb does = yield;
        std::vector<clause> clauses;
        long since = 0, taken = 0;  // the item of its clauses that somebody received
    };
    std::vector<stream> streams;
    std::vector<fiber> fibers;
    long time = 0;
    void begin(int f, verb does, const std::vector<clause>& clauses) {
        fibers[f].reasons.erase(misused);
        fibers[f] = {true, false, fibers[f].reasons, does, clauses, ++time};
        for (const clause& c : clauses) {
            if (c.what == sends && closed(c) < never) fibers[f].reasons.insert(misused);
            if (c.what <= receives) streams[c.channel].waiting[c.what][c.item ? c.item : time] = f;
        }
    }
    bool came_back(int f, result r, int chosen, long item) {
        fiber& me = fibers[f];
        const bool refused = me.does == offer && r == no, moved = me.reasons.contains(misused);
        const clause* only = chosen < 0 || me.clauses.empty() ? nullptr : &me.clauses[chosen];
        const bool all = only ? only->what == otherwise : r == done;  // found nothing, or all has ended
        bool may = all || me.reasons.contains(r) || (refused && !me.reasons.empty()) ||
                   ((refused || r == stuck) && std::ranges::all_of(fibers, &fiber::busy));
        me.busy = false;
        for (const clause& c : me.clauses) {
            stream& s = streams[c.channel];
            if (c.what <= receives) s.waiting[c.what].erase(c.item ? c.item : me.since);
            if (all) may &= comes_to(me, c, only ? no : ended, 0);
            if (!all && (!only || only == &c)) may |= comes_to(me, c, refused ? gone : r, item);
            if (refused && !moved) s.refused.insert(c.end);
            if (refused && moved && me.reasons.size() > 1 && !s.state) s.state = misused;
        }
        return may && (!me.taken || (r == done ? only && only->item == me.taken : me.lent && r != ended));
    }
    /// An end is closed, failed, destroyed (cut_short, if there is a reason) or moved (none).
    void leave(int f, const clause& e, result why) {
        stream& s = streams[e.channel];
        if (closed(e) < never) return;
        for (fiber& i : fibers)
            for (const clause& c : i.clauses)
                if (i.busy && c.what == e.what && &closed(c) == &closed(e)) i.reasons.insert(misused);
        if (why == cut_short && !fibers[f].reasons.count(cancelled) && !s.refused.count(e.end)) why = ended;
        if (why != none) closed(e) = ++time;
        const bool last = std::ranges::max(s.ends[e.what]) < never;
        if (e.what == receives && last) s.deaf = time;
        if (e.what == sends && !s.state && (last || why > ended)) s.state = why, s.over = time;
    }
    long& closed(const clause& c) { return streams[c.channel].ends[c.what][c.end]; }
    enum doubt { any, sure, kept };  // sure: no reason to come back but a partner or the end; kept: sent
    long count(const std::map<long, int>& q, doubt d, long before = never) const {
        return std::count_if(q.begin(), q.lower_bound(before), [&](const auto& i) {
            const fiber* f = i.second < 0 ? nullptr : &fibers[i.second];
            return !f || d == any || (d == sure && f->reasons.empty() && f->does != select);
        });
    }
    bool comes_to(const fiber& me, const clause& c, result r, long item) {
        if (c.what == after || c.what == otherwise) return r == done || r == no;
        stream& s = streams[c.channel];
        auto &items = s.waiting[sends], &takers = s.waiting[receives];
        const bool heard = me.since < std::min(s.over, s.deaf), deaf = s.deaf < never;
        if (c.what == sends && r == done && !me.taken) items[c.item] = -1;
        if (c.what == sends && !deaf && count(items, kept) > s.capacity + count(takers, any)) return false;
        if (s.state == misused && r != done) return true;
        if (c.what == sends && r == no) return heard && count(items, any) >= s.capacity + count(takers, sure);
        if (c.what == sends) return r == done ? heard : r == gone && (!heard || deaf);
        if (closed(c) < me.since) return r == ended || r == no;
        if (!deaf && count(items, sure, item ? item : never) > count(takers, any, me.since)) return false;
        if (r != done) return r == s.state || (r == no && s.state <= ended);
        const auto sent = items.find(item);
        if (sent == items.end()) return false;
        if (fiber* from = sent->second < 0 ? nullptr : &fibers[sent->second])
            from->taken = item, from->lent = !s.capacity && (me.does == step || me.does == select);
        items.erase(sent), s.received[me.since] = item;
        return std::ranges::is_sorted(s.received, {}, &std::pair<const long, long>::second);
    }
};
}  // namespace model
