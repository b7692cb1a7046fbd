// SPDX-License-Identifier: BSL-1.0
// Waiting for descriptors.
#include <weft/weft.hpp>

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "descriptors.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using test::contains;
using test::Ends;
using test::Trace;

namespace {

/// The error that `f` throws; 0: none.
template <class F>
int error_of(F&& f) {
    try {
        f();
    } catch (const std::system_error& e) {
        CHECK(e.code().category() == std::generic_category());
        return e.code().value();
    }
    return 0;
}

}  // namespace

TEST_CASE("wait_readable parks until there is something to read") {
    const Ends ends = Ends::pipe();
    Trace trace;
    weft::scope fibers;
    auto reader = fibers.spawn([&] {
        weft::wait_readable(ends.reads());
        trace("read", std::string(1, ends.get()));
    });
    weft::yield();
    CHECK(trace.text() == "");
    fibers.spawn([&] {
        trace("write");
        ends.put('x');
    });
    reader.join();
    CHECK(trace.text() == "write, read x");
}

TEST_CASE("wait_writable parks until there is room") {
    const Ends ends = Ends::pipe();
    ends.fill();
    Trace trace;
    weft::scope fibers;
    auto writer = fibers.spawn([&] {
        weft::wait_writable(ends.writes());
        trace("write");
        ends.put('x');
    });
    weft::yield();
    fibers.spawn([&] {
        trace("drain");
        ends.drain();
    });
    writer.join();
    CHECK(trace.text() == "drain, write");
}

TEST_CASE("the end of what is read makes it readable and a reader that is gone makes it writable") {
    Ends ends = Ends::pipe(), other = Ends::pipe();
    other.fill();
    weft::scope fibers;
    auto reader = fibers.spawn([&] { weft::wait_readable(ends.reads()); });
    auto writer = fibers.spawn([&] { weft::wait_writable(other.writes()); });
    weft::yield();
    ends.close_writing();
    other.close_reading();
    CHECK(error_of([&] { reader.join(); }) == 0);
    CHECK(error_of([&] { writer.join(); }) == 0);
}

TEST_CASE("plain code waits for a descriptor while the fibers run") {
    const Ends ends = Ends::pipe();
    weft::scope fibers;
    fibers.spawn([&] {
        for (int i = 0; i < 5; ++i) weft::yield();
        ends.put('x');
    });
    weft::wait_readable(ends.reads());
    CHECK(ends.get() == 'x');
}

TEST_CASE("a thread that waits for a descriptor sleeps until another thread writes") {
    const Ends ends = Ends::pipe();
    std::thread other([&] { ends.put('x'); });
    weft::wait_readable(ends.reads());
    other.join();
    CHECK(ends.get() == 'x');
}

TEST_CASE("a descriptor that is ready already is one yield") {
    const Ends ends = Ends::pipe();
    ends.put('x');
    Trace trace;
    weft::scope fibers;
    fibers.spawn([&] { trace("other"); });
    weft::wait_readable(ends.reads());
    trace("reader");
    weft::wait_readable(ends.reads());
    CHECK(trace.text() == "other, reader");
}

TEST_CASE("regular files are always ready") {
    std::FILE* file = std::tmpfile();
    weft::wait_readable(fileno(file));
    weft::wait_writable(fileno(file));
    std::fclose(file);
}

TEST_CASE("one descriptor is waited for in both directions") {
    const Ends ends = Ends::sockets();
    ends.fill();
    Trace trace;
    weft::scope fibers;
    auto reader = fibers.spawn([&] {
        weft::wait_readable(ends.writes());
        trace("readable");
    });
    auto writer = fibers.spawn([&] {
        weft::wait_writable(ends.writes());
        trace("writable");
    });
    weft::yield();
    ends.drain();
    writer.join();
    CHECK(trace.take() == "writable");
    CHECK(!reader.done());
    CHECK(write(ends.reads(), "x", 1) == 1);
    reader.join();
    CHECK(trace.text() == "readable");
}

