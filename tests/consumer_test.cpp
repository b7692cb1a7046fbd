// SPDX-License-Identifier: BSL-1.0
// Consumers: a function that receives, fed by code that is called back.
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::CapturedStderr;
using test::Counted;
using test::Trace;
using weft::consumer;
using weft::receiver;
using weft::sink;

namespace {

static_assert(!std::copyable<consumer<int>> && std::movable<consumer<int>>);
static_assert(!std::constructible_from<consumer<int>, void (*)(sink<int>)>);
static_assert(std::constructible_from<consumer<int>, void (*)(std::string, receiver<int>), const char*>);
static_assert(std::invocable<const consumer<std::string>&, const char*>);
static_assert(std::convertible_to<consumer<std::string>&, sink<std::string>>);

/// A library in C that calls back.
using on_data = int (*)(void* context, const char* text);
int call_back(on_data handler, void* context, int times) {
    static const char* const words[] = {"alpha", "beta", "gamma", "delta"};
    for (int n = 0; n < times; ++n)
        if (handler(context, words[n % 4])) return 1;
    return 0;
}

}  // namespace

TEST_CASE("A consumer is fed by calls and finish waits for its end") {
    Trace trace;
    consumer<int> feed([&](receiver<int> in) {
        for (int n : in) trace("got", n);
        trace("ended");
    });
    feed(1);
    feed(2);
    trace("finishing");
    feed.finish();
    trace("finished");
    CHECK(trace.text() == "got 1, got 2, finishing, ended, finished");
}

TEST_CASE("What is fed is lent and not copied: the call returns when the function wants more") {
    AllGone at_end;
    const Counted* fed = nullptr;
    Trace trace;
    consumer<Counted> feed([&](receiver<Counted> in) {
        for (Counted& item : in) {
            CHECK(&item == fed);
            trace("begin");
            weft::yield();
            item.value = 9;
            trace("end");
        }
    });
    Counted item(1);
    fed = &item;
    feed(std::move(item));
    trace("returned");
    CHECK(item.value == 9);
    CHECK(feed.offer(std::move(item)));
    feed.finish();
    CHECK(trace.text() == "begin, end, returned, begin, end");
    CHECK(Counted::copies + Counted::moves == 0);
}

TEST_CASE("A callback of a C library feeds a function written as a loop") {
    std::vector<std::string> got;
    consumer<std::string_view> feed([&](receiver<std::string_view> in) {
        for (std::string_view word : in) got.emplace_back(word);
    });
    const on_data handler = [](void* context, const char* text) {
        return static_cast<consumer<std::string_view>*>(context)->offer(std::string_view(text)) ? 0 : 1;
    };
    CHECK(call_back(handler, &feed, 3) == 0);
    feed.finish();
    CHECK(got == std::vector<std::string>{"alpha", "beta", "gamma"});
}

TEST_CASE("The consumer's function ends early: the next call throws receiver_gone and offer is false") {
    AllGone at_end;
    consumer<Counted> feed([](receiver<Counted> in) {
        for (Counted& item : in)
            if (item.value == 2) break;
    });
    feed(1);
    Counted second(2);
    CHECK_THROWS_AS(feed(std::move(second)), weft::receiver_gone);
    for (int twice = 0; twice < 2; ++twice) {
        CHECK_THROWS_AS(feed(std::move(second)), weft::receiver_gone);
        CHECK(!feed.offer(std::move(second)));
        CHECK(second.value == 2);
    }
    feed.finish();
}

TEST_CASE("A C library is stopped when the consumer's function has ended") {
    int words = 0;
    consumer<std::string_view> feed([&](receiver<std::string_view> in) {
        for ([[maybe_unused]] std::string_view word : in)
            if (++words == 2) return;
    });
    const on_data handler = [](void* context, const char* text) {
        return static_cast<consumer<std::string_view>*>(context)->offer(std::string_view(text)) ? 0 : 1;
    };
    CHECK(call_back(handler, &feed, 100) == 1);
    feed.finish();
    CHECK(words == 2);
}

