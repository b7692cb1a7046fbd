// SPDX-License-Identifier: BSL-1.0
#include <weft/buffer.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>

namespace weft::detail {

// What a block begins with. The places come next, and then the ring, if there is a new one.
struct item_buffer::block {
    block* next;
};

namespace {

std::size_t rounded(std::size_t size, std::size_t unit) noexcept { return (size + unit - 1) / unit * unit; }

}  // namespace

item_buffer::item_buffer(const item_operations& operations) noexcept
    : stride_(rounded(operations.size, operations.alignment)),
      alignment_(std::max(operations.alignment, alignof(std::max_align_t))) {}

item_buffer::~item_buffer() {
    while (block* b = blocks_) {
        blocks_ = b->next;
        ::operator delete(b, std::align_val_t{alignment_});
    }
}

void item_buffer::add(std::size_t count) {
    const std::size_t first_place = rounded(sizeof(block), alignment_);
    // A ring is at most twice as long as need be, and one place may be there already.
    if (count > (static_cast<std::size_t>(PTRDIFF_MAX) / 2 - first_place) / (stride_ + 4 * sizeof(void*)))
        throw std::length_error(
            "weft: no memory can hold that many items; give the channel a smaller capacity");
    const std::size_t ring = std::bit_ceil(places_ + count);
    const bool longer = ring > mask_ + 1;
    const std::size_t size = rounded(count * stride_, alignof(void*));
    void* memory =
        ::operator new(first_place + size + longer * ring * sizeof(void*), std::align_val_t{alignment_});
    blocks_ = new (memory) block{blocks_};
    places_ += count;
    char* low = static_cast<char*>(memory) + first_place;
    if (longer) {
        void** to = reinterpret_cast<void**>(low + size);
        for (std::size_t i = popped_; i != given_; ++i) to[i & (ring - 1)] = ring_[i & mask_];
        ring_ = to;
        mask_ = ring - 1;
    }
    if (fresh_ == fresh_end_) {
        fresh_ = low;
        fresh_end_ = low + count * stride_;
    } else {
        for (; count > 0; --count, low += stride_) give(low);
    }
}

// A fresh place becomes a free one.
bool item_buffer::carve() noexcept {
    if (fresh_ == fresh_end_) return false;
    give(fresh_);
    fresh_ += stride_;
    return true;
}

}  // namespace weft::detail