TEST_CASE("of those that wait for the same each event wakes the first") {
    const Ends ends = Ends::pipe();
    Trace trace;
    weft::scope fibers;
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&, i] {
            weft::wait_readable(ends.reads());
            trace(i, std::string(1, ends.get()));
        });
    weft::yield();
    for (char c : {'a', 'b', 'c'}) {
        ends.put(c);
        for (int i = 0; i < 5; ++i) weft::yield();
    }
    CHECK(trace.take() == "0 a, 1 b, 2 c");
    for (int i = 0; i < 3; ++i)
        fibers.spawn([&, i] {
            weft::wait_readable(ends.reads());  // which nobody reads from
            trace(i);
        });
    weft::yield();
    ends.put('d');
    fibers.join();
    CHECK(trace.text() == "0, 1, 2");
}

TEST_CASE("many fibers wait for many descriptors") {
    constexpr int pairs = 200;
    std::vector<Ends> there, back;
    for (int i = 0; i < pairs; ++i) there.push_back(Ends::pipe()), back.push_back(Ends::pipe());
    int served = 0;
    weft::scope fibers;
    for (int i = 0; i < pairs; ++i)
        fibers.spawn([&, i] {
            const auto at = static_cast<std::size_t>(i);
            for (int turn = 0; turn < 3; ++turn) {
                weft::wait_readable(there[at].reads());
                weft::wait_writable(back[at].writes());
                back[at].put(there[at].get());
                ++served;
            }
        });
    auto client = fibers.spawn([&] {
        for (char turn : {'x', 'y', 'z'}) {
            for (const Ends& e : there) e.put(turn);
            for (const Ends& e : back) {
                weft::wait_readable(e.reads());
                CHECK(e.get() == turn);
            }
        }
    });
    client.join();
    CHECK(served == 3 * pairs);
}

TEST_CASE("a descriptor that is not open is refused") {
    CHECK(error_of([] { weft::wait_readable(-1); }) == EBADF);
    CHECK(error_of([] { weft::wait_writable(12345); }) == EBADF);
    CHECK(contains(test::thrown_by<std::system_error>([] { weft::wait_readable(12345); }),
                   "weft: waiting for descriptor 12345: "));
    const int own = weft::this_thread().fd();
    CHECK(error_of([&] { weft::wait_readable(own); }) != 0);
}

TEST_CASE("a descriptor closed under those who wait for it is an error and not a hang") {
    Ends ends = Ends::pipe();
    weft::scope fibers;
    int errors = 0;
    for (int i = 0; i < 2; ++i)
        fibers.spawn([&] { errors += error_of([&] { weft::wait_readable(ends.reads()); }) == EBADF; });
    weft::yield();
    ends.close_reading();
    fibers.join();
    CHECK(errors == 2);
}

TEST_CASE("it is an error as well when another file has its number now") {
    Ends ends = Ends::pipe();
    weft::scope fibers;
    auto waiter = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
    weft::yield();
    weft::yield();
    const int number = ends.reads();
    ends.close_reading();
    const Ends other = Ends::pipe();
    CHECK(other.reads() == number);
    CHECK(waiter.join() == EBADF);
}

TEST_CASE("and when the file lives on under another number") {
    Ends ends = Ends::pipe();
    const int copy = dup(ends.reads());
    weft::scope fibers;
    auto waiter = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
    weft::yield();
    weft::yield();
    const int number = ends.reads();
    ends.close_reading();
    CHECK(waiter.join() == EBADF);
    const Ends other = Ends::pipe();
    CHECK(other.reads() == number);
    ends.put('x');  // of which nothing may come for the new file
    auto second = fibers.spawn([&] {
        weft::wait_readable(other.reads());
        return other.get();
    });
    for (int i = 0; i < 3; ++i) weft::yield();
    CHECK(!second.done());
    other.put('y');
    CHECK(second.join() == 'y');
    close(copy);
}

TEST_CASE("a host finds out within half a second that a descriptor was closed") {
    Ends ends = Ends::pipe();
    weft::scope fibers;
    auto waiter = fibers.spawn([&] { return error_of([&] { weft::wait_readable(ends.reads()); }); });
    pollfd host{weft::this_thread().fd(), POLLIN, 0};
    weft::this_thread().run_ready();
    ends.close_reading();
    const auto closed = weft::clock::now();
    while (!waiter.done()) {
        CHECK(poll(&host, 1, 10000) == 1);
        weft::this_thread().run_ready();
    }
    CHECK(waiter.join() == EBADF);
    CHECK(weft::clock::now() - closed < 5s);
}

