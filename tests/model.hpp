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
    struct end {
        long closed = never;
        bool refused = false;  // an offer, for a cancel, a deadline or a deadlock
    };
    struct stream {
        long capacity;
        std::vector<end> ends[2] = {std::vector<end>(1), std::vector<end>(1)};  // senders, receivers
        result state = none;              // why it is over
        long over = never, deaf = never;  // since when that is, or nobody receives
        bool doubtful = false;            // nobody can know whether it is cut short
        std::set<long> accepted;  // sent, not received: in the buffer or on the way to one who waited
        std::map<long, long> received;  // by when it was asked for; items are numbered in the order of sends
    };
    struct fiber {
        bool busy = false, over = false, cancelled = false, spoiled = false, lent = false;
        int deadlines = 0;
        verb does = yield;
        std::vector<clause> clauses;
        long since = 0, taken = 0;  // which item of its clauses was received; lent: in its place
    };
    std::vector<stream> streams;
    std::vector<fiber> fibers;
    long time = 0;

    void begin(int f, verb does, const std::vector<clause>& clauses) {
        fiber& me = fibers[f];
        me = {true, false, me.cancelled, false, false, me.deadlines, does, clauses, ++time};
        for (const clause& c : clauses) me.spoiled |= c.what == sends && end_of(c).closed < never;
    }
    bool came_back(int f, result r, int chosen, long item) {
        fiber& me = fibers[f];
        const bool refused = me.does == offer && r == no;
        if (r == done && me.does != select && !me.clauses.empty()) chosen = 0;
        const bool idle = chosen >= 0 && me.clauses[chosen].what == otherwise;
        const bool all = idle || (chosen < 0 && r == done);  // nothing to do for a select; a yield
        bool may = all;
        for (const result why : {cancelled, timed_out, stuck, misused})
            may |= (r == why || refused) && has_reason(me, why);
        me.busy = false;
        for (const clause& c : me.clauses)
            if (all)
                may &= comes_to(me, c, idle ? no : ended);
            else if (chosen < 0 || &c == &me.clauses[chosen])
                may |= comes_to(me, c, refused ? gone : r, item);
        if (me.taken && (chosen < 0 || me.clauses[chosen].item != me.taken))
            may &= me.lent && r != done && r != ended;  // seen by a loop or a handler, but not moved
        if (refused && !me.spoiled) end_of(me.clauses[0]).refused = true;
        if (refused && me.spoiled && (me.cancelled || me.deadlines))
            streams[me.clauses[0].channel].doubtful = true;
        for (int ch = 0; ch < std::ssize(streams); ++ch)
            may &= streams[ch].deaf < never || std::ssize(streams[ch].accepted) <=
                                                   streams[ch].capacity + waiting(receives, ch, never, false);
        return may;
    }
    void expel(const clause& at) {  // that end is moved or closed
        for (fiber& f : fibers)
            for (const clause& c : f.clauses) f.spoiled |= c.what == at.what && &end_of(c) == &end_of(at);
    }
    void close(const clause& at, result why) {
        stream& s = streams[at.channel];
        if (end_of(at).closed < never) return;
        expel(at);
        end_of(at).closed = ++time;
        const bool last = std::ranges::all_of(s.ends[at.what], [](const end& e) { return e.closed < never; });
        if (at.what == receives && last) s.deaf = time;
        if (at.what == sends && !s.state && (last || why != ended)) s.state = why, s.over = time;
    }
    void drop_sender(int f, const clause& at) {
        close(at, fibers[f].cancelled || end_of(at).refused ? cut_short : ended);
    }

 private:
    end& end_of(const clause& c) { return streams[c.channel].ends[c.what][c.end]; }
    bool has_reason(const fiber& me, result why) {
        if (why != stuck) return why == misused ? me.spoiled : why == cancelled ? me.cancelled : me.deadlines;
        return std::ranges::all_of(fibers, [](const fiber& f) { return f.busy || f.over; });
    }
    /// Who may wait, with an item before that or since before then. Sure: only a partner or the end frees him.
    long waiting(kind what, int ch, long before, bool sure) {
        return std::ranges::count_if(fibers, [&](const fiber& f) {
            const bool weak = f.spoiled || f.cancelled || f.deadlines || f.does == select;
            return f.busy && !(sure && weak) && std::ranges::any_of(f.clauses, [&](const clause& c) {
                       return c.what == what && c.channel == ch &&
                              (what == sends ? !f.taken && c.item < before
                                             : f.since < std::min(before, end_of(c).closed));
                   });
        });
    }
    /// Nothing sent before that item is left, but for those who asked before me.
    bool nothing_left(const fiber& me, int ch, long item) {
        std::set<long>& all = streams[ch].accepted;
        return streams[ch].deaf < never ||
               std::distance(all.begin(), all.lower_bound(item)) + waiting(sends, ch, item, true) <=
                   waiting(receives, ch, me.since, false);
    }
    bool comes_to(const fiber& me, const clause& c, result r, long item = 0) {
        if (c.what == after || c.what == otherwise) return r == done || r == no;
        stream& s = streams[c.channel];
        const bool heard = me.since < s.over && me.since < s.deaf;
        if (c.what == sends && r == done && !me.taken) s.accepted.insert(c.item);
        if (s.doubtful && r != done) return true;
        if (c.what == sends && r == no)
            return heard && std::ssize(s.accepted) + waiting(sends, c.channel, never, false) >=
                                s.capacity + waiting(receives, c.channel, never, true);
        if (c.what == sends) return r == done ? heard : r == gone && (!heard || s.deaf < never);
        if (end_of(c).closed < me.since) return r == ended || r == no;
        if (r == done) return receive(me, c.channel, item) && nothing_left(me, c.channel, item);
        return (r == s.state || (r == no && s.state <= ended)) && nothing_left(me, c.channel, never);
    }
    bool receive(const fiber& me, int ch, long item) {
        stream& s = streams[ch];
        bool sent = s.accepted.erase(item);
        for (fiber& f : fibers)
            for (const clause& c : f.clauses)
                if (f.busy && !f.taken && c.what == sends && c.channel == ch && c.item == item) {
                    sent = true, f.taken = item;
                    f.lent = s.capacity == 0 && (me.does == step || me.does == select);
                }
        const auto at = s.received.emplace(me.since, item).first;
        return sent && (at == s.received.begin() || std::prev(at)->second < item) &&
               (std::next(at) == s.received.end() || std::next(at)->second > item);
    }
};

}  // namespace model
