// SPDX-License-Identifier: BSL-1.0
// Plain code is a fiber too, and each thread has its own scheduler (rules 16 and 17).
#include <weft/weft.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

TEST_CASE("wherever plain code waits the other fibers of the thread run") {
    weft::channel<int> c, never;
    weft::scope fibers;
    int turns = 0;
    bool stop = false;
    fibers.spawn([&] {
        while (!stop) {
            ++turns;
            weft::yield();
        }
    });
    const std::function<void()> waits[] = {
        [] { weft::yield(); },
        [] { weft::this_thread().run_ready(); },
        [&] {
            auto f = fibers.spawn([] { weft::yield(); });
            f.join();
        },
        [] {
            weft::scope other;
            other.spawn([] { weft::yield(); });
            other.join();
        },
        [] {
            weft::scope other;
            other.spawn([] { weft::yield(); });
        },
        [&] {
            fibers.spawn([&] { c.sender(1); });
            (void)c.receiver.receive();
        },
        [&] {
            fibers.spawn([&] { (void)c.receiver.receive(); });
            c.sender(1);
        },
        [] {
            weft::generator<int> numbers([](weft::sink<int> send) {
                weft::yield();
                send(1);
            });
            for (int n : numbers) CHECK(n == 1);
        },
        [] {
            weft::consumer<int> feed([](weft::receiver<int> in) {
                for (int n : in) {
                    weft::yield();
                    CHECK(n == 1);
                }
            });
            feed(1);
            feed.finish();
        },
    };
    for (const auto& wait : waits) {
        const int before = turns;
        wait();
        CHECK(turns > before);
    }
    stop = true;
    fibers.join();
}

TEST_CASE("plain code lends and borrows as a fiber does") {
    AllGone all;
    Trace trace;
    weft::channel<Counted> there, back;
    weft::scope fibers;
    fibers.spawn([&] {
        for (Counted& n : there.receiver) {
            trace("got", n.value);
            n.value = 2 * n.value;
            back.sender(Counted(n.value + 1));
        }
        back.sender.close();
    });
    fibers.spawn([&] {
        for (Counted& n : back.receiver) trace("back", n.value);
    });
    for (int i = 1; i <= 2; ++i) {
        Counted mine(i);
        there.sender(std::move(mine));
        CHECK(mine.value == 2 * i);
        trace("sent", i);
    }
    there.sender.close();
    fibers.join();
    CHECK(trace.text() == "got 1, back 3, sent 1, got 2, back 5, sent 2");
}

TEST_CASE("a wait inside a fiber parks that fiber and there are no nested run loops") {
    // Five scopes, one inside the other, each joined in a fiber of the one outside, while others go on.
    Trace trace;
    weft::scope outermost;
    std::function<void(int)> nest = [&](int depth) {
        weft::scope inner;
        if (depth < 5)
            inner.spawn(nest, depth + 1);
        else
            inner.spawn([&] {
                for (int i = 0; i < 3; ++i) weft::yield();
            });
        inner.join();
        trace("depth", depth);
    };
    outermost.spawn(nest, 1);
    outermost.spawn([&] {
        for (int i = 0; i < 20; ++i) weft::yield();
        trace("the slow one outside is last");
    });
    // It waits in its destructor, and ends before those inside: nobody has to unwind in the order of nesting.
    outermost.spawn([&] {
        weft::scope short_lived;
        short_lived.spawn([] {});
        trace("begun later");
    });
    outermost.join();
    CHECK(trace.text() ==
          "begun later, depth 5, depth 4, depth 3, depth 2, depth 1, the slow one outside is last");
}

TEST_CASE("a loop inside a loop inside a fiber works from any call depth") {
    const auto numbers = [](int n) {
        return weft::generator<int>([n](weft::sink<int> send) {
            const std::function<void(int)> descend = [&](int depth) {
                if (depth == 0) return;
                descend(depth - 1);
                send(depth);
            };
            descend(n);
        });
    };
    weft::scope fibers;
    auto f = fibers.spawn([&] {
        int sum = 0;
        for (int a : numbers(20))
            for (int b : numbers(a)) sum += b;
        return sum;
    });
    CHECK(f.join() == 1540);
}

