// SPDX-License-Identifier: BSL-1.0
#include <weft/virtual_clock.hpp>

#include <weft/scheduler_core.hpp>

namespace weft {

virtual_clock::virtual_clock()
    : scheduler_(detail::core_here()), now_(scheduler_.now()), before_(scheduler_.virtual_now) {
    scheduler_.virtual_now = &now_;
    scheduler_.time_changed();
}

virtual_clock::~virtual_clock() {
    scheduler_.virtual_now = before_;
    scheduler_.time_changed();
}

void virtual_clock::advance(clock::duration length) noexcept {
    now_ += length;
    scheduler_.time_changed();
}

}  // namespace weft
