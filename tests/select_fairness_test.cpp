// SPDX-License-Identifier: BSL-1.0
// The end that was chosen least recently is taken: none starves, and the order is always the same.
#include <weft/weft.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "select_support.hpp"

using test::nothing;
using test::Trace;
using weft::on;
using weft::otherwise;

namespace {

constexpr int rounds = 10000;

/// A channel that always has an item, since what is taken is put back.
struct Full {
    weft::channel<int> c{1};
    int taken = 0;
    Full() { c.sender(1); }
    auto clause() {
        return on(c.receiver, [this](int n) {
            ++taken;
            c.sender(int(n));
        });
    }
};

}  // namespace

TEST_CASE("Two clauses that are always ready are chosen equally often") {
    Full a, b;
    for (int i = 0; i < rounds; ++i) weft::select(a.clause(), b.clause());
    CHECK(a.taken == rounds / 2);
    CHECK(b.taken == rounds / 2);
}

TEST_CASE("Clauses take turns also with an otherwise and wherever they stand") {
    Full a, b, c;
    for (int i = 0; i < rounds; ++i) {
        if (i % 2)
            weft::select(a.clause(), otherwise(nothing), b.clause(), c.clause());
        else
            weft::select(c.clause(), b.clause(), a.clause(), otherwise(nothing));
    }
    for (const Full* each : {&a, &b, &c}) {
        CHECK(each->taken >= rounds / 3);
        CHECK(each->taken <= rounds / 3 + 1);
    }
}

TEST_CASE("Five clauses of one channel share its items equally") {
    std::array<int, 5> shares{};
    Full full;
    for (int i = 0; i < rounds; ++i) {
        const auto place =
            weft::select(full.clause(), full.clause(), full.clause(), full.clause(), full.clause());
        ++shares.at(place);
    }
    for (int share : shares) CHECK(share == rounds / 5);
}

TEST_CASE("Duplicates of one channel do not take the share of another") {
    Full often, once;
    for (int i = 0; i < rounds; ++i)
        weft::select(often.clause(), often.clause(), once.clause(), often.clause(), often.clause());
    CHECK(once.taken == rounds / 2);
    CHECK(often.taken == rounds / 2);
}

TEST_CASE("Sending and receiving are chosen equally often") {
    int sent = 0, received = 0;
    Full full;
    weft::channel<int> hole(1);
    for (int i = 0; i < rounds; ++i)
        weft::select(on(hole.sender, 1,
                        [&] {
                            ++sent;
                            hole.receiver.receive();
                        }),
                     on(full.c.receiver, [&](int) {
                         ++received;
                         full.c.sender(1);
                     }));
    CHECK(sent == rounds / 2);
    CHECK(received == rounds / 2);
}

TEST_CASE("A clause that becomes ready seldom is served the next time") {
    Full busy, rare;
    rare.c.receiver.receive();
    weft::select(busy.clause());
    for (int i = 0; i < rounds; ++i) {
        if (i % 10 == 0) rare.c.sender(1);
        const int before = rare.taken;
        weft::select(busy.clause(), on(rare.c.receiver, [&](int) { ++rare.taken; }));
        if (i % 10 == 0) CHECK(rare.taken == before + 1);
    }
}

TEST_CASE("Two producers that always wait get through equally often") {
    std::array<int, 2> got{};
    weft::channel<int> a, b;
    weft::scope fibers;
    for (auto* c : {&a, &b})
        fibers.spawn([send = std::move(c->sender)] {
            while (send.offer(1)) {
            }
        });
    for (int i = 0; i < rounds; ++i)
        weft::select(on(a.receiver, [&](int) { ++got[0]; }), on(b.receiver, [&](int) { ++got[1]; }));
    CHECK(got[0] == rounds / 2);
    CHECK(got[1] == rounds / 2);
    a.receiver.close();
    b.receiver.close();
    fibers.join();
}