TEST_CASE("finish throws what the function failed with once") {
    CapturedStderr errors;
    {
        consumer<int> feed([](receiver<int> in) {
            for (int n : in)
                if (n == 2) throw std::runtime_error("bad input");
        });
        feed(1);
        CHECK_THROWS_AS(feed(2), weft::receiver_gone);
        CHECK(!feed.offer(3));
        CHECK(test::thrown_by<std::runtime_error>([&] { feed.finish(); }) == "bad input");
        feed.finish();
    }
    CHECK(errors.text().empty());
}

TEST_CASE("What the function failed with after the end of the stream finish throws as well") {
    consumer<int> feed([](receiver<int> in) {
        for ([[maybe_unused]] int n : in) {
        }
        throw std::runtime_error("no closing bracket");
    });
    feed(1);
    CHECK(test::thrown_by<std::runtime_error>([&] { feed.finish(); }) == "no closing bracket");
}

TEST_CASE("What the function failed with and nobody took is reported on stderr") {
    CapturedStderr errors;
    {
        consumer<int> feed([](receiver<int> in) {
            in.receive();
            throw std::runtime_error("bad input");
        });
        CHECK(feed.offer(1));
    }
    CHECK(test::contains(errors.text(), "bad input"));
}

TEST_CASE("Destroying a consumer closes the stream and waits for its function") {
    AllGone at_end;
    Trace trace;
    {
        consumer<int> feed([&, item = Counted(1)](receiver<int> in) {
            for (int n : in) trace(n);
            weft::yield();
            trace("ended");
        });
        feed(1);
    }
    CHECK(trace.text() == "1, ended");
}

TEST_CASE("A consumer that was never fed is closed as any other") {
    Trace trace;
    {
        consumer<int> feed([&](receiver<int> in) {
            trace("start");
            CHECK(!in.receive());
        });
    }
    CHECK(trace.text() == "start");
    consumer<int> finished([&](receiver<int> in) { CHECK(!in.receive()); });
    finished.finish();
    CHECK_THROWS_AS(finished(1), std::logic_error);
    CHECK(!finished.offer(1));
    consumer<int>();
}

TEST_CASE("Destroyed by an exception a consumer cuts its stream short") {
    Trace trace;
    try {
        consumer<int> feed([&](receiver<int> in) {
            try {
                for (int n : in) trace(n);
                trace("complete");
            } catch (const weft::stream_failed&) {
                trace("cut short");
            } catch (const weft::cancelled&) {
                trace("cut short");
            }
        });
        feed(1);
        throw std::runtime_error("torn");
    } catch (const std::runtime_error&) {
    }
    CHECK(trace.text() == "1, cut short");
}

TEST_CASE("A consumer fits a sink: a producer for a consumer needs no channel") {
    std::vector<std::string> got;
    consumer<std::string> feed([&](receiver<std::string> in) {
        for (std::string& line : in) got.push_back(line);
    });
    const auto produce = [](sink<std::string> send) {
        send("One");
        CHECK(send.offer("Two"));
    };
    produce(feed);
    const auto of_characters = [](sink<const char*> send) { send("Three"); };
    of_characters(feed);
    feed.finish();
    CHECK(got == std::vector<std::string>{"One", "Two", "Three"});
}

TEST_CASE("A consumer moves and takes function and arguments as std::thread does") {
    int sum = 0;
    consumer<int> first(
        [](std::unique_ptr<int> plus, int& to, receiver<int> in) {
            for (int n : in) to += n + *plus;
        },
        std::make_unique<int>(10), std::ref(sum));
    first(1);
    consumer<int> second = std::move(first);
    second(2);
    first = std::move(second);
    first.finish();
    CHECK(sum == 23);
}

TEST_CASE("A consumer works inside a fiber and feeds the next consumer") {
    Trace trace;
    weft::scope fibers;
    auto outer = fibers.spawn([&] {
        consumer<int> last([&](receiver<int> in) {
            for (int n : in) trace(n);
        });
        consumer<int> doubling([&](receiver<int> in) {
            for (int n : in) last(2 * n);
        });
        for (int n = 1; n <= 3; ++n) doubling(int(n));
        doubling.finish();
        last.finish();
        trace("done");
    });
    outer.join();
    CHECK(trace.text() == "2, 4, 6, done");
}
