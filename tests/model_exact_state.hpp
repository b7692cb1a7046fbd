// SPDX-License-Identifier: BSL-1.0
// What the exact model knows: the queues and flags of each channel, each fiber's operation, the timers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "model_words.hpp"

namespace model {

/// Where a fiber is. `lent`: its item is in use; `paused`: by a loop that was left.
enum place { running, decided, waits, lent, paused, over };

struct end {
    bool open = true, looping = false, told = false, refused = false;
    int lender = -1;  // whose item its loop has, or had when it was left
    unsigned long selected = 0;
};
struct ticket {
    int fiber, clause;
};
using queue = std::deque<ticket>;
struct channel {
    std::size_t capacity;
    std::vector<end> senders, receivers;
    std::deque<int> buffer;
    queue offers, takers;
    result state = none;  // or ended, failed, cut_short
};
struct fiber {
    place is = decided;
    verb does = sleep;
    std::vector<clause> clauses;
    result came_to = done;
    int chosen = -1, item = 0, lender = -1, borrower = -1, expired = 0;
    bool cancelled = false, moved = false, spoiled = false;
};
struct timer {
    long when;
    int fiber, chosen, deadline;  // one that is not 0, or that clause of its operation
};

struct world_state {
    std::vector<channel> channels;
    std::vector<fiber> fibers;  // the first is plain code
    std::vector<timer> timers;  // in the order of arming
    long now = 0;
    int deadlines = 0;
    unsigned long selects = 0;

    end& end_of(const clause& c) {
        return (c.what == sends ? channels[c.channel].senders : channels[c.channel].receivers)[c.end];
    }
    queue& queue_of(const clause& c) {
        return c.what == sends ? channels[c.channel].offers : channels[c.channel].takers;
    }
    static bool any_open(const std::vector<end>& ends) {
        return std::any_of(ends.begin(), ends.end(), [](const end& e) { return e.open; });
    }
    result refusal(int f) const {
        return fibers[f].cancelled ? cancelled : fibers[f].expired ? timed_out : none;
    }
    bool all_over() const {
        return std::all_of(fibers.begin() + 1, fibers.end(), [](const fiber& f) { return f.is == over; });
    }
    /// Nobody can do anything.
    bool quiet() const {
        return std::none_of(fibers.begin(), fibers.end(), [](const fiber& f) { return f.is <= decided; });
    }
    /// Plain code, or the last borrower of its item.
    int told_of_deadlock() const {
        int f = 0;
        while (fibers[f].is == lent) f = fibers[f].borrower;
        return f;
    }
    bool somebody_waits_in(int ch, int receiver) const {
        const queue& q = channels[ch].takers;
        return std::any_of(q.begin(), q.end(), [&](const ticket& t) {
            return fibers[t.fiber].clauses[t.clause].end == receiver;
        });
    }
    bool waits_for_anything(int f) const {
        const auto is_its = [f](const auto& t) { return t.fiber == f; };
        const auto has = [&](const queue& q) { return std::any_of(q.begin(), q.end(), is_its); };
        return std::any_of(channels.begin(), channels.end(),
                           [&](const channel& c) { return has(c.offers) || has(c.takers); }) ||
               std::any_of(timers.begin(), timers.end(),
                           [f](const timer& t) { return t.fiber == f && !t.deadline; });
    }
    /// Its operation is over, as soon as it runs; it stands in no queue any more.
    void decide(int f, result came_to, int chosen = -1) {
        for (channel& c : channels) {
            for (queue* q : {&c.offers, &c.takers})
                std::erase_if(*q, [f](const ticket& t) { return t.fiber == f; });
            for (end& e : c.receivers)
                if (e.lender == f) e.lender = -1;
        }
        std::erase_if(timers, [f](const timer& t) { return t.fiber == f && !t.deadline; });
        fibers[f].is = decided;
        fibers[f].came_to = came_to;
        fibers[f].chosen = chosen;
    }
    std::vector<timer>::iterator first_timer() {
        return std::min_element(timers.begin(), timers.end(),
                                [](const timer& a, const timer& b) { return a.when < b.when; });
    }
};

}  // namespace model
