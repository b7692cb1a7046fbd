// SPDX-License-Identifier: BSL-1.0
// The recipe for expat: a document as a loop over its events.
#include <expat.h>

namespace {
int stops = 0;  // how often a parser was told to stop
XML_Status count_and_stop(XML_Parser parser, XML_Bool resumable) {
    ++stops;
    return XML_StopParser(parser, resumable);
}
}  // namespace
#define XML_StopParser count_and_stop
#include "../../demos/recipes/expat.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include "recipe.hpp"

using test::here_and_in_a_fiber;
using test::Trace;

namespace {

const std::string document = "<r>\n<a i='1' j='2'>x</a><b/>\n</r>";
const std::string events = "<r, \n, <a i=1 j=2, x, >a, <b, >b, \n, >r";
constexpr int how_many = 9;

std::string told(const xml_event& event) {
    if (event.kind == xml_event::text) return std::string(event.what);
    std::string all = (event.kind == xml_event::start ? "<" : ">") + std::string(event.what);
    if (event.kind == xml_event::start)
        for (const char* const* a = event.attributes; *a; a += 2) all += std::string(" ") + a[0] + "=" + a[1];
    return all;
}

std::string all_of(const std::string& text) {
    std::istringstream in(text);
    Trace trace;
    for (const xml_event& event : xml_events(in)) trace(told(event));
    return trace.text();
}

/// How the loop over that text fails, after the events before it.
std::string fails(std::istream& in) {
    Trace trace;
    const std::string why = test::thrown_by<std::runtime_error>([&] {
        for (const xml_event& event : xml_events(in)) trace(told(event));
    });
    return trace.text() + ": " + why;
}
std::string fails(const std::string& text) {
    std::istringstream in(text);
    return fails(in);
}

/// A source that fails after its first part.
struct Broken : std::streambuf {
    int_type underflow() override {
        if (gptr()) throw std::runtime_error("the cable is cut");
        setg(part_, part_, part_ + 3);
        return part_[0];
    }
    char part_[4] = "<r>";
};

}  // namespace

TEST_CASE("a document becomes a loop over its events") {
    here_and_in_a_fiber([] { CHECK(all_of(document) == events); });
}

TEST_CASE("a loop that is left ends the parser at whatever event that is") {
    here_and_in_a_fiber([] {
        for (int last = 1; last <= how_many; ++last) {
            std::istringstream in(document);
            int seen = 0;
            for ([[maybe_unused]] const xml_event& event : xml_events(in))
                if (++seen == last) break;
            CHECK(seen == last);
        }
        CHECK(all_of(document) == events);
    });
}

TEST_CASE("the parser is not ahead of the loop and reads no further when it is left") {
    here_and_in_a_fiber([] {
        std::istringstream in(document.substr(0, document.size() - 4) + std::string(100'000, ' ') + "</r>");
        {
            const auto all = xml_events(in);
            CHECK(in.tellg() == 0);
            for (const xml_event& event : all)
                if (event.what == "b") break;
            CHECK(in.tellg() == 4096);
        }
        CHECK(in.tellg() == 4096);
    });
}

TEST_CASE("the parser is told to stop once even if it goes on to the end of an empty element") {
    here_and_in_a_fiber([] {
        std::istringstream in("<r><b/><c/></r>");
        stops = 0;
        Trace trace;
        for (const xml_event& event : xml_events(in)) {
            trace(told(event));
            if (event.what == "b") break;
        }
        CHECK(trace.text() == "<r, <b");
        CHECK(stops == 1);
    });
}

TEST_CASE("what the loop throws ends the parser and is not lost") {
    here_and_in_a_fiber([] {
        for (int last = 1; last <= how_many; ++last) {
            std::istringstream in(document);
            int seen = 0;
            CHECK_THROWS_AS(
                [&] {
                    for ([[maybe_unused]] const xml_event& event : xml_events(in))
                        if (++seen == last) throw test::Enough();
                }(),
                test::Enough);
        }
        CHECK(all_of(document) == events);
    });
}

TEST_CASE("what is wrong with a document the loop throws after the events before it") {
    here_and_in_a_fiber([] {
        CHECK(fails("<r>\n<a>x</b></r>") == "<r, \n, <a, x: line 2: mismatched tag");
        CHECK(fails("<r><a/>&nix;") == "<r, <a, >a: line 1: undefined entity");
        CHECK(fails("<r>\n\n<a>") == "<r, \n, \n, <a: line 3: no element found");
        CHECK(fails("") == ": line 1: no element found");
        CHECK(all_of(document) == events);
    });
}

TEST_CASE("a source that can not be read is no document that ends there") {
    here_and_in_a_fiber([] {
        std::ifstream missing("/nonexistent/file.xml");
        CHECK(fails(missing) == ": the XML can not be read");
        Broken buffer;
        std::istream broken(&buffer);
        CHECK(fails(broken) == ": the XML can not be read");
    });
}

TEST_CASE("what is wrong behind the place where the loop was left is not met") {
    here_and_in_a_fiber([] {
        std::istringstream in("<r><a/></broken>");
        for (const xml_event& event : xml_events(in))
            if (event.kind == xml_event::end) break;
        CHECK(fails("<r></broken>") == "<r: line 1: mismatched tag");
    });
}

TEST_CASE("two documents are read in turn") {
    here_and_in_a_fiber([] {
        std::istringstream one(document), other("<s>y</s>");
        Trace trace, first, second;
        auto a = xml_events(one), b = xml_events(other);
        test::in_turn(
            a, [&](const xml_event& e) { first(told(e)), trace("one"); }, b,
            [&](const xml_event& e) { second(told(e)), trace("other"); });
        CHECK(first.text() == events);
        CHECK(second.text() == "<s, y, >s");
        CHECK(trace.text() == "one, other, one, other, one, other, one, one, one, one, one, one");
    });
}

TEST_CASE("the function may be spawned as it is and ends well when its loop is left") {
    here_and_in_a_fiber([] {
        std::istringstream in(document);
        test::spawn_and_leave<xml_event>(send_events, std::ref(in));
    });
}

TEST_CASE("a fiber that is cancelled while it has an event leaves nothing behind") {
    here_and_in_a_fiber([] {
        std::istringstream in(document);
        test::cancel_in_the_loop(xml_events(in));
        CHECK(all_of(document) == events);
    });
}
