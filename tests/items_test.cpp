// SPDX-License-Identifier: BSL-1.0
// What can be sent, and how often it is made, moved and destroyed.
#include <any>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;

namespace {

struct Empty {};
struct alignas(64) Aligned {
    int value = 0;
};
struct Big {
    std::array<unsigned char, 1 << 20> bytes;
};
struct Immovable {
    int value;
    explicit Immovable(int v) : value(v) {}
    Immovable(const Immovable&) = delete;
};
struct Unaddressable {
    int value;
    Unaddressable* operator&() = delete;
};

bool aligned(const Aligned& item) { return reinterpret_cast<std::uintptr_t>(&item) % 64 == 0; }

/// Sends `item` to a loop, to receive(), to try_receive(), and by try_send(); `same` looks at what comes.
template <class T, class F>
void send_all_ways(const T& item, F same) {
    weft::channel<T> items;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(items.sender)] {
        for (int n = 0; n < 3; ++n) send(item);
        while (send.try_send(item) == weft::send_status::full) weft::yield();
        while (send.try_send(item) == weft::send_status::full) weft::yield();
    });
    const auto& in = items.receiver;
    for (T& got : in) {
        CHECK(same(got));
        break;
    }
    CHECK(same(*in.receive()));
    weft::yield();
    CHECK(same(*in.try_receive()));
    CHECK(same(*in.receive()));
    int rounds = 0;
    for (T& got : in) {
        CHECK(same(got));
        ++rounds;
    }
    CHECK(rounds == 1);
    producer.join();
}

template <class T>
void send_all_ways(const T& item) {
    send_all_ways(item, [&](const T& got) { return got == item; });
}

}  // namespace

TEST_CASE("Any object type can be sent") {
    send_all_ways(true);
    send_all_ways('x');
    send_all_ways(3.5L);
    send_all_ways<const char*>(nullptr);
    send_all_ways(std::string(1000, 'x'));
    send_all_ways(std::vector<bool>{true, false});
    send_all_ways(std::variant<int, std::string>("text"));
    send_all_ways(std::optional<int>());
    send_all_ways(std::pair<int, std::string>(1, "one"));
    send_all_ways(Empty(), [](const Empty&) { return true; });
    send_all_ways(std::any(5), [](const std::any& got) { return std::any_cast<int>(got) == 5; });
    send_all_ways(std::function<int()>([] { return 7; }), [](const auto& got) { return got() == 7; });
}

TEST_CASE("An over-aligned item is aligned wherever it goes") {
    send_all_ways(Aligned{5}, [](const Aligned& got) { return got.value == 5 && aligned(got); });
}

TEST_CASE("An item may be shared: its use count is right after the receipt") {
    const auto item = std::make_shared<int>(5);
    send_all_ways(item, [&](const std::shared_ptr<int>& got) { return got == item; });
    CHECK(item.use_count() == 1);
}

TEST_CASE("Items that only move can be sent") {
    weft::channel<std::unique_ptr<int>> items;
    weft::scope fibers;
    fibers.spawn([send = std::move(items.sender)] {
        for (int n = 0; n < 3; ++n) send(std::make_unique<int>(n));
        CHECK(send.offer(std::make_unique<int>(3)));
    });
    CHECK(**items.receiver.receive() == 0);
    int expected = 1;
    for (auto& item : items.receiver) CHECK(*item == expected++);
    CHECK(expected == 4);
}

TEST_CASE("Items that can not even be moved can be sent") {
    weft::channel<Immovable> items;
    weft::scope fibers;
    fibers.spawn([send = std::move(items.sender)] {
        send(Immovable(1));
        CHECK(send.offer(Immovable(2)));
    });
    int seen = 0;
    for (Immovable& item : items.receiver) seen = seen * 10 + item.value;
    CHECK(seen == 12);
}

TEST_CASE("An item of a mebibyte is lent without a copy and can be received") {
    auto big = std::make_unique<Big>();
    std::iota(big->bytes.begin(), big->bytes.end(), static_cast<unsigned char>(0));
    const Big* sent = big.get();
    weft::channel<Big> items;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(items.sender)] {
        send(std::move(*big));
        send(std::move(*big));
    });
    for (Big& got : items.receiver) {
        CHECK(&got == sent);
        break;
    }
    // In plain code, whose stack is large.
    const auto got = items.receiver.receive();
    CHECK(got->bytes == big->bytes);
}

TEST_CASE("Items whose & can not be taken can be sent") {
    weft::channel<Unaddressable> items;
    weft::scope fibers;
    fibers.spawn([send = std::move(items.sender)] {
        send(Unaddressable{1});
        send(Unaddressable{2});
    });
    for (Unaddressable& item : items.receiver) {
        CHECK(item.value == 1);
        break;
    }
    CHECK(items.receiver.receive()->value == 2);
}

TEST_CASE("Pointers to functions and to objects can be sent") {
    weft::channel<int (*)(int)> functions;
    weft::scope fibers;
    fibers.spawn([send = std::move(functions.sender)] { send([](int n) { return n + 1; }); });
    CHECK((*functions.receiver.receive())(1) == 2);
}

TEST_CASE("Each item is made once and destroyed once however it goes") {
    const auto counts = [](auto consume) {
        AllGone at_end;
        {
            weft::channel<Counted> items;
            weft::scope fibers;
            auto producer = fibers.spawn([&, send = std::move(items.sender)] {
                for (int n = 0; n < 100; ++n) send(n);
            });
            consume(items.receiver);
            producer.join();
        }
        CHECK(Counted::made == 100);
        CHECK(Counted::copies == 0);
        return Counted::moves;
    };
    CHECK(counts([](auto& in) {
              for (Counted& item : in) CHECK(item.value >= 0);
          }) == 0);
    CHECK(counts([](auto& in) {
              while (in.receive()) {
              }
          }) == 100);
    CHECK(counts([](auto& in) {
              while (!in.is_closed()) {
                  static_cast<void>(in.try_receive());
                  weft::yield();
              }
          }) == 100);
}

TEST_CASE("Each item that try_send moved is destroyed once whether anybody looks or not") {
    for (const bool looks : {true, false}) {
        AllGone at_end;
        {
            weft::channel<Counted> items;
            weft::scope fibers;
            auto consumer = fibers.spawn([&, in = std::move(items.receiver)] {
                for (Counted& item : in) CHECK(item.value == 1);
            });
            weft::yield();
            CHECK(items.sender.try_send(1) == weft::send_status::sent);
            if (!looks) consumer.cancel();
        }
        CHECK(Counted::moves == 1);
    }
}

TEST_CASE("A cancelled sender's item is either received or destroyed by its owner and once") {
    for (int rounds = 0; rounds < 6; ++rounds) {
        AllGone at_end;
        weft::channel<Counted> items;
        weft::scope fibers;
        auto producer = fibers.spawn([send = std::move(items.sender)] {
            for (int n = 0; n < 3; ++n) send(n);
        });
        try {
            for (int n = 0; n < rounds; ++n) {
                if (n % 2 == 0)
                    weft::yield();
                else
                    CHECK(items.receiver.receive()->value == n / 2);
            }
        } catch (const weft::stream_failed&) {
        }
        producer.cancel();
    }
}
