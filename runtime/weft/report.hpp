// SPDX-License-Identifier: BSL-1.0
// What a fiber is doing, for people.
#pragma once

#include <string>

#include <weft/place.hpp>

namespace weft {

/// The state of a fiber at the moment it was asked for.
struct fiber_info {
    enum class status {
        running,  // it is the one that asks
        ready,    // it will run
        parked    // it waits
    };
    std::string name;     // as given, else the type of its function; "plain code" for that
    place spawned_at;     // unknown where it was spawned without a place
    status state;
    place waiting_at;     // where it waits
    std::string waits;    // how and on what it waits, and to whom its item is lent
};

}  // namespace weft
