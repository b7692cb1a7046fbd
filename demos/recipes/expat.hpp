// SPDX-License-Identifier: BSL-1.0
// XML as a loop over its events. The parser waits in its handler while the loop has the event; XML_StopParser
// ends it.
#pragma once

#include <expat.h>

#include <cstddef>
#include <functional>
#include <istream>
#include <memory>
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
inline void send_events(std::istream& from, weft::sink<xml_event> send) {
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> owner(XML_ParserCreate(nullptr),
                                                                             &XML_ParserFree);
    XML_Parser parser = owner.get();
    if (!parser) throw std::bad_alloc();
    bool stopped = false;
    auto event = [&](xml_event e) noexcept {
        if (stopped || send.offer(std::move(e))) return;  // the end of <a/> comes even after a stop
        stopped = true;
        XML_StopParser(parser, XML_FALSE);
    };
    using handler = decltype(event);
    XML_SetUserData(parser, &event);
    XML_SetElementHandler(
        parser,
        [](void* to, const char* name, const char** attributes) {
            (*static_cast<handler*>(to))({xml_event::start, name, attributes});
        },
        [](void* to, const char* name) {
            (*static_cast<handler*>(to))({xml_event::end, name});
        });
    XML_SetCharacterDataHandler(parser, [](void* to, const char* text, int length) {
        (*static_cast<handler*>(to))({xml_event::text, {text, static_cast<std::size_t>(length)}});
    });
    char part[4096];
    for (bool last = false; !last;) {
        from.read(part, sizeof part);
        last = from.eof();
        if (!from && !last) throw std::runtime_error("the XML can not be read");
        const auto result = XML_Parse(parser, part, static_cast<int>(from.gcount()), last);
        if (stopped) return;
        if (result != XML_STATUS_OK)
            throw std::runtime_error("line " + std::to_string(XML_GetCurrentLineNumber(parser)) + ": " +
                                     XML_ErrorString(XML_GetErrorCode(parser)));
    }
}

inline weft::generator<xml_event> xml_events(std::istream& from) {
    return weft::generator<xml_event>(send_events, std::ref(from));
}
