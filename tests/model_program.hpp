// SPDX-License-Identifier: BSL-1.0
// Random programs for the model test: what they are made of, and how one is made from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace test {

enum class act : unsigned char {
    send,
    offer,
    try_send,
    receive,
    try_receive,
    loop,
    select,
    yield,
    sleep,
    deadline,
    cancel,
    clone_sender,
    clone_receiver,
    move_sender,
    move_receiver,
    close_sender,
    drop_sender,
    fail,
    close_receiver,
    // Clauses of a select.
    on_receive,
    on_receive_or_end,
    on_send,
    after,
    otherwise
};
inline constexpr const char* act_names[] = {"send",           "offer",       "try_send",
                                            "receive",        "try_receive", "loop",
                                            "select",         "yield",       "sleep",
                                            "deadline",       "cancel",      "clone_sender",
                                            "clone_receiver", "move_sender", "move_receiver",
                                            "close_sender",   "drop_sender", "fail",
                                            "close_receiver", "on_receive",  "on_receive_or_end",
                                            "on_send",        "after",       "otherwise"};

/// What a fiber does, and what it does inside: in a loop's body, a handler, a deadline.
struct action {
    act what;
    int channel = 0;
    int end = 0;     // modulo the number of ends there are
    int number = 1;  // times, items, ticks, or the fiber to cancel
    std::vector<action> clauses, body;
};

struct program {
    std::vector<int> capacities, senders, receivers;
    std::vector<std::vector<action>> fibers;  // the first is plain code
    int item = 0;                             // which type
    bool tired = false;                       // the hand-overs in a row are always used up
};

/// A small generator of our own: the same programs with every library.
class dice {
 public:
    explicit dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
    int operator()(int sides) {
        state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
        return static_cast<int>((state_ >> 33) % static_cast<unsigned>(sides));
    }
    bool once_in(int n) { return (*this)(n) == 0; }

 private:
    std::uint64_t state_;
};

class author {
 public:
    explicit author(std::uint64_t seed) : roll_(seed) {
        for (int i = 0; i < 8; ++i) roll_(2);
    }

    program write() {
        program p;
        p.item = roll_(3);
        p.tired = roll_.once_in(3);
        const int fibers = 2 + roll_(5);
        for (int c = 1 + roll_(3); c > 0; --c) {
            p.capacities.push_back(roll_.once_in(2) ? 0 : roll_(4));
            p.senders.push_back(1 + roll_(fibers));
            p.receivers.push_back(1 + roll_(fibers));
        }
        channels_ = static_cast<int>(p.capacities.size());
        fibers_ = fibers;
        closings_ = roll_(3);
        const int length = 2 + roll_(roll_.once_in(4) ? 30 : 9);
        for (self_ = 0; self_ < fibers; ++self_) {
            p.fibers.push_back(several(1 + roll_(length), 0));
            if (roll_.once_in(4)) p.fibers.back().push_back(at_end(act::close_sender));
            if (roll_.once_in(4)) p.fibers.back().push_back(at_end(act::close_receiver));
        }
        return p;
    }

 private:
    std::vector<action> several(int n, int depth) {
        std::vector<action> all;
        while (n-- > 0) all.push_back(any(depth));
        return all;
    }
    action at_end(act what) { return {what, roll_(channels_), end(), 1, {}, {}}; }
    /// Mostly one's own; but some are shared.
    int end() { return roll_.once_in(5) ? roll_(6) : self_; }
    int some() { return roll_.once_in(40) ? 50 + roll_(40) : 1 + roll_(3); }
    int ticks() { return roll_.once_in(8) ? 0 : 1 + roll_(6); }

    action any(int depth) {
        static constexpr struct {
            act what;
            int weight;
        } usual[] = {{act::send, 16},          {act::offer, 8},       {act::try_send, 5},
                     {act::receive, 14},       {act::try_receive, 5}, {act::loop, 14},
                     {act::select, 20},        {act::yield, 6},       {act::sleep, 5},
                     {act::deadline, 6},       {act::cancel, 2},      {act::clone_sender, 1},
                     {act::clone_receiver, 1}, {act::move_sender, 1}, {act::move_receiver, 1}},
          closing[] = {
              {act::close_sender, 4}, {act::drop_sender, 3}, {act::fail, 1}, {act::close_receiver, 4}};
        const bool closes = closings_ && roll_.once_in(closings_ == 1 ? 20 : 7);
        int total = 0;
        const auto choose = [&](const auto& from) {
            for (const auto& w : from) total += w.weight;
            int rest = roll_(total);
            for (const auto& w : from)
                if ((rest -= w.weight) < 0) return w.what;
            return act::yield;
        };
        action a{closes ? choose(closing) : choose(usual), roll_(channels_), end(), 1, {}, {}};
        switch (a.what) {
            case act::send:
            case act::offer:
            case act::receive:
                a.number = some();
                break;
            case act::loop:
                a.number = some();
                if (depth < 2 && roll_.once_in(2)) a.body = several(1 + roll_(2), depth + 1);
                break;
            case act::select:
                a.number = some();
                if (depth < 2 && roll_.once_in(4)) a.body = several(1 + roll_(2), depth + 1);
                for (int n = 1 + roll_(4); n > 0; --n) a.clauses.push_back(clause());
                break;
            case act::sleep:
                a.number = ticks();
                break;
            case act::deadline:
                a.number = ticks();
                a.body = several(1 + roll_(4), depth < 2 ? depth + 1 : 2);
                if (depth >= 2) a.body.clear();
                break;
            case act::cancel:
                a.number = 1 + roll_(fibers_ > 1 ? fibers_ - 1 : 1);
                break;
            default:
                break;
        }
        return a;
    }
    action clause() {
        static constexpr act kinds[] = {
            act::on_receive, act::on_receive, act::on_receive_or_end, act::on_send, act::on_receive_or_end,
            act::on_send,    act::on_send,    act::on_receive,        act::after,   act::otherwise};
        return {kinds[roll_(10)], roll_(channels_), end(), ticks(), {}, {}};
    }

    dice roll_;
    int channels_ = 0, fibers_ = 0, self_ = 0, closings_ = 0;
};

/// As text, a line for each fiber.
inline std::string text_of(const std::vector<action>& actions) {
    std::string text;
    for (const action& a : actions) {
        text += text.empty() ? "" : "; ";
        text += act_names[static_cast<int>(a.what)];
        text +=
            " c" + std::to_string(a.channel) + " e" + std::to_string(a.end) + " n" + std::to_string(a.number);
        if (!a.clauses.empty()) text += " (" + text_of(a.clauses) + ")";
        if (!a.body.empty()) text += " {" + text_of(a.body) + "}";
    }
    return text;
}
inline std::string text_of(const program& p) {
    std::string text = "item type " + std::to_string(p.item) + (p.tired ? ", tired" : "");
    for (std::size_t c = 0; c < p.capacities.size(); ++c)
        text += "; channel " + std::to_string(c) + ": capacity " + std::to_string(p.capacities[c]) + ", " +
                std::to_string(p.senders[c]) + " senders, " + std::to_string(p.receivers[c]) + " receivers";
    for (std::size_t f = 0; f < p.fibers.size(); ++f)
        text += (f ? "\n  fiber " + std::to_string(f) : "\n  plain code") + ": " + text_of(p.fibers[f]);
    return text;
}

}  // namespace test
