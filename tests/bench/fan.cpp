// SPDX-License-Identifier: BSL-1.0
// One item of a stream that eight senders and eight receivers share.
#include "fan.hpp"

int main() {
    return bench::print({{"8 senders, 8 receivers", [] { return fan::item(0); }},
                         {"the same with capacity 128", [] { return fan::item(128); }}});
}
