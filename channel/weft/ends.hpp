// SPDX-License-Identifier: BSL-1.0
// What the handles of a stream's ends refer to.
//
// Not for users. The stream owns the ends; a handle may be gone while a call or a loop still uses its end.
#pragma once

#include <cstdint>

#include <weft/record.hpp>

namespace weft {

/// What try_send() did.
enum class send_status {
    sent,  // a receiver that waited has the item, or the buffer
    full,  // nobody waits for one now, and the buffer has no place; the item is still the caller's
    closed  // nobody will: the last receiver is gone, or the stream has failed
};

namespace detail {

class stream_core;
struct clause_core;

/// What a sender's handle refers to.
struct sender_end {
    stream_core* stream = nullptr;
    sender_end* before = nullptr;  // in the stream's list of open senders
    sender_end* after = nullptr;
    std::uint64_t fiber = 0;       // in which the handle was last moved,
    unsigned in_flight = 0;        // and the exceptions that unwound it then
    unsigned waiting = 0;          // records in `offers` that wait in this end
    unsigned recalled = 0;         // records taken out of there that have not run since
    unsigned selects = 0;          // that may look at it again: it stays for them, though closed
    bool open = false;
    bool refused = false;    // an offer was refused for a cancel or a deadline: the stream is cut short
    bool unheard = false;    // a send was refused because nobody listens
    bool embedded = false;   // it lies in the stream's own memory
    std::uint64_t selected = 0;  // when a select last chose it
    place made;
};

/// What a receiver's handle and its loop refer to.
struct receiver_end {
    // Hot: as long as one cache line.
    stream_core* stream = nullptr;
    void* item = nullptr;      // what the loop looks at; null: to be fetched
    record* lender = nullptr;  // whose item it is, or was until ++
    record* kept = nullptr;    // the same when something is unusual, or when the loop was left
    void* owned = nullptr;     // the item, if it lies in a place that this end has in hand
    unsigned references = 1;   // the handle's, the loop's, and those of calls that wait in it
    bool open = false;         // the handle is there and not closed
    bool looping = false;      // an iterator lives
    bool told = false;         // a select has told of the end of the stream
    place begun;

    receiver_end* before = nullptr;
    receiver_end* after = nullptr;
    record* looper = nullptr;  // the fiber that began the loop; null: it has ended
    std::uint64_t selected = 0;  // when a select last chose it
    unsigned waiting = 0;      // records in `takers` that wait in this end
    place made;

    void hold() noexcept { ++references; }
    /// Comes back for another item; false: the stream has ended. The place is where the loop began.
    template <class T>
    WEFT_HOT bool fetch();
};

/// The lists of a stream's ends.
template <class End>
void link(End*& list, End& e) noexcept {
    e.before = nullptr;
    e.after = list;
    if (list) list->before = &e;
    list = &e;
}

template <class End>
void unlink(End*& list, End& e) noexcept {
    (e.before ? e.before->after : list) = e.after;
    if (e.after) e.after->before = e.before;
}

/// The end that a record or a clause names.
inline sender_end& sender_of(const void* end) noexcept {
    return *static_cast<sender_end*>(const_cast<void*>(end));
}
inline receiver_end& receiver_of(const void* end) noexcept {
    return *static_cast<receiver_end*>(const_cast<void*>(end));
}

/// What was found for a receiver: nothing, an item that a sender waits with, or one in a place of the buffer.
struct found_item {
    record* lender = nullptr;
    void* stored = nullptr;
};

}  // namespace detail

}  // namespace weft
