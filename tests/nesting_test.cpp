// SPDX-License-Identifier: BSL-1.0
// Generators in generators, and pipelines as generators.
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <weft/weft.hpp>

#include "support.hpp"

using test::Trace;
using weft::generator;
using weft::sink;

namespace {

void up_to(int end, sink<int> send) {
    for (int n = 0; n < end; ++n) send(int(n));
}

generator<int> numbers_below(int end) { return generator<int>(up_to, end); }

/// The stages of a pipeline and their fibers in one stream.
generator<std::string> shouting(std::istream& in) {
    return generator<std::string>([&in](sink<std::string> out) {
        weft::channel<std::string> raw;
        weft::scope fibers;
        fibers.spawn(
            [](std::istream& from, weft::sender<std::string> send) {
                for (std::string line; std::getline(from, line);) send(line);
            },
            std::ref(in), std::move(raw.sender));
        for (std::string& line : raw.receiver) out(line + "!");
    });
}

}  // namespace

TEST_CASE("Generators nest: recursion needs no loop of its own") {
    struct Towers {
        static void solve(int n, char from, char to, char by, sink<std::pair<char, char>> move) {
            if (n == 0) return;
            solve(n - 1, from, by, to, move);
            move({from, to});
            solve(n - 1, by, to, from, move);
        }
    };
    int moves = 0;
    for ([[maybe_unused]] auto& move : generator<std::pair<char, char>>(Towers::solve, 6, 'A', 'C', 'B'))
        ++moves;
    CHECK(moves == 63);
}

TEST_CASE("A generator may loop over another one: the inner ends with the outer") {
    Trace trace;
    {
        generator<int> outer([&](sink<int> send) {
            generator<int> inner([&](sink<int> pass) {
                try {
                    for (int n = 1;; ++n) pass(int(n));
                } catch (const weft::receiver_gone&) {
                    trace("inner gone");
                    throw;
                }
            });
            for (int n : inner) send(n * 10);
        });
        CHECK(outer.receive() == 10);
        CHECK(outer.receive() == 20);
    }
    CHECK(trace.text() == "inner gone");
    int sum = 0;
    for (int a : numbers_below(4))
        for (int b : numbers_below(a)) sum += b;
    CHECK(sum == 4);
}

TEST_CASE("What an inner generator throws goes through the outer ones to the loop") {
    generator<int> outer([](sink<int> send) {
        generator<int> inner([](sink<int> pass) {
            pass(1);
            throw std::runtime_error("deep down");
        });
        for (int n : inner) send(int(n));
    });
    CHECK(outer.receive() == 1);
    CHECK(test::thrown_by<std::runtime_error>([&] { outer.receive(); }) == "deep down");
}

TEST_CASE("A pipeline is returned from a function as one lazy stream that owns all its fibers") {
    std::istringstream text("a\nb\nc\n");
    Trace trace;
    for (std::string& line : shouting(text)) trace(line);
    CHECK(trace.text() == "a!, b!, c!");
    std::istringstream more("a\nb\nc\n");
    for (std::string& line : shouting(more)) {
        CHECK(line == "a!");
        break;
    }
}
