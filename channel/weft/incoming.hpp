// SPDX-License-Identifier: BSL-1.0
// The receiving side of an inbox: the source of a stream, to which it hands posts one by one as they are asked for.
//
// Not for users; they have inbox.
//
// - A post leaves the box when somebody gets it, and no earlier: the places of the box are all there are, and what is
//   dropped is dropped there. Who waits gets one in his turn; before that nobody else does.
// - The item is never moved on its way: it lies in its post, and the post is deleted when the item's use is over.
// - Where somebody waits for an item, the box is listened to, and the thread is in no deadlock; where nobody does, it
//   is not, and posts wake nobody.
// - It belongs to the stream, and so to the thread that made it.
#pragma once

#include <memory>
#include <utility>

#include <weft/door.hpp>
#include <weft/post_box.hpp>
#include <weft/stream.hpp>

namespace weft::detail {

class WEFT_API incoming : public source, public wake {
 public:
    bool start() final;
    bool offers() noexcept final;
    void prepare() final;
    void awaited(bool) noexcept final;
    void put_back(void*) noexcept final;
    const char* kind() const noexcept final { return "inbox"; }
    void arrive() noexcept final;

 protected:
    incoming(std::shared_ptr<post_box> from, stream_core& to) noexcept : box_(std::move(from)), stream_(to) {}
    /// Nobody receives any more.
    ~incoming() override;
    virtual post& post_of_item(void* item) const noexcept = 0;

 private:
    void serve() noexcept;
    void listen(bool) noexcept;

    std::shared_ptr<post_box> box_;
    stream_core& stream_;
    std::shared_ptr<door> door_;
    bool serves_ = false;
    bool listens_ = false;
};

}  // namespace weft::detail
