// SPDX-License-Identifier: BSL-1.0
// Rule 12: offer, try_send and try_receive.
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::Trace;
using weft::send_status;

namespace {

struct Immovable {
    Immovable() = default;
    Immovable(const Immovable&) = delete;
};

template <class End, class T>
constexpr bool offers_without_throwing = noexcept(std::declval<const End&>().offer(std::declval<T>()));

static_assert(offers_without_throwing<weft::sender<std::string>, std::string>);
static_assert(offers_without_throwing<weft::sender<Immovable>, Immovable>);
static_assert(offers_without_throwing<weft::sender<std::string&>, std::string&>);
static_assert(offers_without_throwing<weft::sender<const std::string&>, const std::string&>);
static_assert(offers_without_throwing<weft::sender<int>, int&>);
static_assert(offers_without_throwing<weft::sender<double>, int>);
static_assert(!offers_without_throwing<weft::sender<std::string>, std::string&>);  // the copy may throw
static_assert(!offers_without_throwing<weft::sender<std::string>, const char*>);
static_assert(offers_without_throwing<weft::sink<std::string>, std::string>);
static_assert(offers_without_throwing<weft::sink<int>, const int&>);
static_assert(!offers_without_throwing<weft::sink<std::string>, const std::string&>);
static_assert(offers_without_throwing<weft::consumer<std::string>, std::string>);
static_assert(!offers_without_throwing<weft::consumer<std::string>, const std::string&>);

}  // namespace

TEST_CASE("offer parks like send and is true when the loop came back") {
    Trace trace;
    weft::channel<Counted> items;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = std::move(items.sender)] {
        Counted item(1);
        CHECK(send.offer(std::move(item)));
        trace("sent");
        CHECK(item.value == 2);
        CHECK(send.offer(item));
        CHECK(item.value == 2);
    });
    for (Counted& item : items.receiver) {
        trace("begin");
        weft::yield();
        item.value = 2;
        trace("end");
    }
    producer.join();
    CHECK(trace.text() == "begin, end, sent, begin, end");
}

TEST_CASE("offer tells of a cancelled fiber by false: it is woken and refused for good") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    bool told = false;
    auto producer = fibers.spawn([&, send = std::move(items.sender)] {
        Counted item(1);
        CHECK(!send.offer(std::move(item)));
        CHECK(!send.offer(std::move(item)));
        CHECK(item.value == 1);
        told = true;
    });
    weft::yield();
    producer.cancel();
    producer.join();
    CHECK(told);
}

TEST_CASE("offer tells of a deadlock by false") {
    AllGone at_end;
    weft::channel<Counted> items;
    Counted item(1);
    for (int twice = 0; twice < 2; ++twice) CHECK(!items.sender.offer(std::move(item)));
    CHECK(item.value == 1);
    CHECK_THROWS_AS(items.sender(std::move(item)), weft::deadlock);
    CHECK(item.value == 1);
    // The stream can be used on.
    weft::scope fibers;
    auto consumer = fibers.spawn([&] { CHECK(items.receiver.receive()->value == 1); });
    CHECK(items.sender.offer(std::move(item)));
    consumer.join();
}

TEST_CASE("offer is the form for C callbacks: a comparator that sends") {
    static const weft::sender<int>* to;
    static int refused;
    const auto compare = [](const void* a, const void* b) {
        const int left = *static_cast<const int*>(a), right = *static_cast<const int*>(b);
        if (!to->offer(int(left))) ++refused;
        return left - right;
    };
    for (const bool leave_early : {false, true}) {
        std::vector<int> numbers{5, 3, 4, 1, 2};
        refused = 0;
        int seen = 0;
        {
            weft::channel<int> compared;
            weft::scope fibers;
            auto sorting = fibers.spawn([&, send = std::move(compared.sender)] {
                to = &send;
                std::qsort(numbers.data(), numbers.size(), sizeof(int), compare);
            });
            {
                const auto in = std::move(compared.receiver);
                for (int n : in) {
                    CHECK(n > 0);
                    if (++seen == 2 && leave_early) break;
                }
            }
            sorting.join();
        }
        CHECK(numbers == std::vector<int>{1, 2, 3, 4, 5});
        CHECK((refused > 0) == leave_early);
        CHECK(seen >= 2);
    }
}

