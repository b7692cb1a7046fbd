// SPDX-License-Identifier: BSL-1.0
#include <weft/incoming.hpp>

#include <weft/reactor.hpp>

namespace weft::detail {

incoming::~incoming() {
    listen(false);
    box_->abandon();
}

// False: there is none, or it was the end.
bool incoming::bring_next() {
    post_ptr item = box_->take();
    if (!item) {
        if (box_->over()) end();
        return false;
    }
    struct undo {
        post_box& box;
        post_ptr& item;
        ~undo() {
            if (item) box.untake(std::move(item));
        }
    } unless_brought{*box_, item};
    if (!bring(*item)) return false;
    item.reset();
    return true;
}

// Whoever asks may go on to wait for an item, and that must not fail.
bool incoming::start() {
    if (stream_.buffer.empty() && !stream_.over()) bring_next();
    if (stream_.buffer.empty() && !stream_.over()) door_ = stream_.owner->outside().entrance();
    return false;
}

void incoming::awaited(bool now) noexcept { listen(now && !stream_.over()); }

void incoming::listen(bool now) noexcept {
    if (now == listens_) return;
    listens_ = now;
    reactor& outside = stream_.owner->outside();
    if (now) {
        outside.hope();
        door_->want(*this);
        box_->listen(this, door_);
    } else {
        box_->listen(nullptr, nullptr);
        if (door_->forget(*this)) outside.give_up();
    }
}

// A post has come, or the end: who waits for it takes it itself, since what items do is for a fiber to do.
void incoming::arrive() noexcept {
    listens_ = false;
    stream_.owner->outside().give_up();
    stream_.recall_takers();
}

}  // namespace weft::detail
