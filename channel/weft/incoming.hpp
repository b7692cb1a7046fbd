// SPDX-License-Identifier: BSL-1.0
// The receiving side of an inbox: the source of a stream, into which it brings posts one by one as they are asked
// for.
//
// Not for users; they have inbox.
//
// - A post leaves the box when somebody asks for an item that the stream has not got, and no earlier: the places of
//   the box are all there are, and what is dropped is dropped there.
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
    bool offers() const noexcept final { return stream_.buffer.empty() && box_->has_post(); }
    void awaited(bool) noexcept final;
    const char* kind() const noexcept final { return "inbox"; }
    void arrive() noexcept final;

 protected:
    incoming(std::shared_ptr<post_box> from, stream_core& to) noexcept : box_(std::move(from)), stream_(to) {}
    /// Nobody receives any more.
    ~incoming() override;
    /// Into the stream, which has a place for it or somebody who waits. False: no more. Throws what moving the item
    /// throws.
    virtual bool bring(post& item) = 0;
    virtual void end() noexcept = 0;

 private:
    bool bring_next();
    void listen(bool) noexcept;

    std::shared_ptr<post_box> box_;
    stream_core& stream_;
    std::shared_ptr<door> door_;
    bool listens_ = false;
};

}  // namespace weft::detail
