// SPDX-License-Identifier: BSL-1.0
// Plain code's item is lent to a loop that has outlived its fiber: there is nobody to tell of the deadlock. Another
// fiber's record takes the place of the one that ended.
#include <weft/weft.hpp>

#include <optional>

int main() {
    weft::channel<int> c(0, "lent"), never(0, "never");
    std::optional<weft::receiver<int>::iterator> it;
    weft::scope f;
    f.spawn({.name = "looper", .at = {}}, [&, n = 0]() mutable {
        if (n++ > 0) return;
        it.emplace(c.receiver.begin());
        (void)**it;
    });
    f.spawn({.name = "later", .at = {}}, [&] {
        weft::yield();
        f.spawn({.name = "innocent", .at = {}}, [&, n = 0]() mutable {
            ++n;
            (void)never.receiver.receive();
        });
    });
    c.sender(1);
    return 0;
}
