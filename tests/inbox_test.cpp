// SPDX-License-Identifier: BSL-1.0
// The door for other threads: what they post is received like a stream.
#include <weft/weft.hpp>

#include <poll.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "descriptors.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::AllGone;
using test::contains;
using test::Counted;
using test::Trace;
using weft::send_status;

TEST_CASE("what other threads post is received in a loop until the last poster is gone") {
    weft::inbox<std::string> in;
    std::thread other([to = in.poster()] {
        for (const char* word : {"one", "two", "three"}) CHECK(to.post(word));
    });
    Trace trace;
    for (std::string& word : in) trace(word);
    other.join();
    CHECK(trace.text() == "one, two, three");
    CHECK(in.is_closed());
    CHECK(!in.post("late"));
    CHECK(!in.receive());
}

TEST_CASE("posts of many threads arrive once and each thread's in their order") {
    constexpr int threads = 4, posts = 2000;
    for (const std::size_t capacity : {1, 7, 100000}) {
        weft::inbox<std::pair<int, int>> in(capacity);
        std::vector<std::thread> all;
        auto to = std::optional(in.poster());
        for (int t = 0; t < threads; ++t)
            all.emplace_back([to = *to, t] {
                for (int n = 0; n < posts; ++n) CHECK(to.post({t, n}));
            });
        to.reset();
        std::vector<int> next(threads);
        for (auto& [t, n] : in) CHECK(next[static_cast<std::size_t>(t)]++ == n);
        for (std::thread& t : all) t.join();
        for (const int n : next) CHECK(n == posts);
    }
}

TEST_CASE("fibers receive from an inbox by receive and by select") {
    weft::inbox<int> numbers;
    weft::inbox<std::string> words;
    std::thread other([n = numbers.poster(), w = words.poster()] {
        for (int i = 0; i < 3; ++i) {
            CHECK(n.post(int(i)));
            CHECK(w.post(std::to_string(i)));
        }
    });
    int sum = 0, open = 2;
    std::string text;
    weft::scope fibers;
    fibers.spawn([&] {
        while (open > 0)
            weft::select(weft::on(
                             numbers, [&](int n) { sum += n; }, [&] { --open; }),
                         weft::on(
                             words, [&](std::string& w) { text += w; }, [&] { --open; }));
    });
    fibers.join();
    other.join();
    CHECK(sum == 3);
    CHECK(text == "012");
    weft::inbox<int> one;
    CHECK(one.post(5));
    CHECK(weft::select(weft::on(one, [](int n) { CHECK(n == 5); })) == 0);
    CHECK(one.post(6));
    CHECK(one.receive() == 6);
}

TEST_CASE("an inbox becomes a receiver for a stage") {
    weft::inbox<int> in;
    auto to = in.poster();
    for (int n = 1; n <= 6; ++n) CHECK(to.post(n));
    to.close();
    int sum = 0;
    for (int n : weft::filter(weft::receiver<int>(std::move(in)), [](int n) { return n % 2 == 0; })) sum += n;
    CHECK(sum == 12);
}

TEST_CASE("posters outlive their inbox and its thread") {
    using item = std::shared_ptr<int>;
    const item token = std::make_shared<int>(7);
    weft::poster<item> to;
    std::promise<void> made, end;
    std::thread owner([&] {
        weft::inbox<item> in(1);
        to = in.poster();
        CHECK(to.post(token));
        made.set_value();
        end.get_future().wait();
    });
    made.get_future().wait();
    std::thread waits([&token, to] { CHECK(!to.post(token)); });
    CHECK(to.try_post(token) == send_status::full);
    end.set_value();
    owner.join();
    waits.join();
    CHECK(to.is_closed());
    CHECK(!to.post(token));
    CHECK(to.try_post(token) == send_status::closed);
    CHECK(token.use_count() == 1);
}