TEST_CASE("Several selects on the same channels starve none of them nor each other") {
    constexpr int fibers_count = 4;
    std::array<int, 2> got{};
    std::array<int, fibers_count> shares{};
    weft::channel<int> a, b;
    weft::scope fibers;
    for (auto* c : {&a, &b})
        fibers.spawn([send = std::move(c->sender)] {
            for (int i = 0; i < rounds; ++i) send(1);
        });
    for (int n = 0; n < fibers_count; ++n)
        fibers.spawn([&, n] {
            const auto count = [&](int which) { ++got[which], ++shares[n]; };
            while (weft::select(on(a.receiver, [&](int) { count(0); }),
                                on(b.receiver, [&](int) { count(1); })) != std::size_t(-1)) {
            }
        });
    fibers.join();
    CHECK(got[0] == rounds);
    CHECK(got[1] == rounds);
    for (int share : shares) CHECK(share >= rounds / fibers_count);
}

TEST_CASE("What a select waited for counts as chosen as well") {
    for (const bool sends : {true, false}) {
        Trace trace;
        weft::channel<int> a, b, never;
        weft::scope fibers;
        auto chooser = fibers.spawn([&, sends] {
            const auto once = [&] {
                const auto took = [&](int n) { trace("got", n); };
                if (sends) return weft::select(on(a.sender, 0, nothing), on(b.sender, 0, nothing));
                return weft::select(on(a.receiver, took), on(b.receiver, took));
            };
            trace(once());  // it waits for the first
            weft::yield();
            weft::yield();
            trace(once());
            trace(once());
        });
        weft::yield();
        for (auto* c : {&b, &a, &b})
            fibers.spawn([c, sends] {
                sends ? static_cast<void>(c->receiver.receive()) : c->sender(int(c->sender.size()));
            });
        chooser.join();
        const std::string text = trace.take();
        CHECK(text == (sends ? "1, 0, 1" : "got 0, 1, got 0, 0, got 0, 1"));
    }
}

TEST_CASE("Ended streams are told of one after the other and live ones are served in between") {
    Trace trace;
    std::vector<weft::channel<int>> gone(3);
    for (auto& c : gone) c.sender.close();
    Full live;
    const auto end = [&](int n) {
        return on(
            gone[n].receiver, [](int) {}, [&trace, n] { trace("end", n); });
    };
    for (int i = 0; i < 8; ++i) {
        const int before = live.taken;
        weft::select(end(0), end(1), live.clause(), end(2));
        if (live.taken > before) trace("item");
    }
    std::string text = trace.take();
    for (int n = 0; n < 3; ++n) {
        const std::string told = "end " + std::to_string(n);
        CHECK(test::contains(text, told));
        CHECK(text.find(told) == text.rfind(told));
    }
    CHECK(live.taken == 5);
    // Each of the four is served once before the item comes again.
    CHECK(text.find("item") == text.rfind("item", text.rfind("end") + 7));
}

TEST_CASE("A failed stream does not keep live ones from being served") {
    weft::channel<int> failed;
    failed.sender.fail(nullptr);
    Full live;
    int failures = 0;
    for (int i = 0; i < 100; ++i) {
        try {
            weft::select(on(failed.receiver, [](int) {}), live.clause());
        } catch (const weft::stream_failed&) {
            ++failures;
        }
    }
    CHECK(failures == 50);
    CHECK(live.taken == 50);
}

TEST_CASE("The same program makes the same choices every time") {
    const auto program = [] {
        Trace trace;
        weft::channel<int> a, b(1), c(2);
        weft::scope fibers;
        int base = 0;
        for (auto* to : {&a, &b, &c})
            for (int n = 0; n < 2; ++n)
                fibers.spawn([n, first = base += 100, send = to->sender.clone()] {
                    for (int i = 0; i < 20; ++i) {
                        send(first + i);
                        if (i % (n + 3) == 0) weft::yield();
                    }
                });
        for (auto* each : {&a, &b, &c}) each->sender.close();
        for (int n = 0; n < 3; ++n)
            fibers.spawn([&, n] {
                const auto take = [&](int i) { trace(n, i); };
                while (weft::select(on(a.receiver, take), on(b.receiver, take), on(c.receiver, take)) !=
                       std::size_t(-1)) {
                }
            });
        fibers.join();
        return trace.take();
    };
    // Each in a thread of its own, so that nothing has gone before.
    std::string texts[3];
    for (std::string& text : texts) std::thread([&] { text = program(); }).join();
    CHECK(std::count(texts[0].begin(), texts[0].end(), ',') == 119);
    CHECK(texts[1] == texts[0]);
    CHECK(texts[2] == texts[0]);
}
