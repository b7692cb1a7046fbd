// SPDX-License-Identifier: BSL-1.0
// Rule 8, and rule 15's part on streams: a truncated stream never looks like a complete one.
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::CapturedStderr;
using test::Counted;
using test::Trace;

namespace {

using Error = std::runtime_error;

template <class E, class T>
void check_throws(const weft::receiver<T>& in, const std::string& text) {
    for (int twice = 0; twice < 2; ++twice) {
        CHECK(test::thrown_by<E>([&] {
                  for ([[maybe_unused]] auto& item : in) {
                  }
              }) == text);
        CHECK(test::thrown_by<E>([&] { in.receive(); }) == text);
        CHECK(test::thrown_by<E>([&] { static_cast<void>(in.try_receive()); }) == text);
        CHECK(in.is_closed());
    }
}

/// It ends as stream_failed.
template <class T>
void check_failed(const weft::receiver<T>& in) {
    for (int twice = 0; twice < 2; ++twice) {
        CHECK_THROWS_AS(in.receive(), weft::stream_failed);
        CHECK_THROWS_AS(static_cast<void>(in.begin() == in.end()), weft::stream_failed);
        CHECK_THROWS_AS(static_cast<void>(in.try_receive()), weft::stream_failed);
    }
}

/// All that a loop gives, and at last the text of what it throws.
std::vector<std::string> all_of(const weft::receiver<std::string>& in) {
    std::vector<std::string> all;
    try {
        for (std::string& line : in) all.push_back(line);
        all.push_back("the end");
    } catch (const std::exception& e) {
        all.push_back(e.what());
    }
    return all;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("A sender destroyed by an exception ends the stream: receivers get what the producer failed with") {
    CapturedStderr errors;
    {
        weft::channel<std::string> lines;
        weft::scope fibers;
        fibers.spawn([send = std::move(lines.sender)] {
            send("One");
            send("Two");
            throw Error("out of paper");
        });
        CHECK(all_of(lines.receiver) == Lines{"One", "Two", "out of paper"});
        check_throws<Error>(lines.receiver, "out of paper");
        fibers.join();  // the receiver has it
    }
    CHECK(errors.text().empty());
}

TEST_CASE("A sender destroyed by an exception: a receiver that waits in receive gets it") {
    weft::channel<std::string> lines;
    weft::scope fibers;
    auto consumer = fibers.spawn([in = std::move(lines.receiver)] { check_throws<Error>(in, "torn"); });
    weft::yield();
    fibers.spawn([](weft::sender<std::string>) { throw Error("torn"); }, std::move(lines.sender));
    consumer.join();
    fibers.join();
}

TEST_CASE("A local sender destroyed on the way out passes on what leaves the fiber then") {
    weft::channel<std::string> lines;
    weft::scope fibers;
    fibers.spawn([&] {
        try {
            const auto send = std::move(lines.sender);
            send("One");
            throw Error("first");
        } catch (const Error&) {
            throw std::logic_error("second");
        }
    });
    CHECK(lines.receiver.receive() == "One");
    check_throws<std::logic_error>(lines.receiver, "second");
}

TEST_CASE("The items that wait are received before the failure") {
    std::vector<std::string> got;
    weft::channel<std::string> lines;
    weft::scope fibers;
    fibers.spawn([&, send = lines.sender.clone()] {
        send("waits");
        got.push_back("was received");
        CHECK_THROWS_AS(send("never"), weft::receiver_gone);
    });
    weft::yield();
    fibers.spawn([](weft::sender<std::string>) { throw Error("torn"); }, std::move(lines.sender));
    weft::yield();
    CHECK(all_of(lines.receiver) == Lines{"waits", "torn"});
    weft::yield();
    CHECK(got == Lines{"was received"});
}

TEST_CASE("Other senders are told as by receiver_gone") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    auto other = fibers.spawn([send = items.sender.clone()] {
        weft::yield();
        weft::yield();
        Counted item(1);
        for (int twice = 0; twice < 2; ++twice) {
            CHECK_THROWS_AS(send(std::move(item)), weft::receiver_gone);
            CHECK(!send.offer(std::move(item)));
            CHECK(send.try_send(std::move(item)) == weft::send_status::closed);
        }
        CHECK(item.value == 1);
    });
    fibers.spawn([](weft::sender<Counted>) { throw Error("torn"); }, std::move(items.sender));
    weft::yield();
    CHECK_THROWS_AS(items.receiver.receive(), Error);
    other.join();
}

TEST_CASE("Each of the receivers gets the failure") {
    Trace trace;
    weft::channel<int> numbers;
    weft::scope fibers;
    for (int n = 0; n < 3; ++n)
        fibers.spawn([&, n, in = numbers.receiver.clone()] {
            try {
                if (n == 1)
                    in.receive();
                else
                    for (int i : in) trace(i);
            } catch (const Error& e) {
                trace(n, e.what());
            }
        });
    weft::yield();
    fibers.spawn([](weft::sender<int>) { throw Error("torn"); }, std::move(numbers.sender));
    fibers.join();
    CHECK(trace.text() == "0 torn, 1 torn, 2 torn");
}

TEST_CASE("A fiber that fails with several senders ends all their streams with the same") {
    weft::channel<std::string> one, two;
    weft::scope fibers;
    fibers.spawn(
        [](weft::sender<std::string> first, weft::sender<std::string> second) {
            first("One");
            second("Two");
            throw Error("torn");
        },
        std::move(one.sender), std::move(two.sender));
    CHECK(one.receiver.receive() == "One");
    CHECK(all_of(two.receiver) == Lines{"Two", "torn"});
    CHECK(all_of(one.receiver) == Lines{"torn"});
}

TEST_CASE("A failure goes down a pipeline: each stage fails with what it received") {
    weft::channel<std::string> raw, cooked;
    weft::scope fibers;
    fibers.spawn([send = std::move(raw.sender)] {
        send("a");
        throw Error("torn");
    });
    fibers.spawn([in = std::move(raw.receiver), out = std::move(cooked.sender)] {
        for (std::string& line : in) out(line + line);
    });
    CHECK(all_of(cooked.receiver) == Lines{"aa", "torn"});
    fibers.join();
}

TEST_CASE("fail says it in so many words") {
    weft::channel<std::string> lines;
    SUBCASE("with a cause") {
        lines.sender.fail(std::make_exception_ptr(Error("disk full")));
        check_throws<Error>(lines.receiver, "disk full");
    }
    SUBCASE("without") {
        lines.sender.fail(nullptr);
        check_failed(lines.receiver);
    }
    CHECK_THROWS_AS(lines.sender("more"), std::logic_error);
}

TEST_CASE("fail while a receiver waits wakes it with the cause and the first cause stays") {
    weft::channel<std::string> lines;
    weft::sender<std::string> other = lines.sender.clone();
    weft::scope fibers;
    auto consumer = fibers.spawn([in = lines.receiver.clone()] { check_throws<Error>(in, "first"); });
    weft::yield();
    lines.sender.fail(std::make_exception_ptr(Error("first")));
    CHECK_THROWS_AS(other("more"), weft::receiver_gone);
    other.fail(std::make_exception_ptr(Error("second")));
    consumer.join();
    check_throws<Error>(lines.receiver, "first");
}

TEST_CASE("fail after items that wait: these are received first") {
    weft::channel<std::string> lines;
    weft::scope fibers;
    fibers.spawn([send = lines.sender.clone()] { send("waits"); });
    weft::yield();
    lines.sender.fail(std::make_exception_ptr(Error("torn")));
    CHECK(!lines.receiver.is_closed());
    CHECK(all_of(lines.receiver) == Lines{"waits", "torn"});
}

TEST_CASE("A failure that no receiver asked for is thrown by the scope's join") {
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([](weft::sender<int>) { throw Error("torn"); }, std::move(numbers.sender));
    CHECK(test::thrown_by<Error>([&] { fibers.join(); }) == "torn");
    fibers.join();
    check_throws<Error>(numbers.receiver, "torn");
}

TEST_CASE("A failure whose receivers have all gone is not lost") {
    weft::channel<int> numbers;
    weft::scope fibers;
    fibers.spawn([](weft::sender<int>) { throw Error("torn"); }, std::move(numbers.sender));
    weft::yield();
    numbers.receiver.close();
    CHECK(test::thrown_by<Error>([&] { fibers.join(); }) == "torn");
}

TEST_CASE("A failure that nobody asked for is reported on stderr with the fiber's name") {
    CapturedStderr errors;
    {
        weft::channel<int> numbers;
        weft::scope fibers;
        fibers.spawn(
            {.name = "printer"}, [](weft::sender<int>) { throw Error("out of paper"); },
            std::move(numbers.sender));
    }
    const std::string text = errors.text();
    CHECK(test::contains(text, "printer"));
    CHECK(test::contains(text, "out of paper"));
}
