// SPDX-License-Identifier: BSL-1.0
// The words in which the models of the model test are told what happens: operations, clauses, results.
#pragma once

namespace model {

/// What an operation comes to. `no`: a try that found nothing, an offer that was refused.
enum result { none, done, no, ended, gone, failed, cut_short, cancelled, timed_out, stuck, misused };
inline const char* name_of(result r) {
    constexpr const char* names[] = {"nothing",       "success",   "a refusal",     "the end",
                                     "receiver_gone", "a failure", "stream_failed", "cancelled",
                                     "timed_out",     "deadlock",  "a misuse"};
    return names[r];
}
/// Every one is a select of its clauses: a send, a receive, a step have one, a sleep has an `after`.
enum verb { send, offer, try_send, receive, try_receive, step, select, sleep, yield, join };
inline const char* name_of(verb v) {
    constexpr const char* names[] = {"send", "offer",  "try_send", "receive", "try_receive",
                                     "step", "select", "sleep",    "yield",   "join"};
    return names[v];
}
enum kind { sends, receives, after, otherwise };
struct clause {
    kind what;
    int channel = 0, end = 0, item = 0;
    bool hears_end = false;
    long delay = 0;
};

}  // namespace model
