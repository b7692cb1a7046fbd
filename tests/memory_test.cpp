// SPDX-License-Identifier: BSL-1.0
// What allocates and what does not; and what happens when memory runs out (rules 26 and 27).
//
// This program counts every allocation, and can be told to let the n-th fail.
#include <weft/weft.hpp>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "allocations.hpp"
#include "support.hpp"

using test::AllGone;
using test::allocations;
using test::CapturedStderr;
using test::Counted;
using test::until_failure;

namespace {

// How many allocations `f` makes the second time it is called.
template <class F>
long allocations_of(F f) {
    f();
    const long before = allocations;
    f();
    return allocations - before;
}

int everything_buffered() {
    int sum = 0;
    weft::channel<Counted> c(2), d(1);
    const weft::receiver<Counted> other = c.receiver.clone();
    weft::scope fibers;
    fibers.spawn([first = std::move(c.sender), second = std::move(d.sender)] {
        const weft::deadline in_time(std::chrono::hours(1));
        for (int i = 1; i <= 3; ++i) {
            first(Counted(i));
            second(Counted(i + 3));
        }
    });
    const auto add = [&](Counted& n) { sum += n.value; };
    for (int i = 0; i < 4; ++i) weft::select(weft::on(other, add), weft::on(d.receiver, add));
    for (std::vector<Counted>& some :
         weft::batch(weft::merge(std::move(c.receiver), std::move(d.receiver)), 2))
        for (Counted& n : some) add(n);
    fibers.join();
    return sum;
}

// A small program that uses everything once.
int everything() {
    int sum = 0;
    weft::channel<Counted> c;
    weft::generator<Counted> numbers([](weft::sink<Counted> send) {
        for (int i = 1; i <= 3; ++i) send(Counted(i));
    });
    weft::consumer<Counted> feed([&](weft::receiver<Counted> in) {
        for (Counted& n : in) sum += n.value;
    });
    weft::scope fibers;
    fibers.spawn(
        [other = c.sender.clone()] {
            other(Counted(10));
            other(Counted(20));
        },
        {.name = "a name that is copied"});
    auto handle = fibers.spawn(
        [](weft::sender<Counted> send, Counted kept) {
            send(Counted(kept));
            weft::scope inner;
            inner.spawn([] { weft::sleep_for(std::chrono::milliseconds(1)); }, {.stack = 64 * 1024});
            inner.join();
            return 1000;
        },
        std::move(c.sender), Counted(100));
    for (Counted& n : c.receiver) feed(std::move(n));
    for (Counted& n : numbers) feed(std::move(n));
    feed.finish();
    sum += handle.join();
    fibers.join();
    return sum + everything_buffered();
}

constexpr int everything_gives = 10 + 20 + 100 + 1 + 2 + 3 + 1000 + 1 + 2 + 3 + 4 + 5 + 6;

}  // namespace

TEST_CASE("this program counts allocations") {
    if (test::valgrind() || test::thread_sanitizer) return;
    CHECK(allocations_of([] { ::operator delete(::operator new(8)); }) >= 1);
    CHECK(allocations_of([] { weft::channel<int> c; }) >= 1);
}

TEST_CASE("send and receive allocate nothing") {
    weft::channel<int> c, back;
    weft::scope fibers;
    fibers.spawn([send = std::move(c.sender)] {
        for (int i = 0;; ++i) send(int(i));
    });
    auto loop = [&] {
        int left = 200;
        for (int n : c.receiver)
            if (n < 0 || --left == 0) break;
    };
    CHECK(allocations_of(loop) == 0);
    CHECK(allocations_of([&] {
              for (int i = 0; i < 200; ++i) (void)c.receiver.receive();
          }) == 0);
    CHECK(allocations_of([&] {
              for (int i = 0; i < 200; ++i) (void)c.receiver.try_receive();
          }) == 0);
}

TEST_CASE("Items pass through a buffer and stages and deadlines come and go without an allocation") {
    weft::channel<int> numbers(3);
    weft::scope fibers;
    fibers.spawn([send = std::move(numbers.sender)] {
        for (int i = 0;; ++i) send(int(i));
    });
    const auto odd = [](int n) { return n % 2 != 0; };
    auto pairs = weft::zip(weft::filter(std::move(numbers.receiver), odd),
                           weft::generator<int>([](weft::sink<int> send) {
                               while (send.offer(1)) {
                               }
                           }));
    auto it = pairs.begin();
    CHECK(allocations_of([&] {
              for (int i = 0; i < 200; ++i) {
                  const weft::deadline in_time(std::chrono::hours(1));
                  (void)*it, ++it;
              }
          }) == 0);
}

