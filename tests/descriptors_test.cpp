// SPDX-License-Identifier: BSL-1.0
// Waiting for descriptors.
#include <weft/weft.hpp>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "descriptors.hpp"
#include "support.hpp"

using test::Ends;
using test::error_of;
using test::Trace;

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
    const int pairs = test::many(200, 200);
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
