// SPDX-License-Identifier: BSL-1.0
// The reference model: nothing lost, nothing twice, order kept, no outcome without a reason. It is told what
// happens, as it happens, and says whether that may be; it does not know who runs when, nor what time it is.
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
        bool refused = false, perhaps = false;  // an offer was, for a cancel, a deadline or a deadlock
    };
    struct stream {
        long capacity;
        std::vector<end> senders = std::vector<end>(1), receivers = std::vector<end>(1);
        result state = none;  // why it is over, and since when; doubtful: nobody can know
        long over = never;
        bool doubtful = false;
        std::set<int> accepted;  // sent, not received: in the buffer or on the way to who waited for it
        std::map<long, int> received;  // by the time it was asked for; items are numbered as they are sent
        long deaf() const {
            long last = 0;
            for (const end& r : receivers) last = std::max(last, r.closed);
            return last;
        }
    };
    struct fiber {
        bool busy = false, over = false, cancelled = false, spoiled = false, lent = false;
        int deadlines = 0, taken = 0;  // taken: the item of its operation that somebody received
        verb does = yield;
        std::vector<clause> clauses;
        long since = 0;
    };
    std::vector<stream> streams;
    std::vector<fiber> fibers;
    long time = 0;

    void begin(int f, verb does, std::vector<clause> clauses) {
        fiber& me = fibers[f];
        me = {true, false, me.cancelled, false, false, me.deadlines, 0, does, std::move(clauses), ++time};
        for (const clause& c : me.clauses)
            me.spoiled |= c.what == sends && streams[c.channel].senders[c.end].closed < never;
    }
    bool came_back(int f, result r, int chosen, int item) {
        fiber& me = fibers[f];
        const bool refused = me.does == offer && r == no;
        bool may = r == done;  // a yield, a join; a select all of whose streams have ended
        for (const result why : {cancelled, timed_out, stuck, misused})
            may |= (r == why || refused) && reason(me, why);
        me.busy = false;
        if (r == done && me.does != select && !me.clauses.empty()) chosen = 0;
        if (chosen >= 0)
            may = comes_to(me, me.clauses[chosen], r, item);
        else
            for (const clause& c : me.clauses)
                may = r == done ? may && comes_to(me, c, ended) : may || comes_to(me, c, refused ? gone : r);
        if (me.taken && (chosen < 0 || me.clauses[chosen].item != me.taken))
            may &= me.lent && r != done && r != ended;  // seen by a loop or a handler, and still the sender's
        if (refused) {
            end& e = streams[me.clauses[0].channel].senders[me.clauses[0].end];
            (me.spoiled ? e.perhaps : e.refused) |= !me.spoiled || me.cancelled || me.deadlines;
        }
        for (int ch = 0; ch < static_cast<int>(streams.size()); ++ch)
            may &= streams[ch].deaf() < never ||
                   accepted(ch) <= streams[ch].capacity + waiting(receives, ch, never, false);
        return may;
    }
    void expel(kind what, int ch, int e) {
        for (fiber& f : fibers)
            for (const clause& c : f.clauses) f.spoiled |= c.what == what && c.channel == ch && c.end == e;
    }
    void close(kind what, int ch, int e, result state) {
        stream& s = streams[ch];
        end& it = (what == sends ? s.senders : s.receivers)[e];
        if (it.closed < never) return;
        expel(what, ch, e);
        it.closed = ++time;
        if (state == ended && what == sends)
            for (const end& other : s.senders) state = other.closed == never ? none : state;
        if (what == sends && s.state == none && state != none) s.state = state, s.over = ++time;
    }
    void drop_sender(int f, int ch, int e) {
        const end& it = streams[ch].senders[e];
        const bool cuts = fibers[f].cancelled || it.refused;
        streams[ch].doubtful |= it.closed == never && it.perhaps && !cuts;
        close(sends, ch, e, cuts ? cut_short : ended);
    }

 private:
    bool reason(const fiber& me, result why) const {
        if (why != stuck) return why == misused ? me.spoiled : why == cancelled ? me.cancelled : me.deadlines;
        bool all = true;  // nobody can run, and no two wait for each other
        for (const fiber& f : fibers) all &= f.busy || f.over;
        for (int ch = 0; ch < static_cast<int>(streams.size()); ++ch)
            all &= !waiting(sends, ch, never, true) || !waiting(receives, ch, never, true);
        return all;
    }
    long accepted(int ch, int before = 1 << 30) const {
        const std::set<int>& all = streams[ch].accepted;
        return std::distance(all.begin(), all.lower_bound(before));
    }
    /// Who waits, for all that is known, with an item before that one, or since before that time. For sure:
    /// nothing but a partner or news of the stream can have been the end of it.
    long waiting(kind what, int ch, long before, bool sure) const {
        return std::count_if(fibers.begin(), fibers.end(), [&](const fiber& f) {
            if (!f.busy || (sure && (f.spoiled || f.cancelled || f.deadlines || f.does == select)))
                return false;
            return std::any_of(f.clauses.begin(), f.clauses.end(), [&](const clause& c) {
                if (c.what != what || c.channel != ch) return false;
                if (what == sends) return !f.taken && c.item < before;
                return f.since < before && f.since < streams[ch].receivers[c.end].closed;
            });
        });
    }
    bool comes_to(const fiber& me, const clause& c, result r, int item = 0) {
        if (c.what == after) return r == done;
        if (c.what == otherwise)
            return r == done && std::all_of(me.clauses.begin(), me.clauses.end(), [&](const clause& other) {
                       return other.what == after || other.what == otherwise || comes_to(me, other, no);
                   });
        stream& s = streams[c.channel];
        const bool alive = me.since < s.over && me.since < s.deaf();
        if (s.doubtful && r != done) return true;
        if (c.what == sends && r == done) {
            if (!me.taken) s.accepted.insert(c.item);
            return alive;
        }
        if (c.what == sends && r == gone) return s.deaf() < never || !alive;
        if (c.what == sends)
            return r == no && alive &&
                   accepted(c.channel) + waiting(sends, c.channel, never, false) >=
                       s.capacity + waiting(receives, c.channel, never, true);
        if (me.since > s.receivers[c.end].closed) return r == ended || (r == no && me.does == select);
        if (r == done) return receive(me, c.channel, item) && nothing_left(me, c.channel, item);
        const bool over =
            r == s.state || (r == no && (s.state == none || (s.state == ended && me.does == select)));
        return over && nothing_left(me, c.channel, 1 << 30);
    }
    /// Nothing sent before that item waits, but for those who asked before me.
    bool nothing_left(const fiber& me, int ch, int before) const {
        return streams[ch].deaf() < never || accepted(ch, before) + waiting(sends, ch, before, true) <=
                                                 waiting(receives, ch, me.since, false);
    }
    bool receive(const fiber& me, int ch, int item) {
        stream& s = streams[ch];
        bool sent = s.accepted.erase(item);
        for (fiber& f : fibers)
            for (const clause& c : f.clauses)
                if (f.busy && !f.taken && c.what == sends && c.channel == ch && c.item == item) {
                    f.taken = item, sent = true;
                    f.lent = s.capacity == 0 && (me.does == step || me.does == select);
                }
        const auto at = s.received.emplace(me.since, item).first;
        return sent && (at == s.received.begin() || std::prev(at)->second < item) &&
               (std::next(at) == s.received.end() || std::next(at)->second > item);
    }
};

}  // namespace model
