// SPDX-License-Identifier: BSL-1.0
// Rule 9: a channel with a capacity keeps items in between.
#include <malloc.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"
#include "tools.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

TEST_CASE("With a capacity send waits only while the buffer is full") {
    for (const int capacity : {1, 2, 3, 16, 1000}) {
        int sent = 0;
        weft::channel<int> numbers(static_cast<std::size_t>(capacity));
        weft::scope fibers;
        fibers.spawn([&, send = std::move(numbers.sender)] {
            for (int i = 0; i < 2 * capacity + 1; ++i) {
                send(int(i));
                ++sent;
            }
        });
        weft::yield();
        CHECK(sent == capacity);
        CHECK(numbers.receiver.receive() == 0);
        weft::yield();
        CHECK(sent == capacity + 1);
        for (int i = 1; i < 2 * capacity + 1; ++i) CHECK(numbers.receiver.receive() == i);
        CHECK(!numbers.receiver.receive());
    }
}

TEST_CASE("Sending into a buffer works in plain code without any fiber") {
    weft::channel<int> numbers(3);
    for (int i = 0; i < 3; ++i) numbers.sender(int(i));
    numbers.sender.close();
    int sum = 0;
    for (int n : numbers.receiver) sum = 10 * sum + n;
    CHECK(sum == 12);
}

TEST_CASE("Any capacity carries a stream whole and in order") {
    for (std::size_t capacity = 0; capacity < 200; ++capacity) {
        weft::channel<int> numbers(capacity);
        weft::scope fibers;
        fibers.spawn([send = std::move(numbers.sender)] {
            for (int i = 0; i < 300; ++i) send(int(i));
        });
        int expected = 0;
        for (int n : numbers.receiver) CHECK(n == expected++);
        CHECK(expected == 300);
    }
}

TEST_CASE("size and capacity are told by both ends at every step") {
    weft::channel<std::string> words(2);
    const auto look = [&] {
        CHECK(words.sender.size() == words.receiver.size());
        CHECK(words.sender.capacity() == 2);
        CHECK(words.receiver.capacity() == 2);
        return words.receiver.size();
    };
    CHECK(look() == 0);
    words.sender("a");
    CHECK(look() == 1);
    CHECK(words.sender.try_send("b") == weft::send_status::sent);
    CHECK(look() == 2);
    CHECK(words.sender.try_send("c") == weft::send_status::full);
    CHECK(look() == 2);
    {
        weft::scope fibers;
        fibers.spawn([&, send = words.sender.clone()] { send("d"); });
        weft::yield();
        CHECK(look() == 2);  // who waits is not in it
        CHECK(words.receiver.receive() == "a");
        CHECK(look() == 2);  // but takes the place at once
    }
    CHECK(words.receiver.try_receive() == "b");
    CHECK(look() == 1);
    for (std::string& w : words.receiver) {
        CHECK(w == "d");
        CHECK(look() == 0);  // an item in use does not count
        break;
    }
    CHECK(look() == 0);
    CHECK(weft::sender<int>().size() + weft::receiver<int>().size() == 0);
    CHECK(weft::sender<int>().capacity() + weft::receiver<int>().capacity() == 0);
    const weft::channel<int> unbuffered;
    CHECK(unbuffered.sender.capacity() + unbuffered.receiver.size() == 0);
}

TEST_CASE("An item in the hands of a loop gives its place free") {
    int sent = 0;
    weft::channel<int> numbers(1);
    weft::scope fibers;
    fibers.spawn([&, send = std::move(numbers.sender)] {
        for (int i = 0; i < 5; ++i) {
            send(int(i));
            ++sent;
        }
    });
    for (int n : numbers.receiver) {
        weft::yield();
        CHECK(sent == (n + 2 < 5 ? n + 2 : 5));
    }
}

TEST_CASE("try_send is full exactly when the buffer is and try_receive empty exactly when that is") {
    weft::channel<int> numbers(2);
    for (int round = 0; round < 5; ++round) {
        CHECK(!numbers.receiver.try_receive());
        CHECK(numbers.sender.try_send(1) == weft::send_status::sent);
        CHECK(numbers.sender.try_send(2) == weft::send_status::sent);
        CHECK(numbers.sender.try_send(3) == weft::send_status::full);
        CHECK(numbers.receiver.try_receive() == 1);
        CHECK(numbers.receiver.try_receive() == 2);
    }
    numbers.sender(7);
    numbers.sender.close();
    CHECK(!numbers.receiver.is_closed());
    CHECK(numbers.receiver.try_receive() == 7);
    CHECK(numbers.receiver.is_closed());
}