TEST_CASE("sending through a sink and looking at a generator allocates nothing") {
    weft::generator<long> numbers([](weft::sink<long> send) {
        weft::sink<int> ints = send;
        for (int i = 0;; ++i) {
            if (!send.offer(long(i))) return;
            ints(int(i));
        }
    });
    auto it = numbers.begin();
    CHECK(allocations_of([&] {
              for (int i = 0; i < 200; ++i) (void)*it, ++it;
          }) == 0);
}

TEST_CASE("sending among many senders and receivers allocates nothing") {
    weft::channel<int> c;
    weft::scope fibers;
    long steady = -1;
    for (int f = 0; f < 5; ++f)
        fibers.spawn([send = c.sender.clone()] {
            while (send.offer(1)) {
            }
        });
    for (int f = 0; f < 5; ++f)
        fibers.spawn([in = c.receiver.clone(), f, &steady] {
            long before = 0;
            int n = 0;
            for (int i : in) {
                n += i;
                if (n == 100 && f == 0) before = allocations;
                if (n == 1000) break;
            }
            if (f == 0) steady = allocations - before;
        });
    fibers.spawn([&] { c.receiver.close(); });
    fibers.join();
    CHECK(steady == 0);
}

TEST_CASE("yield and sleep allocate nothing") {
    weft::virtual_clock clock;
    weft::scope fibers;
    bool stop = false;
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&, i] {
            while (!stop) {
                weft::yield();
                weft::sleep_for(std::chrono::milliseconds(i + 1));
            }
        });
    CHECK(allocations_of([] {
              for (int i = 0; i < 200; ++i) weft::yield();
          }) == 0);
    CHECK(allocations_of([] { weft::sleep_for(std::chrono::seconds(1)); }) == 0);
    stop = true;
    fibers.join();
}

TEST_CASE("receivers that come use the room of those that have gone") {
    if (test::valgrind() || test::thread_sanitizer) return;
    for (const std::size_t capacity : {0u, 3u}) {
        weft::channel<std::string> c(capacity);
        std::vector<weft::receiver<std::string>> some;
        const auto come_and_go = [&] {
            for (int n = 0; n < 5; ++n) some.push_back(c.receiver.clone());
            some.clear();
        };
        CHECK(allocations_of(come_and_go) == 5);  // the ends; the room for their items is there
    }
}

TEST_CASE("senders that come and go while an item is lent take no more memory") {
    if (test::watched()) return;
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] { c.sender(1); });
    for (int n : c.receiver) {
        const std::size_t before = test::resident_bytes();
        for (int i = 0; i < 200000; ++i) c.sender.clone();
        CHECK(test::resident_bytes() - before < std::size_t{1} << 20);
        if (n == 1) break;
    }
}

TEST_CASE("closing and destroying ends allocates nothing") {
    constexpr int many = 20;
    std::vector<std::unique_ptr<weft::channel<int>>> c;
    for (int i = 0; i < many; ++i) c.push_back(std::make_unique<weft::channel<int>>());
    weft::scope fibers;
    for (int i = 0; i < many; ++i)
        fibers.spawn([in = std::move(c[static_cast<std::size_t>(i)]->receiver)] {
            for (int n : in) CHECK(n == 0);
        });
    weft::yield();
    const long before = allocations;
    c.clear();
    fibers.join();
    CHECK(allocations == before);
}

TEST_CASE("memory stays flat over 100000 spawned and finished fibers") {
    weft::scope fibers;
    auto round = [&] {
        for (int i = 0; i < 1000; ++i) fibers.spawn([i] { return i; }).join();
        for (int i = 0; i < 100; ++i) fibers.spawn([] { weft::yield(); });
        fibers.join();
    };
    round();
    const std::size_t before = test::resident_bytes();
    const long allocated = allocations;
    for (int i = 0; i < (test::watched() ? 5 : 90); ++i) round();
    if (!test::watched()) {
        CHECK(allocations == allocated);
        CHECK(test::resident_bytes() < before + 256 * 1024);
    }
}

TEST_CASE("whichever allocation fails the program gets std::bad_alloc and loses nothing") {
    AllGone all;
    CHECK(everything() == everything_gives);
    CapturedStderr quiet;  // scopes say which failure nobody took
    int failed = 0;
    for (long n = 0;; ++n) {
        bool refusal_is_left = false;
        // A thread of its own, so that the scheduler itself is made under failures, too.
        std::thread([&, n] {
            int sum = 0;
            until_failure = n;
            try {
                sum = everything();
                CHECK(sum == everything_gives);
            } catch (const std::bad_alloc&) {
                ++failed;
            }
            refusal_is_left = until_failure >= 0;
            until_failure = -1;
            CHECK(Counted::live == 0);
            CHECK(everything() == everything_gives);  // all still works
        }).join();
        CHECK(Counted::live == 0);
        if (refusal_is_left) break;
        REQUIRE(n < 1000);
    }
    // These two serve allocations themselves.
    if (!test::valgrind() && !test::thread_sanitizer) CHECK(failed > 10);
}