TEST_CASE("weft may be used inside a comparator and a C callback") {
    int numbers[32];
    for (int i = 0; i < 32; ++i) numbers[i] = (i * 13) % 32;
    const auto ask = [](int a, int b) {
        weft::scope fibers;
        weft::channel<bool> answer;
        fibers.spawn([&] { answer.sender(a < b); });
        return answer.receiver.receive().value();
    };
    std::vector<int> sorted(numbers, numbers + 32);
    std::sort(sorted.begin(), sorted.end(), ask);
    CHECK(std::is_sorted(sorted.begin(), sorted.end()));
    static const auto* compare = &ask;
    std::qsort(numbers, 32, sizeof *numbers, [](const void* a, const void* b) {
        const int x = *static_cast<const int*>(a), y = *static_cast<const int*>(b);
        return (*compare)(x, y) ? -1 : (*compare)(y, x) ? 1 : 0;
    });
    CHECK(std::is_sorted(numbers, numbers + 32));
}

TEST_CASE("fibers never change thread") {
    weft::scope fibers;
    const auto here = std::this_thread::get_id();
    std::thread other([] {
        weft::scope inside;
        const auto there = std::this_thread::get_id();
        for (int i = 0; i < 10; ++i)
            inside.spawn([there] {
                for (int turn = 0; turn < 100; ++turn) {
                    weft::yield();
                    CHECK(std::this_thread::get_id() == there);
                }
            });
        inside.join();
    });
    for (int i = 0; i < 10; ++i)
        fibers.spawn([here] {
            for (int turn = 0; turn < 100; ++turn) {
                weft::yield();
                CHECK(std::this_thread::get_id() == here);
            }
        });
    fibers.join();
    other.join();
}

TEST_CASE("each thread has a scheduler of its own that is made at the first use") {
    std::vector<int> sums(4);
    std::vector<std::thread> threads;
    for (int& sum : sums)
        threads.emplace_back([&sum] {
            for (int round = 0; round < 100; ++round) {
                weft::channel<int> c;
                weft::scope fibers;
                fibers.spawn([send = std::move(c.sender)] {
                    for (int i = 0; i < 10; ++i) send(i);
                });
                for (int n : c.receiver) sum += n;
            }
        });
    for (auto& t : threads) t.join();
    for (int sum : sums) CHECK(sum == 4500);
}

TEST_CASE("a deadlock is one thread's alone") {
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int n : c.receiver) CHECK(n == 1);
    });
    std::string text;
    std::thread([&] {
        weft::channel<int> never(0, "never");
        text = thrown_by<weft::deadlock>([&] { (void)never.receiver.receive(); });
    }).join();
    CHECK(test::contains(text, "plain code waits at "));
    CHECK(!test::contains(text, "fiber '"));
    c.sender(1);
    c.sender.close();
}

TEST_CASE("objects of a thread may be destroyed at its end after its scheduler") {
    static int ended;
    ended = 0;
    std::thread([] {
        struct late {
            weft::fiber<int> handle;
            ~late() { ++ended; }
        };
        static thread_local late mine;  // made before the scheduler, so it dies after it
        CHECK(mine.handle.done());
        weft::scope fibers;
        mine.handle = fibers.spawn([] { return 1; });
        fibers.join();
    }).join();
    CHECK(ended == 1);
}

TEST_CASE("static channels and scopes work in the main thread from before main to exit") {
    const test::Ended ended = test::run_death("static_scope");
    CHECK(ended.status == 0);
    CHECK(ended.errors == "before main: got 1\n"
                          "in main: got 2\n"
                          "at exit: got 3\n"
                          "a static destructor: got 4\n"
                          "the static fiber ends\n");
}
