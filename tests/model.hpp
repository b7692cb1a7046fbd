// SPDX-License-Identifier: BSL-1.0
// The reference model: nothing lost, nothing twice, order kept, no outcome without a reason. It is told what
// happens as it happens and says whether that may be; it does not know who runs when, nor what time it is.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "model_words.hpp"

namespace model {

struct reference {
    static constexpr long never = 1L << 60;
    struct stream {
        long capacity;
        std::vector<long> ends[2] = {{never}, {never}};  // when senders, receivers were closed
        result state = none;                             // why it is over
        long over = never, deaf = never;                 // since when; and since when nobody can receive
        bool doubtful = false;                           // nobody can know whether it was cut short
        std::set<int> refused;  // senders that were refused an offer, but not for want of receivers
        std::map<long, int> items;  // not received: who sends it; -1: in the buffer, or on its way
        std::map<long, long> received;  // by when it was asked for
    };
    struct fiber {
        bool busy = false, over = false, cancelled = false, spoiled = false, lent = false;
        int deadlines = 0;
        verb does = yield;
        std::vector<clause> clauses;
        long since = 0, taken = 0;  // the item of its clauses that was received; lent: but not moved
        bool only_waits_for_partners() const {
            return !spoiled && !cancelled && !deadlines && does != select;
        }
    };
    std::vector<stream> streams;
    std::vector<fiber> fibers;
    long time = 0;

    void begin(int f, verb does, const std::vector<clause>& clauses) {
        fiber& me = fibers[f];
        me = {true, false, me.cancelled, false, false, me.deadlines, does, clauses, ++time};
        for (const clause& c : clauses)
            if (c.what == sends) streams[c.channel].items[c.item] = f, me.spoiled |= closed(c) < never;
    }
    bool came_back(int f, result r, int chosen, long item) {
        fiber& me = fibers[f];
        const bool refused = me.does == offer && r == no;
        const auto is = [&](result why) { return r == why || refused; };
        const bool nobody_runs = std::ranges::all_of(fibers, [](const fiber& i) { return i.busy || i.over; });
        if (r == done && me.does != select && !me.clauses.empty()) chosen = 0;
        const bool idle = chosen >= 0 && me.clauses[chosen].what == otherwise;
        const bool all = idle || (chosen < 0 && r == done);  // no clause of a select could be chosen
        bool may = all || (is(cancelled) && me.cancelled) || (is(timed_out) && me.deadlines) ||
                   (is(misused) && me.spoiled) || (is(stuck) && nobody_runs);
        me.busy = false;
        for (const clause& c : me.clauses) {
            if (c.what == sends) streams[c.channel].items.erase(c.item);
            if (all)
                may &= comes_to(me, c, idle ? no : ended);
            else if (chosen < 0 || &c == &me.clauses[chosen])
                may |= comes_to(me, c, refused ? gone : r, item);
            if (refused && !me.spoiled) streams[c.channel].refused.insert(c.end);
            if (refused && me.spoiled && (me.cancelled || me.deadlines)) streams[c.channel].doubtful = true;
        }
        const bool sent = chosen >= 0 && me.clauses[chosen].item == me.taken;
        return may && (!me.taken || sent || (me.lent && r != done && r != ended));
    }
    void expel(const clause& from) {  // that end is moved or closed
        for (fiber& f : fibers)
            for (const clause& c : f.clauses) f.spoiled |= c.what == from.what && &closed(c) == &closed(from);
    }
    /// Cut short: if it is one who was cancelled, or refused.
    void close(int f, const clause& e, result why) {
        stream& s = streams[e.channel];
        if (closed(e) < never) return;
        if (why == cut_short && !fibers[f].cancelled && !s.refused.contains(e.end)) why = ended;
        expel(e);
        closed(e) = ++time;
        const bool last = std::ranges::max(s.ends[e.what]) < never;
        if (e.what == receives && last) s.deaf = time;
        if (e.what == sends && !s.state && (last || why != ended)) s.state = why, s.over = time;
    }

 private:
    long& closed(const clause& c) { return streams[c.channel].ends[c.what][c.end]; }
    long unreceived(int ch, long before, bool surely) {
        return std::ranges::count_if(streams[ch].items, [&](const auto& i) {
            return i.first < before &&
                   (i.second < 0 || !surely || fibers[i.second].only_waits_for_partners());
        });
    }
    long takers(int ch, long before, bool surely) {
        return std::ranges::count_if(fibers, [&](const fiber& f) {
            return f.busy && f.since < before && (!surely || f.only_waits_for_partners()) &&
                   std::ranges::any_of(f.clauses, [&](const clause& c) {
                       return c.what == receives && c.channel == ch && f.since < closed(c);
                   });
        });
    }
    /// But for those who asked before: one may be on the way to each.
    bool nothing_left(const fiber& me, int ch, long before) {
        return streams[ch].deaf < never || unreceived(ch, before, true) <= takers(ch, me.since, false);
    }
    bool comes_to(const fiber& me, const clause& c, result r, long item = 0) {
        if (c.what == after || c.what == otherwise) return r == done || r == no;
        stream& s = streams[c.channel];
        const bool heard = me.since < std::min(s.over, s.deaf);
        if (c.what == sends && r == done) {
            if (!me.taken) s.items[c.item] = -1;
            const long accepted = std::ranges::count_if(s.items, [](const auto& i) { return i.second < 0; });
            return heard && (s.deaf < never || accepted <= s.capacity + takers(c.channel, never, false));
        }
        if (s.doubtful && r != done) return true;
        if (c.what == sends && r == gone) return !heard || s.deaf < never;
        if (c.what == sends)
            return r == no && heard &&
                   unreceived(c.channel, never, false) >= s.capacity + takers(c.channel, never, true);
        if (closed(c) < me.since) return r == ended || r == no;
        if (r != done)
            return (r == s.state || (r == no && s.state <= ended)) && nothing_left(me, c.channel, never);
        const auto sent = s.items.find(item);
        if (sent == s.items.end()) return false;
        if (sent->second >= 0) {
            fibers[sent->second].taken = item;
            fibers[sent->second].lent = s.capacity == 0 && (me.does == step || me.does == select);
        }
        s.items.erase(sent);
        const auto at = s.received.emplace(me.since, item).first;
        return nothing_left(me, c.channel, item) &&
               (at == s.received.begin() || std::prev(at)->second < item) &&
               (std::next(at) == s.received.end() || std::next(at)->second > item);
    }
};

}  // namespace model