TEST_CASE("A sender that waits enters the buffer in its order when a place frees and nobody can push in") {
    Trace trace;
    weft::channel<int> numbers(1);
    weft::scope fibers;
    for (int n = 0; n < 4; ++n) {
        fibers.spawn([&, n, send = numbers.sender.clone()] {
            send(int(n));
            trace("sent", n);
        });
    }
    weft::yield();
    CHECK(trace.take() == "sent 0");
    CHECK(numbers.receiver.try_receive() == 0);
    CHECK(numbers.sender.try_send(9) == weft::send_status::full);  // the place is the next sender's
    weft::yield();
    CHECK(trace.take() == "sent 1");
    numbers.sender.close();
    for (int n : numbers.receiver) trace("got", n);
    CHECK(trace.text() == "got 1, got 2, got 3, sent 2, sent 3");
}

TEST_CASE("A receiver that waits is served directly and nobody can take its item") {
    weft::channel<int> numbers(4);
    const auto thief = numbers.receiver.clone();
    weft::scope fibers;
    auto owner = fibers.spawn([in = std::move(numbers.receiver)] { return in.receive(); });
    weft::yield();
    numbers.sender(1);
    CHECK(thief.size() == 0);
    CHECK(!thief.try_receive());
    CHECK(owner.join() == 1);
}

TEST_CASE("Wake-ups through a buffer cost no more with many that wait: all of them are served in order") {
    const int count = test::many(3000, 300);
    std::vector<int> got;
    weft::channel<int> numbers(1);
    weft::scope fibers;
    for (int n = 0; n < count; ++n) fibers.spawn([n, send = numbers.sender.clone()] { send(int(n)); });
    numbers.sender.close();
    weft::yield();
    for (int n : numbers.receiver) got.push_back(n);
    CHECK(static_cast<int>(got.size()) == count);
    for (int n = 0; n < count; ++n) CHECK(got[static_cast<std::size_t>(n)] == n);
}

TEST_CASE("A capacity that no memory can hold is refused") {
    struct Big {
        char bytes[1000];
    };
    constexpr auto most = std::numeric_limits<std::size_t>::max();
    for (const std::size_t capacity :
         {most, most / 2, most / 1000, most / 1008, most / 1008 + 1, static_cast<std::size_t>(PTRDIFF_MAX)})
        CHECK_THROWS_AS(weft::channel<Big>{capacity}, std::length_error);
    CHECK_THROWS_AS(weft::channel<char>(static_cast<std::size_t>(-1)), std::length_error);
    CHECK(test::contains(thrown_by<std::length_error>([] { weft::channel<int>{most}; }), "smaller capacity"));
}

TEST_CASE("A capacity for references or for items that can not be moved is refused") {
    struct Fixed {
        Fixed() = default;
        Fixed(Fixed&&) = delete;
    };
    CHECK_THROWS_AS(weft::channel<int&>(1), std::invalid_argument);
    CHECK_THROWS_AS(weft::channel<Fixed>(1), std::invalid_argument);
    CHECK_NOTHROW(weft::channel<Fixed>(0));
}

TEST_CASE("The memory of a buffer is reserved once and touched when it is first needed") {
    if (test::watched()) return;
    mallopt(M_PERTURB, 0);  // meson has malloc fill what it gives
    const std::size_t before = test::resident_bytes();
    weft::channel<std::uint64_t> numbers(std::size_t{1} << 24);
    for (int i = 0; i < 1000; ++i) numbers.sender(1);
    CHECK(test::resident_bytes() - before < std::size_t{1} << 22);
    CHECK(numbers.receiver.size() == 1000);
}

TEST_CASE("Items keep their alignment in the buffer") {
    struct alignas(64) Wide {
        int value;
    };
    const auto aligned = [](const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 64 == 0; };
    weft::channel<Wide> items(3);
    const auto other = items.receiver.clone();
    int sum = 0;
    for (int round = 0; round < 3; ++round) {
        for (int i = 1; i <= 3; ++i) items.sender(Wide{i});
        for (Wide& first : items.receiver) {
            for (Wide& second : other) {
                CHECK((aligned(&first) && aligned(&second)));
                sum += first.value + second.value;
                break;
            }
            break;
        }
        sum += items.receiver.receive()->value;
    }
    CHECK(sum == 18);
}

TEST_CASE("An item of a megabyte passes through a buffer") {
    struct Huge {
        std::vector<char> heap = std::vector<char>(1 << 20, 'x');
        char inside[1 << 15] = "inside";
    };
    weft::channel<Huge> items(2);
    items.sender(Huge());
    items.sender(Huge());
    const auto got = items.receiver.receive();
    CHECK((got && got->heap.size() == 1 << 20 && got->inside[3] == 'i'));
}

TEST_CASE("A channel can be sent through a channel a thousand deep") {
    struct Nested {
        std::unique_ptr<weft::channel<Nested>> inner;
    };
    Nested outermost;
    for (int depth = 0; depth < 1000; ++depth) {
        auto next = std::make_unique<weft::channel<Nested>>(1);
        next->sender(std::move(outermost));
        outermost.inner = std::move(next);
    }
    int depth = 0;
    while (outermost.inner) {
        const auto here = std::move(outermost.inner);
        outermost = *here->receiver.receive();
        ++depth;
    }
    CHECK(depth == 1000);
}
