// SPDX-License-Identifier: BSL-1.0
// What a stream says of itself and of those who wait in it.
#include <weft/choice.hpp>

namespace weft::detail {

std::string stream_core::title() const {
    return title_of(producer ? producer->kind() : "channel", name_, made_);
}

std::string stream_core::describe(const record& r) const {
    if (r.state == fiber_state::lent || r.paused || (r.sends && &r != borrower && &r != lone_taker))
        return "to send on " + title();
    return (r.takes ? "to receive from " : "in a loop over ") + title();
}

std::string stream_core::describe(const clause_core& c) const {
    return (c.kind == clause_kind::send ? "to send on " : "to receive from ") + title();
}

void stream_core::list_ends(std::string& text) const {
    const auto line = [&](const char* kind, place made) {
        text += kind + title();
        if (made.file != made_.file || made.line != made_.line) text += made_at(made);
        text += "\n";
    };
    for (const sender_end* e = senders_; e; e = e->after) line("  a sender of ", e->made);
    for (const receiver_end* e = receivers_; e; e = e->after)
        if (e->open) line("  a receiver of ", e->made);
}

}  // namespace weft::detail
