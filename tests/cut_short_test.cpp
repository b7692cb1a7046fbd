// SPDX-License-Identifier: BSL-1.0
// Rule 8: streams that were cut short without a failure to tell, and those that only look so.
#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::Trace;

namespace {

using Error = std::runtime_error;

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

TEST_CASE("What the producer failed with is not known if it waits again: stream_failed") {
    Trace trace;
    weft::channel<std::string> lines;
    weft::scope fibers;
    auto producer = fibers.spawn([&] {
        try {
            const auto send = std::move(lines.sender);
            send("One");
            throw Error("caught");
        } catch (const Error&) {
            weft::yield();
            trace("goes on");
        }
    });
    CHECK(lines.receiver.receive() == "One");
    check_failed(lines.receiver);
    producer.join();
    CHECK(trace.text() == "goes on");
}

TEST_CASE("A producer that catches its exception and returns still cut its stream short: stream_failed") {
    weft::channel<std::string> lines;
    weft::scope fibers;
    fibers.spawn([&] {
        try {
            const auto send = std::move(lines.sender);
            throw Error("caught");
        } catch (const Error&) {
        }
    });
    check_failed(lines.receiver);
}

TEST_CASE("Plain code that destroys its sender by an exception ends the stream with stream_failed") {
    weft::channel<std::string> lines;
    try {
        const auto send = std::move(lines.sender);
        throw Error("caught");
    } catch (const Error&) {
    }
    check_failed(lines.receiver);
}

TEST_CASE("A producer that was cancelled ends the stream with stream_failed") {
    using Send = weft::sender<std::string>;
    const auto throws = [](Send send) {
        for (;;) send("line");
    };
    const auto returns = [](Send send) {
        while (send.offer("line")) {
        }
    };
    const auto sends_no_more = [](Send send) {
        send("line");
        try {
            weft::sleep_for(std::chrono::hours(1));
        } catch (const weft::cancelled&) {
        }
    };
    for (const std::function<void(Send)>& way :
         {std::function<void(Send)>(throws), {returns}, {sends_no_more}}) {
        weft::channel<std::string> lines;
        weft::scope fibers;
        auto producer = fibers.spawn(way, std::move(lines.sender));
        CHECK(lines.receiver.receive() == "line");
        weft::yield();
        producer.cancel();
        check_failed(lines.receiver);
    }
}

TEST_CASE("A producer that was cancelled before it ran ends the stream with stream_failed") {
    weft::channel<std::string> lines;
    weft::scope fibers;
    auto producer = fibers.spawn([send = std::move(lines.sender)] { send("line"); });
    producer.cancel();
    check_failed(lines.receiver);
}

TEST_CASE("A scope that cancels its producers truncates their streams") {
    weft::channel<std::string> lines;
    {
        weft::scope fibers;
        fibers.spawn([send = std::move(lines.sender)] {
            for (;;) send("line");
        });
        CHECK(lines.receiver.receive() == "line");
    }
    check_failed(lines.receiver);
}

TEST_CASE("A cancelled producer that closes explicitly ends the stream in order") {
    weft::channel<std::string> lines;
    weft::scope fibers;
    auto producer = fibers.spawn([send = std::move(lines.sender)]() mutable {
        while (send.offer("line")) {
        }
        send.close();
    });
    CHECK(lines.receiver.receive() == "line");
    producer.cancel();
    CHECK(!lines.receiver.receive());
    CHECK(!lines.receiver.receive());
}

TEST_CASE("A sender that dies in a handler or was made during the unwinding ends its stream in order") {
    weft::channel<std::string> handled, unwinding;
    weft::scope fibers;
    struct Farewell {
        weft::channel<std::string>& to;
        ~Farewell() {
            const auto send = std::move(to.sender);
            CHECK(send.offer("farewell"));
        }
    };
    fibers.spawn([&] {
        try {
            Farewell last{unwinding};
            throw Error("torn");
        } catch (const Error&) {
            const auto send = std::move(handled.sender);
            send("handled");
        }
    });
    CHECK(all_of(unwinding.receiver) == Lines{"farewell", "the end"});
    CHECK(all_of(handled.receiver) == Lines{"handled", "the end"});
}

TEST_CASE("Whether a sender dies by an exception is judged by the fiber it was last moved in") {
    weft::channel<std::string> lines, bystander;
    struct Waits {
        ~Waits() { weft::yield(); }
    };
    weft::scope fibers;
    // This one waits in a destructor while its exception is in flight; that is no affair of the others.
    auto unwinding = fibers.spawn([&] {
        Waits last;
        throw Error("elsewhere");
    });
    weft::yield();
    fibers.spawn([send = std::move(bystander.sender)] { send("calm"); });
    CHECK(all_of(bystander.receiver) == Lines{"calm", "the end"});
    CHECK(test::thrown_by<Error>([&] { unwinding.join(); }) == "elsewhere");
    // And this one is destroyed by an exception in another fiber than the one it was made in.
    fibers.spawn([](weft::sender<std::string>) { throw Error("torn"); }, std::move(lines.sender));
    CHECK(all_of(lines.receiver) == Lines{"torn"});
}