TEST_CASE("offer is the form for destructors: also while an exception is in flight") {
    struct Farewell {
        const weft::sender<std::string>& send;
        ~Farewell() { CHECK(send.offer(std::string("farewell"))); }
    };
    std::vector<std::string> got;
    weft::channel<std::string> lines;
    weft::scope fibers;
    auto producer = fibers.spawn([&, send = lines.sender.clone()]() mutable {
        try {
            Farewell last{send};
            throw std::runtime_error("torn");
        } catch (const std::runtime_error& e) {
            send(e.what());
        }
        Farewell again{send};
    });
    lines.sender.close();
    for (std::string& line : lines.receiver) got.push_back(line);
    CHECK(got == std::vector<std::string>{"farewell", "torn", "farewell"});
}

TEST_CASE("try_send never parks: full where nobody waits") {
    AllGone at_end;
    weft::channel<Counted> items;
    bool ran = false;
    weft::scope fibers;
    fibers.spawn([&] { ran = true; });
    Counted item(1);
    for (int twice = 0; twice < 2; ++twice) {
        CHECK(items.sender.try_send(std::move(item)) == send_status::full);
        CHECK(items.sender.try_send(item) == send_status::full);
    }
    CHECK(item.value == 1);
    CHECK(!ran);
}

TEST_CASE("try_send moves the item to a receiver that waits and the receiver runs in its turn") {
    AllGone at_end;
    for (const bool loops : {true, false}) {
        Trace trace;
        weft::channel<Counted> items;
        weft::scope fibers;
        fibers.spawn([&, loops, in = std::move(items.receiver)] {
            if (loops)
                for (Counted& item : in) trace("got", item.value);
            else
                while (auto item = in.receive()) trace("got", item->value);
        });
        weft::yield();
        for (int n = 1; n <= 3; ++n) {
            Counted item(n);
            CHECK(items.sender.try_send(std::move(item)) == send_status::sent);
            CHECK(item.value == -1);
            trace("sent");
            CHECK(items.sender.try_send(Counted(9)) == send_status::full);
            weft::yield();
        }
        items.sender.close();
        fibers.join();
        CHECK(trace.text() == "sent, got 1, sent, got 2, sent, got 3");
    }
}

TEST_CASE("An item that a loop was given by try_send dies when the loop comes back or is left") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    auto consumer = fibers.spawn([in = items.receiver.clone()] {
        for (Counted& item : in) {
            CHECK(Counted::live == 1);
            if (item.value == 2) break;
        }
        CHECK(Counted::live == 0);
    });
    weft::yield();
    CHECK(items.sender.try_send(1) == send_status::sent);
    weft::yield();
    CHECK(Counted::live == 0);
    CHECK(items.sender.try_send(2) == send_status::sent);
    consumer.join();
}

TEST_CASE("try_send of a reference gives the object itself") {
    AllGone at_end;
    Counted item(1);
    weft::channel<Counted&> items;
    weft::scope fibers;
    fibers.spawn([&, in = std::move(items.receiver)] {
        for (Counted& got : in) CHECK(&got == &item);
    });
    weft::yield();
    CHECK(items.sender.try_send(item) == send_status::sent);
    weft::yield();
    CHECK(Counted::moves + Counted::copies == 0);
}

TEST_CASE("try_receive takes the item of a sender that waits and never parks") {
    AllGone at_end;
    Trace trace;
    weft::channel<Counted> items;
    weft::scope fibers;
    CHECK(!items.receiver.try_receive());
    CHECK(!items.receiver.is_closed());
    auto producer = fibers.spawn([&, send = std::move(items.sender)] {
        send(1);
        trace("sent");
    });
    CHECK(!items.receiver.try_receive());
    weft::yield();
    const auto item = items.receiver.try_receive();
    REQUIRE(item);
    CHECK(item->value == 1);
    CHECK(Counted::moves == 1);
    trace("got");
    CHECK(!items.receiver.try_receive());
    CHECK(!items.receiver.is_closed());
    producer.join();
    CHECK(trace.text() == "got, sent");
    for (int twice = 0; twice < 2; ++twice) {
        CHECK(!items.receiver.try_receive());
        CHECK(items.receiver.is_closed());
    }
}

TEST_CASE("try_send and try_receive work from any code of the thread: also in a fiber that was cancelled") {
    weft::channel<int> there, back;
    weft::scope fibers;
    auto partner = fibers.spawn([&, in = there.receiver.clone(), out = back.sender.clone()] {
        CHECK(in.receive() == 1);
        CHECK(out.offer(2));
    });
    auto refused = fibers.spawn([&] {
        CHECK(there.sender.try_send(1) == send_status::sent);
        try {
            for (;;) weft::yield();
        } catch (const weft::cancelled&) {
        }
        CHECK(back.receiver.try_receive() == 2);
    });
    weft::yield();
    weft::yield();
    refused.cancel();
    refused.join();
    partner.join();
}
