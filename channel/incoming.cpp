// SPDX-License-Identifier: BSL-1.0
#include <weft/incoming.hpp>

#include <weft/reactor.hpp>

namespace weft::detail {

incoming::~incoming() {
    listen(false);
    box_->abandon();
}

// Those who wait come first.
void incoming::serve() noexcept {
    serves_ = true;
    while (stream_.has_waiting_taker()) {
        post_ptr next = box_->take();
        if (!next) break;
        stream_.lay(next.release()->item);
    }
    serves_ = false;
    awaited(stream_.has_waiting_taker());
}

bool incoming::start() {
    serve();
    if (!stream_.buffer.empty()) return false;
    if (post_ptr next = box_->take())
        stream_.lay(next.release()->item);
    else if (box_->over())
        stream_.finish();
    return false;
}

bool incoming::offers() noexcept {
    serve();
    return stream_.buffer.empty() && box_->has_post();
}

void incoming::prepare() { door_ = stream_.owner->outside().entrance(); }

void incoming::awaited(bool now) noexcept {
    if (!serves_) listen(now);
}

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

// A post has come, or the end.
void incoming::arrive() noexcept {
    listens_ = false;
    stream_.owner->outside().give_up();
    serve();
    if (stream_.has_waiting_taker() && box_->over()) stream_.finish();
}

void incoming::put_back(void* item) noexcept {
    box_->untake(post_ptr(&post_of_item(item)));
    serve();
}

}  // namespace weft::detail
