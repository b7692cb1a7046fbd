// SPDX-License-Identifier: BSL-1.0
// Fibers in a loop on poll(2).
#include "poll_host.hpp"

#include "../../demos/hosts/timeout.hpp"
#include "feeding.hpp"
#include "work.hpp"

TEST_CASE("a host that can only set a timeout does not come too early and so again and again") {
    constexpr int timers = 5;
    weft::scope fibers;
    bool ended = false;
    fibers.spawn([&] {
        for (int i = 0; i < timers; ++i) weft::sleep_for(3700us);
        ended = true;
    });
    int turns = 0;
    while (!ended) {
        ++turns;
        poll(nullptr, 0, guest_timeout());
        weft::this_thread().run_ready();
    }
    CHECK(turns <= 2 * (timers + 1));
    CHECK(guest_timeout() == -1);
    fibers.spawn([] { weft::sleep_for(std::chrono::hours(10000)); });
    CHECK(guest_timeout() == 0);
    weft::this_thread().run_ready();
    CHECK(guest_timeout() > 1000000000);
    fibers.cancel();
}
