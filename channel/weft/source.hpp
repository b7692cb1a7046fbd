// SPDX-License-Identifier: BSL-1.0
// Where the items of a stream come from that nobody but itself sends to: a generator's function, or an inbox.
//
// Not for users.
#pragma once

#include <weft/export.hpp>

namespace weft::detail {

/// Where a stream's items come from, if it has a source of its own. Destroying it waits for its end.
class WEFT_API source {
 public:
    virtual ~source() = default;
    /// An item is asked for. True: it needs to hear of that once only.
    virtual bool start() = 0;
    /// Whether asking would bring one at once.
    virtual bool offers() noexcept { return false; }
    /// Somebody is going to wait for an item. Throws if that can not be.
    virtual void prepare() {}
    /// Whether somebody waits for an item now.
    virtual void awaited(bool) noexcept {}
    /// An item that it brought is still its.
    virtual void put_back(void*) noexcept {}
    /// What reports call the stream.
    virtual const char* kind() const noexcept = 0;

 protected:
    source() = default;
};

}  // namespace weft::detail
