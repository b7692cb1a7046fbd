// SPDX-License-Identifier: BSL-1.0
#include <weft/buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>

namespace weft::detail {

// What a block begins with; its first item is aligned, and that one's node lies right before it.
struct item_buffer::block {
    block* next;
};

namespace {

std::size_t rounded(std::size_t size, std::size_t unit) noexcept { return (size + unit - 1) / unit * unit; }

}  // namespace

item_buffer::item_buffer(const item_operations& operations) noexcept
    : alignment_(std::max(operations.alignment, alignof(std::max_align_t))),
      stride_(
          rounded(operations.size + sizeof(item_node), std::max(operations.alignment, alignof(item_node)))) {}

item_buffer::~item_buffer() {
    while (block* b = blocks_) {
        blocks_ = b->next;
        ::operator delete(b, std::align_val_t{alignment_});
    }
}

void item_buffer::add(std::size_t count) {
    const std::size_t first_item = rounded(sizeof(block) + sizeof(item_node), alignment_);
    if (count > (static_cast<std::size_t>(PTRDIFF_MAX) - first_item) / stride_)
        throw std::length_error(
            "weft: no memory can hold that many items; give the channel a smaller capacity");
    void* memory = ::operator new(first_item + count * stride_, std::align_val_t{alignment_});
    blocks_ = new (memory) block{blocks_};
    char* low = static_cast<char*>(memory) + first_item - sizeof(item_node);
    if (fresh_ == fresh_end_) {
        fresh_ = low;
        fresh_end_ = low + count * stride_;
    } else {
        for (; count > 0; --count, low += stride_) give(*reinterpret_cast<item_node*>(low));
    }
}

}  // namespace weft::detail
