// SPDX-License-Identifier: BSL-1.0
// XML as a loop over its events. The parser waits in its handler while the loop has the event; XML_StopParser
// ends it.
#pragma once

#include <expat.h>

#include <istream>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <weft/generator.hpp>

struct xml_event {
    enum kind_type { start, end, text };
    kind_type kind;
    std::string_view what;  // the element's name, or a piece of text
    const char* const* attributes = nullptr;  // of a start: name, value, ..., null
};

/// What an event points to is expat's, and there until the loop comes back.
inline weft::generator<xml_event> xml_events(std::istream& from) {
    struct parsing {
        weft::sink<xml_event> send;
        XML_Parser parser = XML_ParserCreate(nullptr);
        bool stopped = false;

        ~parsing() { XML_ParserFree(parser); }
        static void offer(void* to, xml_event event) noexcept {
            auto& [send, parser, stopped] = *static_cast<parsing*>(to);
            if (stopped || send.offer(std::move(event))) return;  // the end of <a/> comes even after a stop
            stopped = true;
            XML_StopParser(parser, XML_FALSE);
        }
    };
    return weft::generator<xml_event>([&from](weft::sink<xml_event> send) {
        parsing all{send};
        if (!all.parser) throw std::bad_alloc();
        XML_SetUserData(all.parser, &all);
        XML_SetElementHandler(
            all.parser,
            [](void* to, const char* name, const char** attributes) {
                parsing::offer(to, {xml_event::start, name, attributes});
            },
            [](void* to, const char* name) {
                parsing::offer(to, {xml_event::end, name});
            });
        XML_SetCharacterDataHandler(all.parser, [](void* to, const char* text, int length) {
            parsing::offer(to, {xml_event::text, {text, static_cast<std::size_t>(length)}});
        });
        char part[4096];
        for (bool last = false; !last;) {
            from.read(part, sizeof part);
            last = from.eof();
            if (!from && !last) throw std::runtime_error("the XML can not be read");
            const auto result = XML_Parse(all.parser, part, static_cast<int>(from.gcount()), last);
            if (all.stopped) return;
            if (result != XML_STATUS_OK)
                throw std::runtime_error("line " + std::to_string(XML_GetCurrentLineNumber(all.parser)) +
                                         ": " + XML_ErrorString(XML_GetErrorCode(all.parser)));
        }
    });
}
