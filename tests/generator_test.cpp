// SPDX-License-Identifier: BSL-1.0
// Generators: a function that sends, as a lazy stream.
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::CapturedStderr;
using test::Counted;
using test::Trace;
using weft::generator;
using weft::sink;

namespace {

static_assert(!std::copyable<generator<int>> && std::movable<generator<int>>);
static_assert(!std::constructible_from<generator<int>, int>);
static_assert(!std::constructible_from<generator<int>, void (*)(sink<std::string>)>);
static_assert(std::constructible_from<generator<int>, void (*)(int, sink<int>), int>);
static_assert(!std::constructible_from<generator<int>, void (*)(int, sink<int>)>);
static_assert(std::convertible_to<generator<int>, weft::receiver<int>>);
static_assert(!std::convertible_to<generator<int>&, weft::receiver<int>>);

}  // namespace

TEST_CASE("A generator starts at the first item that is asked for") {
    Trace trace;
    {
        generator<int> numbers([&](sink<int> send) {
            trace("start");
            send(1);
        });
        weft::yield();
        auto at = numbers.begin();
        weft::yield();
        trace("asking");
        CHECK(*at == 1);
    }
    CHECK(trace.text() == "asking, start");
}

TEST_CASE("A generator that was never asked for an item does not run and its function dies with it") {
    AllGone at_end;
    Trace trace;
    {
        generator<int> numbers([&, item = Counted(1)](sink<int>) { trace("start"); });
    }
    {
        weft::receiver<int> in = generator<int>([&, item = Counted(1)](sink<int>) { trace("start"); });
    }
    CHECK(trace.text().empty());
}

TEST_CASE("A generator is never ahead of the loop") {
    Trace trace;
    generator<int> numbers([&](sink<int> send) {
        for (int n = 1; n <= 3; ++n) {
            trace("make", n);
            send(int(n));
        }
        trace("done");
    });
    for (int n : numbers) trace("use", n);
    CHECK(trace.text() == "make 1, use 1, make 2, use 2, make 3, use 3, done");
}

TEST_CASE("A generator lends: the loop variable is the very object in its frame") {
    AllGone at_end;
    const Counted* sent = nullptr;
    generator<Counted> items([&](sink<Counted> send) {
        Counted item(1);
        sent = &item;
        send(std::move(item));
        CHECK(item.value == 2);
    });
    for (Counted& item : items) {
        CHECK(&item == sent);
        item.value = 2;
    }
    CHECK(Counted::copies + Counted::moves == 0);
}

TEST_CASE("What the function throws the loop throws and so does every later receive") {
    CapturedStderr errors;
    {
        generator<int> numbers([](sink<int> send) {
            send(1);
            throw std::runtime_error("no more");
        });
        Trace trace;
        CHECK(test::thrown_by<std::runtime_error>([&] {
                  for (int n : numbers) trace(n);
              }) == "no more");
        CHECK(trace.text() == "1");
        CHECK(test::thrown_by<std::runtime_error>([&] { numbers.receive(); }) == "no more");
        CHECK(test::thrown_by<std::runtime_error>([&] {
                  for (int n : numbers) trace(n);
              }) == "no more");
        CHECK(numbers.is_closed());
    }
    CHECK(errors.text().empty());
}

TEST_CASE("A loop that is left pauses the generator and its destruction ends it") {
    Trace trace;
    {
        generator<int> numbers([&](sink<int> send) {
            struct Farewell {
                Trace& trace;
                ~Farewell() { trace("unwound"); }
            } last{trace};
            for (int n = 1;; ++n) send(int(n));
        });
        for (int n : numbers) {
            trace(n);
            if (n == 2) break;
        }
        weft::yield();
        trace("again");
        CHECK(numbers.receive() == 3);
        for (int n : numbers) {
            trace(n);
            break;
        }
        trace("leaving");
    }
    CHECK(trace.text() == "1, 2, again, 4, leaving, unwound");
}

TEST_CASE("The loop over a temporary generator ends it") {
    Trace trace;
    for (int n : generator<int>([&](sink<int> send) {
             try {
                 for (int i = 1;; ++i) send(int(i));
             } catch (const weft::receiver_gone&) {
                 trace("gone");
                 throw;
             }
         })) {
        trace(n);
        break;
    }
    CHECK(trace.text() == "1, gone");
}

TEST_CASE("A generator that offers is ended by false") {
    Trace trace;
    {
        generator<int> numbers([&](sink<int> send) {
            int n = 0;
            while (send.offer(int(n))) ++n;
            trace("stopped at", n);
        });
        CHECK(numbers.receive() == 0);
        CHECK(numbers.receive() == 1);
    }
    CHECK(trace.text() == "stopped at 2");
}

TEST_CASE("Whatever leaves a generator after one of its sends was refused is an ordinary end") {
    CapturedStderr errors;
    {
        generator<int> numbers([](sink<int> send) {
            while (send.offer(1)) {
            }
            throw std::runtime_error("the parser was stopped");
        });
        CHECK(numbers.receive() == 1);
    }
    CHECK(errors.text().empty());
}

TEST_CASE("A generator that waits for something else is cancelled when it is destroyed") {
    Trace trace;
    {
        weft::channel<int> never;
        generator<int> numbers([&](sink<int> send) {
            send(1);
            try {
                never.receiver.receive();
            } catch (const weft::cancelled&) {
                trace("cancelled");
                throw;
            }
        });
        CHECK(numbers.receive() == 1);
        weft::yield();
    }
    CHECK(trace.text() == "cancelled");
}

TEST_CASE("A generator's function may return at once or send nothing") {
    generator<int> nothing([](sink<int>) {});
    for ([[maybe_unused]] int n : nothing) FAIL("there is no item");
    CHECK(!nothing.receive());
    CHECK(nothing.is_closed());
}

TEST_CASE("Function and arguments are taken as std::thread takes them") {
    AllGone at_end;
    int sum = 0;
    std::vector<int> all;
    generator<int> numbers(
        [](Counted mine, int& to, const std::unique_ptr<int>& plus, sink<int> send) {
            to = mine.value;
            send(mine.value + *plus);
        },
        Counted(1), std::ref(sum), std::make_unique<int>(5));
    CHECK(numbers.receive() == 6);
    CHECK(sum == 1);
    CHECK(!numbers.receive());
    CHECK(Counted::live == 0);  // they die with the function, not with the generator
    struct Machine {
        int factor;
        void run(int n, sink<int> send) const { send(factor * n); }
    };
    generator<int> member(&Machine::run, Machine{3}, 4);
    CHECK(member.receive() == 12);
}

TEST_CASE("A generator moves, also between two loops, and converts to a receiver that owns it") {
    AllGone at_end;
    generator<int> numbers([item = Counted(1)](sink<int> send) {
        for (int n = 0;; ++n) send(int(n));
    });
    for (int n : numbers)
        if (n == 1) break;
    generator<int> moved = std::move(numbers);
    CHECK(moved.receive() == 2);
    CHECK_THROWS_AS(numbers.receive(), std::logic_error);
    numbers = std::move(moved);
    CHECK(numbers.receive() == 3);
    weft::receiver<int> in = std::move(numbers);
    CHECK(in.receive() == 4);
    CHECK(Counted::live == 1);
    in.close();
    CHECK(Counted::live == 0);
}