TEST_CASE("a loop that is left pauses an inbox and its end drops what is left") {
    AllGone all;
    {
        weft::inbox<Counted> in;
        for (int n = 0; n < 5; ++n) CHECK(in.post(Counted(n)));
        for (Counted& item : in) {
            CHECK(item.value == 0);
            break;
        }
        CHECK(in.receive()->value == 1);
        CHECK(in.try_receive()->value == 2);
    }
    weft::inbox<Counted> never_asked;
    CHECK(never_asked.post(Counted(1)));
}

TEST_CASE("try_receive and is_closed work from plain code without a wait") {
    weft::inbox<int> in;
    CHECK(!in.try_receive());
    CHECK(in.post(1));
    CHECK(in.post(2));
    CHECK(in.try_receive() == 1);
    CHECK(!in.is_closed());
    in.close();
    CHECK(!in.is_closed());
    CHECK(in.try_receive() == 2);
    CHECK(!in.try_receive());
    CHECK(in.is_closed());
}

TEST_CASE("a post wakes the host of a thread that waits and no other") {
    weft::inbox<int> in;
    pollfd host{weft::this_thread().fd(), POLLIN, 0};
    Trace trace;
    weft::scope fibers;
    std::thread([&] { CHECK(in.post(1)); }).join();
    CHECK(poll(&host, 1, 0) == 0);  // nobody waits for it
    auto reader = fibers.spawn([&] {
        for (int n : in) trace(n);
    });
    weft::this_thread().run_ready();
    while (weft::this_thread().run_ready()) continue;
    CHECK(trace.take() == "1");
    CHECK(poll(&host, 1, 0) == 0);
    std::thread([&] {
        CHECK(in.post(2));
        CHECK(in.post(3));
    }).join();
    CHECK(poll(&host, 1, 0) == 1);
    while (weft::this_thread().run_ready()) continue;
    CHECK(trace.take() == "2, 3");
    CHECK(poll(&host, 1, 0) == 0);
    std::thread([to = in.poster()] {}).join();  // the last poster
    CHECK(poll(&host, 1, 10000) == 1);
    while (weft::this_thread().run_ready()) continue;
    CHECK(reader.done());
}

TEST_CASE("a host's callback posts to the fibers of its thread") {
    weft::inbox<std::string> lines;
    Trace trace;
    weft::scope fibers;
    fibers.spawn([&] {
        for (std::string& line : lines) trace(line);
    });
    for (const char* line : {"a", "b"}) {
        CHECK(lines.try_post(line) == send_status::sent);
        while (weft::this_thread().run_ready()) continue;
    }
    CHECK(trace.text() == "a, b");
}

TEST_CASE("an inbox that waits is no deadlock and one that is closed may be") {
    weft::inbox<int> in;
    weft::channel<int> never;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int n : in) (void)n;
    });
    std::thread other([&] { in.close(); });
    CHECK_THROWS_AS((void)never.receiver.receive(), weft::deadlock);
    other.join();
}

TEST_CASE("a cancelled fiber leaves an inbox and the next one receives") {
    weft::inbox<int> in;
    weft::scope fibers;
    auto first = fibers.spawn([&] { (void)in.receive(); });
    weft::yield();
    first.cancel();
    CHECK_THROWS_AS(first.join(), weft::no_result);
    std::thread other([&] { CHECK(in.post(1)); });
    CHECK(in.receive() == 1);
    other.join();
}

TEST_CASE("move-only items travel and empty posters are closed") {
    weft::inbox<std::unique_ptr<int>> in;
    std::thread([to = in.poster()] { CHECK(to.post(std::make_unique<int>(3))); }).join();
    CHECK(**in.receive() == 3);
    CHECK(!in.receive());
    weft::poster<std::unique_ptr<int>> none;
    CHECK(none.is_closed());
    CHECK(!none.post(nullptr));
    none.close();
    weft::inbox<std::unique_ptr<int>> moved = std::move(in);
    CHECK(moved.is_closed());
}
