// SPDX-License-Identifier: BSL-1.0
#include <weft/virtual_clock.hpp>

#include <weft/scheduler_core.hpp>

namespace weft {

virtual_clock::virtual_clock()
    : scheduler_(detail::core_here()), now_(scheduler_.now()), before_(scheduler_.virtual_now) {
    scheduler_.virtual_now = &now_;
}

virtual_clock::~virtual_clock() { scheduler_.virtual_now = before_; }

}  // namespace weft
