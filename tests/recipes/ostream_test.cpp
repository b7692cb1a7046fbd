// SPDX-License-Identifier: BSL-1.0
// The recipe for std::ostream: what a function writes as a loop over the text.
#include "../../demos/recipes/ostream.hpp"

#include <cstddef>
#include <iomanip>
#include <stdexcept>
#include <string>
#include <vector>

#include "recipe.hpp"

using test::here_and_in_a_fiber;
using test::Trace;

namespace {

template <class F>
std::string all_of(F write) {
    std::string all;
    for (const std::string_view part : written_by(write)) all += part;
    return all;
}

void write_table(std::ostream& out) {
    for (int n = 0; n < 1000; ++n) out << std::setw(4) << n << ' ' << std::hex << n << std::dec << '\n';
    out.put('.');
}
std::string table() {
    std::ostringstream out;
    write_table(out);
    return out.str();
}

struct Point {
    int x, y;
};
std::ostream& operator<<(std::ostream& out, const Point& p) { return out << '(' << p.x << ',' << p.y << ')'; }

}  // namespace

TEST_CASE("what is written becomes a loop over the text") {
    here_and_in_a_fiber([] {
        CHECK(all_of(write_table) == table());
        CHECK(all_of([](std::ostream& out) { out << "at " << Point{1, 2}; }) == "at (1,2)");
        CHECK(all_of([](std::ostream&) {}) == "");
        CHECK(all_of([](std::ostream& out) { out << std::flush << std::flush; }) == "");
    });
}

TEST_CASE("texts of every size around that of the buffer come out whole") {
    here_and_in_a_fiber([] {
        for (std::size_t before : {0, 1, 1022, 1023, 1024, 1025})
            for (std::size_t size : {0, 1, 2, 1022, 1023, 1024, 1025, 5000}) {
                const std::string first(before, 'a'), second(size, 'b');
                const std::string got = all_of([&](std::ostream& out) {
                    for (const char c : first) out.put(c);
                    out << second << 'c';
                });
                CHECK(got == first + second + 'c');
            }
    });
}

TEST_CASE("a flush sends what there is at once and a large text is lent as it stands") {
    here_and_in_a_fiber([] {
        const std::string large(10'000, 'x');
        Trace trace;
        for (const std::string_view part : written_by([&](std::ostream& out) {
                 out << "one" << std::endl;
                 trace("flushed");
                 out << "two" << large;
                 trace("end");
             })) {
            if (part.size() < large.size())
                trace(std::string(part));
            else
                CHECK(part.data() == large.data());
        }
        CHECK(trace.text() == "one\n, flushed, two, end");
    });
}

TEST_CASE("a loop that is left ends a function that would write for ever") {
    here_and_in_a_fiber([] {
        for (const bool in_large_parts : {false, true}) {
            int parts = 0;
            for ([[maybe_unused]] const std::string_view part : written_by([&](std::ostream& out) {
                     for (const std::string large(2000, 'x');;) in_large_parts ? out << large : out << 1;
                 }))
                if (++parts == 3) break;
            CHECK(parts == 3);
        }
    });
}

TEST_CASE("a function that wants no exceptions sees a bad stream when the loop is left") {
    here_and_in_a_fiber([] {
        for (const bool flushes : {false, true}) {
            long lines = 0;
            for ([[maybe_unused]] const std::string_view part : written_by([&](std::ostream& out) {
                     out.exceptions(std::ios::goodbit);
                     while (out) {
                         out << "line " << ++lines << '\n';
                         if (flushes) out.flush();
                     }
                     CHECK(out.bad());
                     CHECK(!(out << "more"));
                     out.clear();
                     CHECK(!out.flush());  // it is so for good
                 }))
                break;
            CHECK(lines < 1000);
        }
    });
}

TEST_CASE("what the loop throws ends the function and is not lost") {
    here_and_in_a_fiber([] {
        bool unwound = false;
        CHECK_THROWS_AS(
            [&] {
                struct Farewell {
                    bool& told;
                    ~Farewell() { told = true; }
                };
                for ([[maybe_unused]] const std::string_view part : written_by([&](std::ostream& out) {
                         const Farewell last{unwound};
                         for (;;) out << std::endl;
                     }))
                    throw test::Enough();
            }(),
            test::Enough);
        CHECK(unwound);
        CHECK(all_of(write_table) == table());
    });
}

TEST_CASE("what the function throws the loop throws after the text before it") {
    here_and_in_a_fiber([] {
        std::string got;
        CHECK(test::thrown_by<std::runtime_error>([&] {
                  for (const std::string_view part : written_by([](std::ostream& out) {
                           out << "begin" << std::flush;
                           throw std::runtime_error("no paper");
                       }))
                      got += part;
              }) == "no paper");
        CHECK(got == "begin");
    });
}

TEST_CASE("a stream that the function sets bad is no end of the text") {
    here_and_in_a_fiber([] {
        std::string got;
        CHECK_THROWS_AS(
            [&] {
                for (const std::string_view part : written_by([](std::ostream& out) {
                         out << "begin" << std::flush;
                         out.setstate(std::ios::badbit);
                     }))
                    got += part;
            }(),
            std::ios::failure);
        CHECK(got == "begin");
        CHECK_THROWS_AS(all_of([](std::ostream& out) {
                            out.exceptions(std::ios::goodbit);
                            out << "lost";
                            out.setstate(std::ios::badbit);
                        }),
                        std::ios::failure);
    });
}

TEST_CASE("two functions write in turn") {
    here_and_in_a_fiber([] {
        std::string one, other;
        Trace trace;
        auto a = written_by(write_table);
        auto b = written_by([](std::ostream& out) { out << 1 << std::flush << 2 << std::flush << 3; });
        test::in_turn(
            a, [&](std::string_view part) { one += part; }, b,
            [&](std::string_view part) { other += part, trace(std::string(part)); });
        CHECK(one == table());
        CHECK(trace.text() == "1, 2, 3");
    });
}

TEST_CASE("a fiber that is cancelled while it has a part leaves nothing behind") {
    here_and_in_a_fiber([] {
        test::cancel_in_the_loop(written_by([](std::ostream& out) {
            for (;;) out << 1;
        }));
        CHECK(all_of(write_table) == table());
    });
}
