// SPDX-License-Identifier: BSL-1.0
// Rule 24 among many: exactly one clause commits, nobody meets himself, and nobody is forgotten.
#include <weft/weft.hpp>

#include <cstddef>
#include <deque>
#include <numeric>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "select_support.hpp"
#include "tools.hpp"

using test::AllGone;
using test::Counted;
using test::ignore;
using test::none;
using test::nothing;
using test::Trace;
using weft::on;
using weft::otherwise;

namespace {

/// `count` fibers each select to send their number or to receive one; gives whose numbers arrived.
std::multiset<int> match(weft::channel<int>& c, int count, int& sent, weft::scope& fibers) {
    std::multiset<int> got;
    for (int n = 0; n < count; ++n)
        fibers.spawn([&, n] {
            weft::select(on(c.sender, int(n), [&] { ++sent; }), on(c.receiver, [&, n](int who) {
                             CHECK(who != n);
                             got.insert(who);
                         }));
        });
    for (int i = 0; i < count; ++i) weft::yield();
    return got;
}

}  // namespace

TEST_CASE("Fibers that select to send or to receive on one channel all find a partner") {
    int sent = 0;
    weft::channel<int> c;
    weft::scope fibers;
    std::multiset<int> got;
    {
        weft::scope all;
        got = match(c, 44, sent, all);
        all.join();
    }
    CHECK(sent == 22);
    CHECK(got.size() == 22);
    CHECK(std::set<int>(got.begin(), got.end()).size() == 22);
    CHECK(c.sender.try_send(1) == weft::send_status::full);
}

TEST_CASE("Of an odd number one is left over and meets whoever comes") {
    for (const bool sends : {true, false}) {
        int sent = 0;
        weft::channel<int> c;
        weft::scope fibers;
        const auto got = match(c, 55, sent, fibers);
        CHECK(sent == 27);
        CHECK(got.size() == 27);
        if (sends)
            c.sender(99);
        else
            CHECK(c.receiver.receive().value_or(-1) < 55);
        fibers.join();
        CHECK(sent == (sends ? 27 : 28));
    }
}

TEST_CASE("A select with clauses for both directions never meets itself") {
    for (std::size_t duplicates = 1; duplicates <= 2; ++duplicates) {
        weft::channel<int> c;
        const auto more = c.receiver.clone();
        const auto send = c.sender.clone();
        const auto never = [](auto&&...) { CHECK(false); };
        if (duplicates == 1) {
            CHECK_THROWS_AS(weft::select(on(c.sender, 1, never), on(c.receiver, never)), weft::deadlock);
            CHECK(weft::select(on(c.receiver, never), on(c.sender, 1, never), otherwise(nothing)) == 2);
        } else {
            CHECK_THROWS_AS(weft::select(on(c.sender, 1, never), on(c.receiver, never), on(more, never),
                                         on(send, 2, never), on(c.receiver, never), on(c.sender, 3, never)),
                            weft::deadlock);
        }
        CHECK(c.sender.try_send(1) == weft::send_status::full);
        CHECK(!more.try_receive());
    }
}

TEST_CASE("A channel that stands in several clauses is served once and other waiters still wake") {
    Trace trace;
    weft::channel<int> c;
    weft::scope fibers;
    const auto got = [&](const char* who) { return [&trace, who](int n) { trace(who, n); }; };
    fibers.spawn([&] {
        weft::select(on(c.receiver, got("select")), on(c.receiver, got("select")),
                     on(c.receiver, got("select")));
    });
    fibers.spawn([&] { got("receive")(c.receiver.receive().value()); });
    fibers.spawn([&] { weft::select(on(c.receiver, got("second")), on(c.receiver, got("second"))); });
    weft::yield();
    for (int i = 1; i <= 3; ++i) {
        c.sender(int(i));
        weft::yield();
    }
    fibers.join();
    CHECK(trace.text() == "select 1, receive 2, second 3");

    for (int i = 1; i <= 3; ++i)
        fibers.spawn([&c, i] {
            if (i == 2)
                c.sender(2);
            else
                weft::select(on(c.sender, int(i), nothing), on(c.sender, int(i), nothing));
        });
    weft::yield();
    for (int i = 1; i <= 3; ++i) CHECK(c.receiver.receive() == i);
    CHECK(!c.receiver.try_receive());
}