TEST_CASE("the host's descriptor is readable when a descriptor that a fiber waits for is") {
    const Ends ends = Ends::pipe();
    pollfd host{weft::this_thread().fd(), POLLIN, 0};
    weft::scope fibers;
    char got = 0;
    auto reader = fibers.spawn([&] {
        weft::wait_readable(ends.reads());
        got = ends.get();
    });
    weft::this_thread().run_ready();
    CHECK(poll(&host, 1, 0) == 0);
    ends.put('x');
    CHECK(poll(&host, 1, 0) == 1);
    weft::this_thread().run_ready();
    CHECK(got == 'x');
    CHECK(poll(&host, 1, 0) == 0);
    ends.put('y');  // nobody waits for it
    CHECK(poll(&host, 1, 0) == 0);
}

TEST_CASE("a deadline ends the wait for a descriptor") {
    weft::virtual_clock clock;
    const Ends ends = Ends::pipe();
    const auto start = clock.now();
    weft::scope fibers;
    auto reader = fibers.spawn([&] {
        weft::deadline limit(1h);
        CHECK_THROWS_AS(weft::wait_readable(ends.reads()), weft::timed_out);
        CHECK_THROWS_AS(weft::wait_readable(ends.reads()), weft::timed_out);
    });
    reader.join();
    CHECK(clock.now() == start + 1h);
}

TEST_CASE("time does not jump while a descriptor is ready") {
    weft::virtual_clock clock;
    const Ends ends = Ends::pipe();
    weft::scope fibers;
    auto reader = fibers.spawn([&] {
        weft::deadline limit(1h);
        weft::wait_readable(ends.reads());
    });
    weft::yield();
    ends.put('x');
    reader.join();
}

TEST_CASE("a cancelled fiber leaves its wait for a descriptor") {
    const Ends ends = Ends::pipe();
    Trace trace;
    weft::scope fibers;
    auto first = fibers.spawn([&] {
        try {
            weft::wait_readable(ends.reads());
        } catch (const weft::cancelled&) {
            trace("cancelled");
            throw;
        }
    });
    auto second = fibers.spawn([&] { weft::wait_readable(ends.reads()); });
    weft::yield();
    first.cancel();
    CHECK_THROWS_AS(first.join(), weft::no_result);
    CHECK(!second.done());
    ends.put('x');
    second.join();
    CHECK(trace.text() == "cancelled");
}

TEST_CASE("reports name the descriptor that a fiber waits for") {
    const Ends ends = Ends::sockets();
    ends.fill();
    weft::scope fibers;
    fibers.spawn([&] { weft::wait_readable(ends.writes(), {"here.cpp", 7}); });
    fibers.spawn([&] { weft::wait_writable(ends.writes()); });
    weft::yield();
    const auto all = weft::this_thread().fibers();
    const std::string number = std::to_string(ends.writes());
    CHECK(all.at(1).waits == "to read from descriptor " + number);
    CHECK(all.at(1).waiting_at.line == 7);
    CHECK(all.at(2).waits == "to write to descriptor " + number);
}

TEST_CASE("who waits for a descriptor is no deadlock and its end may bring one about") {
    const Ends ends = Ends::pipe();
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([&] { weft::wait_readable(ends.reads()); });
    std::thread other([&] { ends.put('x'); });
    CHECK_THROWS_AS((void)c.receiver.receive(), weft::deadlock);
    other.join();
}

TEST_CASE("scopes cancel fibers that wait for descriptors and nothing is left behind") {
    const Ends ends = Ends::pipe();
    int before = 0;
    std::thread([&] {
        before = test::descriptors();
        weft::scope fibers;
        fibers.spawn([&] { weft::wait_readable(ends.reads()); });
        weft::yield();
    }).join();
    CHECK(test::descriptors() == before);
}

TEST_CASE("where no descriptors are to be had a wait fails and the fiber can go on") {
    const Ends ends = Ends::pipe();
    std::thread([&] {
        for (int spare = 0; spare < 4; ++spare) {
            const test::ScarceDescriptors few(spare);
            const int error = error_of([&] {
                weft::deadline limit(1ms);
                try {
                    weft::wait_readable(ends.reads());
                } catch (const weft::timed_out&) {
                }
            });
            CHECK(error == (spare < 3 ? EMFILE : 0));
        }
    }).join();
}
