// SPDX-License-Identifier: BSL-1.0
// The reference model: nothing lost, nothing twice, order kept, no outcome without a reason. It is told what
// happens as it happens and says whether that may be; it does not know who runs when, nor what time it is.
#pragma once
#include "model_words.hpp"
#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace model {

struct reference {
    static constexpr long never = 1L << 60;
    using queue = std::map<long, int>;  // in order, and whose
    struct stream {
        long capacity;
        std::vector<long> ends[2] = {{never}, {never}};  // when senders, receivers were closed
        result state = none;                             // why it is over
        long over = never, deaf = never;                 // since when; and since when nobody can receive
        bool doubtful = false;                           // nobody can know whether it was cut short
        std::set<int> refused;  // senders that were refused an offer, but not for want of receivers
        queue items;  // not received: who sends it; -1: accepted, so in the buffer or on its way
        queue takers;  // who asks, by when he began
        std::map<long, long> received;  // the items, by when they were asked for
    };
    struct fiber {
        bool busy = false, over = false, cancelled = false, spoiled = false, lent = false;
        int deadlines = 0;
        verb does = yield;
        std::vector<clause> clauses;
        long since = 0, taken = 0;  // the item of its clauses that was received; lent: by a loop or a handler
    };
    std::vector<stream> streams;
    std::vector<fiber> fibers;
    long time = 0;

    void begin(int f, verb does, const std::vector<clause>& clauses) {
        fiber& me = fibers[f];
        me = {true, false, me.cancelled, false, false, me.deadlines, does, clauses, ++time};
        for (const clause& c : clauses) {
            if (c.what == sends) streams[c.channel].items[c.item] = f, me.spoiled |= closed(c) < never;
            if (c.what == receives && closed(c) == never) streams[c.channel].takers[time] = f;
        }
    }
    bool came_back(int f, result r, int chosen, long item) {
        fiber& me = fibers[f];
        const bool refused = me.does == offer && r == no, clear = refused && !me.spoiled;
        const bool stop = std::ranges::all_of(fibers, [](const fiber& i) { return i.busy || i.over; });
        const std::map<result, bool> own{
            {cancelled, me.cancelled}, {timed_out, me.deadlines}, {misused, me.spoiled}, {stuck, stop}};
        if (r == done && me.does != select && !me.clauses.empty()) chosen = 0;
        const bool idle = chosen >= 0 && me.clauses[chosen].what == otherwise;
        const bool all = idle || (chosen < 0 && r == done);  // a select found nothing, or only ended streams
        bool may = all || std::ranges::any_of(
                              own, [&](const auto& i) { return i.second && (refused || r == i.first); });
        me.busy = false;
        for (const clause& c : me.clauses) {
            stream& s = streams[c.channel];
            c.what == sends ? s.items.erase(c.item) : s.takers.erase(me.since);
            if (all) may &= comes_to(me, c, idle ? no : ended, 0);
            if (!all && (chosen < 0 || &c == &me.clauses[chosen]))
                may |= comes_to(me, c, refused ? gone : r, item);
            if (clear) s.refused.insert(c.end);
            s.doubtful |= refused && !clear && (me.cancelled || me.deadlines);
        }
        const bool sent = chosen >= 0 && me.clauses[chosen].item == me.taken;
        return may && (!me.taken || sent || (me.lent && r != done && r != ended));
    }
    /// An end is closed, failed, destroyed (cut_short, if there is a reason) or moved (none).
    void leave(int f, const clause& e, result why) {
        stream& s = streams[e.channel];
        if (closed(e) < never) return;
        for (fiber& i : fibers)
            for (const clause& c : i.clauses) i.spoiled |= c.what == e.what && &closed(c) == &closed(e);
        if (why == none) return;
        if (why == cut_short && !fibers[f].cancelled && !s.refused.contains(e.end)) why = ended;
        closed(e) = ++time;
        const bool last = std::ranges::max(s.ends[e.what]) < never;
        if (e.what == receives && last) s.deaf = time;
        if (e.what == sends && !s.state && (last || why != ended)) s.state = why, s.over = time;
    }
    long& closed(const clause& c) { return streams[c.channel].ends[c.what][c.end]; }
    /// Sure: who can come back only when he has a partner, or the stream is over.
    long count(const queue& q, long before = never, bool sure = false) const {
        return std::ranges::count_if(q, [&](const auto& i) {
            if (i.second < 0 || !sure) return i.first < before;
            const fiber& f = fibers[i.second];
            return i.first < before && !f.spoiled && !f.cancelled && !f.deadlines && f.does != select;
        });
    }
    bool comes_to(const fiber& me, const clause& c, result r, long item) {
        if (c.what == after || c.what == otherwise) return r == done || r == no;
        stream& s = streams[c.channel];
        const bool heard = me.since < std::min(s.over, s.deaf);
        if (c.what == sends && r == done) {
            if (!me.taken) s.items[c.item] = -1;
            const long accepted = std::ranges::count_if(s.items, [](const auto& i) { return i.second < 0; });
            return heard && (s.deaf < never || accepted <= s.capacity + count(s.takers));
        }
        if (s.doubtful && r != done) return true;
        if (c.what == sends && r == gone) return !heard || s.deaf < never;
        if (c.what == sends)
            return r == no && heard && count(s.items) >= s.capacity + count(s.takers, never, true);
        if (closed(c) < me.since) return r == ended || r == no;
        const bool left =
            s.deaf == never && count(s.items, r == done ? item : never, true) > count(s.takers, me.since);
        if (r != done) return !left && (r == s.state || (r == no && s.state <= ended));
        const auto sent = s.items.find(item);
        if (left || sent == s.items.end()) return false;
        if (fiber* from = sent->second < 0 ? nullptr : &fibers[sent->second])
            from->taken = item, from->lent = !s.capacity && (me.does == step || me.does == select);
        s.items.erase(sent);
        s.received[me.since] = item;
        return std::ranges::is_sorted(s.received, {}, &std::pair<const long, long>::second);
    }
};

}  // namespace model
