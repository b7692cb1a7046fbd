// SPDX-License-Identifier: BSL-1.0
// The recipe for a line protocol: a parser written as a loop, fed by a host that only calls back.
#include "../../demos/recipes/line_protocol.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "recipe.hpp"

using test::here_and_in_a_fiber;
using test::Trace;

namespace {

const std::string talk = "say Ann\nHello\n\n.\nsay Bob\n.\nsay Ann\n..\n . \n.\n";
const std::string heard = "Ann: Hello\n\n, Bob: , Ann: ..\n . \n";

/// Feeds these parts, and tells what was heard and how it ended: "" if well.
std::string fed(const std::vector<std::string_view>& parts) {
    Trace trace;
    auto feed = chat([&](const chat_message& m) { trace(m.from + ": " + m.text); });
    for (const std::string_view part : parts)
        if (!feed.offer(std::string_view(part))) break;
    const std::string why = test::thrown_by<std::runtime_error>([&] { feed.finish(); });
    return trace.text() + (why == "nothing" ? "" : "! " + why);
}

/// A library in C that calls back; gives how often.
using on_data = int (*)(void* context, const char* data, std::size_t size);
int host(std::string_view bytes, on_data handler, void* context) {
    int calls = 0;
    for (; !bytes.empty(); bytes.remove_prefix(1))
        if (++calls; handler(context, bytes.data(), 1) != 0) break;
    return calls;
}

}  // namespace

TEST_CASE("a parser written as a loop is fed by calls") {
    here_and_in_a_fiber([] {
        CHECK(fed({talk}) == heard);
        CHECK(fed({}) == "");
        CHECK(fed({"", talk, ""}) == heard);
    });
}

TEST_CASE("it does not matter where the input is cut") {
    here_and_in_a_fiber([] {
        const std::string_view all = talk;
        for (std::size_t i = 0; i <= all.size(); ++i)
            for (std::size_t j = i; j <= all.size(); ++j)
                CHECK(fed({all.substr(0, i), all.substr(i, j - i), all.substr(j)}) == heard);
        std::vector<std::string_view> bytes;
        for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
        CHECK(fed(bytes) == heard);
    });
}

TEST_CASE("a message is handled before the call returns that brought its end") {
    here_and_in_a_fiber([] {
        Trace trace;
        auto feed = chat([&](const chat_message& m) { trace(m.from); });
        feed("say Ann\nHello\n");
        trace("fed");
        feed(".");
        trace("fed");
        feed("\nsay Bob\n.\n");
        trace("fed");
        feed.finish();
        CHECK(trace.text() == "fed, fed, Ann, Bob, fed");
    });
}

TEST_CASE("what is wrong with the input reaches the feeder with its text wherever that is cut") {
    here_and_in_a_fiber([] {
        const std::string bad = talk + "shout Ann\n.\n";
        for (std::size_t cut = 0; cut <= bad.size(); ++cut)
            CHECK(fed({std::string_view(bad).substr(0, cut), std::string_view(bad).substr(cut)}) ==
                  heard + "! no such command: shout Ann");
    });
}

TEST_CASE("after its end the parser takes nothing more") {
    here_and_in_a_fiber([] {
        auto failed = chat([](const chat_message&) {});
        CHECK_THROWS_AS(failed("shout\n"), weft::receiver_gone);
        CHECK_THROWS_AS(failed("say Ann\n.\n"), weft::receiver_gone);
        CHECK(!failed.offer("say Ann\n.\n"));
        CHECK(test::thrown_by<std::runtime_error>([&] { failed.finish(); }) == "no such command: shout");
        failed.finish();

        int heard_after = 0;
        auto over = chat([&](const chat_message&) { ++heard_after; });
        CHECK(!over.offer("quit\nsay Ann\n.\n"));
        CHECK_THROWS_AS(over("say Ann\n.\n"), weft::receiver_gone);
        over.finish();
        CHECK(heard_after == 0);
        CHECK_THROWS_AS(over("say Ann\n.\n"), std::logic_error);
    });
}

TEST_CASE("what the parser did not take stays in the view that was lent to it") {
    here_and_in_a_fiber([] {
        int messages = 0;
        auto feed = chat([&](const chat_message&) { ++messages; });
        std::string_view bytes = "say Ann\n.\nquit\nthe rest";
        CHECK(!feed.offer(std::move(bytes)));
        CHECK(bytes == "the rest");
        CHECK(messages == 1);
        feed.finish();
    });
}

TEST_CASE("input that is cut short is told of by finish wherever that is") {
    here_and_in_a_fiber([] {
        const std::string_view all = "say Ann\nHello\n.\n";
        CHECK(fed({all}) == "Ann: Hello\n");
        for (std::size_t n = 1; n < all.size(); ++n) {
            const bool whole_lines = all[n - 1] == '\n';
            CHECK(fed({all.substr(0, n)}) ==
                  (whole_lines ? "! the last message has no end" : "! the last line has no end"));
        }
    });
}

TEST_CASE("a feeder that leaves early and does not finish gets no call after that") {
    here_and_in_a_fiber([] {
        Trace trace;
        {
            auto feed = chat([&](const chat_message& m) { trace(m.from); });
            feed("say Ann\n.\nsay Bob\n.\n");
        }
        trace("left");
        weft::yield();
        CHECK(trace.text() == "Ann, Bob, left");
    });
}

TEST_CASE("a feeder that is left by an exception ends the parser without a word") {
    here_and_in_a_fiber([] {
        int messages = 0;
        CHECK_THROWS_AS(
            [&] {
                auto feed = chat([&](const chat_message&) { ++messages; });
                feed("say Ann\n.\nsay Bob\nHel");
                throw test::Enough();
            }(),
            test::Enough);
        CHECK(messages == 1);
    });
}

TEST_CASE("what the handler throws reaches the feeder too") {
    here_and_in_a_fiber([] {
        auto feed = chat([](const chat_message& m) { throw std::runtime_error("no room for " + m.from); });
        CHECK(feed.offer("say Ann\n"));
        CHECK(!feed.offer(".\n"));
        CHECK(test::thrown_by<std::runtime_error>([&] { feed.finish(); }) == "no room for Ann");
    });
}

TEST_CASE("a host in C that only calls back is stopped where the parser ends") {
    here_and_in_a_fiber([] {
        const on_data handler = [](void* context, const char* data, std::size_t size) {
            return static_cast<weft::consumer<std::string_view>*>(context)->offer({data, size}) ? 0 : 1;
        };
        Trace trace;
        auto feed = chat([&](const chat_message& m) { trace(m.from + ": " + m.text); });
        CHECK(host(talk, handler, &feed) == static_cast<int>(talk.size()));
        CHECK(trace.text() == heard);
        CHECK(host("quit\nsay Ann\n", handler, &feed) == 5);
        feed.finish();
    });
}

TEST_CASE("two conversations are parsed in turn") {
    here_and_in_a_fiber([] {
        Trace one, other;
        auto a = chat([&](const chat_message& m) { one(m.from + ": " + m.text); });
        auto b = chat([&](const chat_message& m) { other(m.from + ": " + m.text); });
        for (const char& byte : talk) {
            a({&byte, 1});
            b({&byte, 1});
        }
        CHECK(!b.offer("nix\n"));
        a.finish();
        CHECK(test::thrown_by<std::runtime_error>([&] { b.finish(); }) == "no such command: nix");
        CHECK(one.text() == heard);
        CHECK(other.text() == heard);
    });
}
