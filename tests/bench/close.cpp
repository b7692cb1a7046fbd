// SPDX-License-Identifier: BSL-1.0
// The destructor of a scope, where many close at once, side by side or one within the other: what each costs must not
// grow with their number.
#include <weft/weft.hpp>

#include "bench.hpp"

namespace {

using bench::each;

double side_by_side(int n) {
    return each(n, [n] {
        weft::scope fibers;
        for (int i = 0; i < n; ++i)
            fibers.spawn([] {
                weft::scope own;
                own.spawn([] { weft::yield(); });
            });
        fibers.join();
    });
}

void open_nested(int n) {
    if (n == 0) return;
    weft::scope own;
    own.spawn(open_nested, n - 1);
}

double nested(int n) {
    return each(n, [n] { open_nested(n); });
}

double dropped(int n) {
    weft::generator<int> g([](weft::sink<int> send) {
        for (int i = 0;; ++i) send(int(i));
    });
    for (int i = 0; i < n; ++i)
        g = weft::generator<int>([in = std::move(g)](weft::sink<int> send) {
            for (int item : in) send(int(item));
        });
    (void)g.receive();
    return each(n, [&] { const auto gone = std::move(g); });
}

}  // namespace

int main() {
    std::vector<bench::row> rows;
    for (const int n : {500, 4000}) {
        const std::string of = ", one of " + std::to_string(n);
        rows.push_back({"scopes side by side" + of, [n] { return side_by_side(n); }});
        rows.push_back({"scopes within each other" + of, [n] { return nested(n); }});
        rows.push_back({"nested generators dropped" + of, [n] { return dropped(n); }});
    }
    return bench::print(rows);
}