TEST_CASE("Whoever withdraws from the front or the middle or the end of a queue leaves the others in order") {
    constexpr int count = 5;
    for (unsigned withdrawn = 0; withdrawn < 1u << count; ++withdrawn)
        for (const bool sending : {true, false}) {
            std::vector<int> served, expected;
            weft::channel<int> c;
            std::deque<weft::channel<int>> others(count);
            weft::scope fibers;
            for (int n = 0; n < count; ++n)
                fibers.spawn([&, n, sending] {
                    const auto serve = [&, n] { served.push_back(n); };
                    if (sending)
                        weft::select(on(others[n].receiver, ignore), on(c.sender, int(n), serve));
                    else
                        weft::select(on(others[n].receiver, ignore), on(c.receiver, [&](int) { serve(); }));
                });
            weft::yield();
            for (int n = 0; n < count; ++n) {
                if (withdrawn >> n & 1)
                    others[n].sender(1);  // and so its clause in c is withdrawn
                else
                    expected.push_back(n);
            }
            for (std::size_t i = 0; i < expected.size(); ++i) {
                if (sending)
                    CHECK(c.receiver.receive() == expected[i]);
                else
                    c.sender(1);
            }
            fibers.join();
            CHECK(served == expected);
            CHECK(c.sender.try_send(1) == weft::send_status::full);
            CHECK(!c.receiver.try_receive());
        }
}

TEST_CASE("Exactly one clause commits in each of many rounds") {
    AllGone at_end;
    constexpr int workers = 4;
    const int rounds = test::watched() ? 2000 : 25000;  // of each worker
    std::vector<int> seen(static_cast<std::size_t>(workers * rounds));
    long handled = 0, sent = 0;
    std::deque<weft::channel<Counted>> c;
    for (std::size_t i = 0; i < 4; ++i) c.emplace_back(i);
    std::mt19937 random(1);
    {
        weft::scope fibers;
        for (int w = 0; w < workers; ++w)
            fibers.spawn([&, w, s0 = c[0].sender.clone(), s1 = c[1].sender.clone(), s2 = c[2].sender.clone(),
                          s3 = c[3].sender.clone()] {
                for (int i = 0; i < rounds; ++i) {
                    const int tag = w * rounds + i;
                    const auto count = [&] { ++sent; };
                    weft::select(on(s0, Counted(tag), count), on(s1, Counted(tag), count),
                                 on(s2, Counted(tag), count), on(s3, Counted(tag), count));
                    if (random() % 8 == 0) weft::yield();
                }
            });
        for (int w = 0; w < workers; ++w)
            fibers.spawn([&] {
                const auto take = [&](const Counted& item) {
                    ++seen.at(static_cast<std::size_t>(item.value));
                    if (random() % 8 == 0) weft::yield();
                    ++handled;
                };
                while (weft::select(on(c[0].receiver, take), on(c[1].receiver, take), on(c[2].receiver, take),
                                    on(c[3].receiver, take)) != none) {
                }
            });
        for (auto& each : c) each.sender.close();
        fibers.join();
    }
    CHECK(handled == long{workers} * rounds);
    CHECK(sent == handled);
    CHECK(seen == std::vector<int>(seen.size(), 1));
}

TEST_CASE("Ten philosophers with forks in channels eat ten thousand meals") {
    constexpr int seats = 10;
    const int meals = test::watched() ? 100 : 1000;  // of each
    std::vector<int> eaten(seats);
    std::vector<int> held(seats);
    std::deque<weft::channel<int>> forks;
    for (int i = 0; i < seats; ++i) {
        forks.emplace_back(1u);
        forks.back().sender(int(i));
    }
    weft::scope fibers;
    for (int n = 0; n < seats; ++n)
        fibers.spawn([&, n] {
            auto &left = forks[n], &right = forks[(n + 1) % seats];
            const auto eat_if_free = [&](weft::channel<int>& first, weft::channel<int>& second, int fork) {
                ++held[fork];
                weft::yield();
                weft::select(on(second.receiver,
                                [&](int other) {
                                    CHECK(++held[other] == 1);
                                    ++eaten[n];
                                    weft::yield();
                                    --held[other];
                                    second.sender(int(other));
                                }),
                             otherwise(nothing));
                CHECK(--held[fork] == 0);
                first.sender(int(fork));
            };
            // Neither fork before the other: whichever is free first.
            while (eaten[n] < meals) {
                weft::select(on(left.receiver, [&](int fork) { eat_if_free(left, right, fork); }),
                             on(right.receiver, [&](int fork) { eat_if_free(right, left, fork); }));
                weft::yield();
            }
        });
    fibers.join();
    CHECK(eaten == std::vector<int>(seats, meals));
    for (auto& fork : forks) CHECK(fork.receiver.size() == 1);
}

TEST_CASE("A ring of fibers that select passes a token round without stopping") {
    constexpr int size = 3;
    const int rounds = test::watched() ? 1000 : 30000;
    int passed = 0;
    std::deque<weft::channel<int>> links(size);
    weft::channel<int> never;
    weft::scope fibers;
    for (int n = 0; n < size; ++n)
        fibers.spawn([&, n] {
            int token = 0;
            for (;;) {
                weft::select(on(never.receiver, ignore), on(links[n].receiver, [&](int t) { token = t; }));
                if (++passed >= rounds) return fibers.cancel();
                weft::select(on(never.receiver, ignore),
                             on(links[(n + 1) % size].sender, token + 1, nothing));
            }
        });
    links[0].sender(1);
    fibers.join();
    CHECK(passed == rounds);
}
