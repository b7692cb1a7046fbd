// SPDX-License-Identifier: BSL-1.0
#include "events.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <weft/sleep.hpp>

#include "input.hpp"

namespace {

// What expat keeps of a document grows with these three, which therefore have limits, far beyond what files made for
// a purpose need. It also keeps each different name and each declaration, which are few in such files.
constexpr std::size_t most_open_elements = 50'000;
constexpr std::size_t longest_token = 8 << 20;
constexpr std::size_t most_nested_entities = 1'000;  // older versions of expat expand them recursively

constexpr std::size_t chunk = 64 << 10;

// The parser's user data. Its handlers are called by C code, through which no exception may pass: they
// use offer(), which tells by its result that it is time to stop.
struct reader {
    XML_Parser parser;
    const weft::sink<xml_event>& send;
    std::size_t open_elements = 0;
    std::size_t nested_entities = 0;
    bool stopped = false;
    const char* fault = nullptr;  // why, unless it was the receiver's wish

    void offer(xml_event::kind_type kind, std::string_view what, const char** attributes = nullptr) noexcept {
        if (stopped) return;  // expat may finish an empty element after it was told to stop
        if (!send.offer(xml_event{kind, what, attributes, parser})) stop(nullptr);
    }

    void stop(const char* why) noexcept {
        if (stopped) return;
        stopped = true;
        fault = why;
        XML_StopParser(parser, XML_FALSE);
    }
};

reader& self(void* user_data) { return *static_cast<reader*>(user_data); }

void on_start(void* user_data, const char* name, const char** attributes) {
    if (++self(user_data).open_elements > most_open_elements)
        return self(user_data).stop("elements nested deeper than 50000");
    self(user_data).offer(xml_event::start, name, attributes);
}

void on_end(void* user_data, const char* name) {
    --self(user_data).open_elements;
    self(user_data).offer(xml_event::end, name);
}

void on_text(void* user_data, const char* text, int length) {
    self(user_data).offer(xml_event::text, {text, static_cast<std::size_t>(length)});
}

// Gets whatever has no handler of its own, references to unknown entities among it. Only comments in
// other encodings than UTF-8 are cut in pieces, and their pieces are longer than this.
void on_anything_else(void* user_data, const char* text, int length) {
    const std::string_view what(text, static_cast<std::size_t>(length));
    const bool is_reference = what.starts_with('&') && what.ends_with(';') && what.size() < 1000;
    if (is_reference && self(user_data).open_elements > 0) self(user_data).offer(xml_event::text, what);
}

void on_entity(void* user_data, const char*, int is_parameter, const char* value, int length, const char*,
               const char*, const char*, const char*) {
    if (is_parameter || value == nullptr) return;
    const std::string_view text(value, static_cast<std::size_t>(length));
    if (text.find('&') != text.npos && ++self(user_data).nested_entities > most_nested_entities)
        self(user_data).stop("more than 1000 entities that refer to others");
}

position where(XML_Parser parser) {
    return {XML_GetCurrentLineNumber(parser), XML_GetCurrentColumnNumber(parser) + 1};
}

}  // namespace

const char* xml_event::attribute(std::string_view name) const noexcept {
    for (const char* const* a = attributes; *a != nullptr; a += 2)
        if (name == a[0]) return a[1];
    return nullptr;
}

position xml_event::where() const noexcept { return ::where(parser); }

void read_events(input& from, weft::sink<xml_event> send) {
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> owner(XML_ParserCreate(nullptr),
                                                                             &XML_ParserFree);
    XML_Parser parser = owner.get();
    if (parser == nullptr) throw std::bad_alloc();

    reader state{parser, send};
    XML_SetUserData(parser, &state);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetDefaultHandlerExpand(parser, on_anything_else);
    XML_SetEntityDeclHandler(parser, on_entity);

    for (bool at_end = false; !at_end;) {
        void* buffer = XML_GetBuffer(parser, chunk);
        if (buffer == nullptr) throw std::bad_alloc();
        const std::size_t size = from.read(buffer, chunk);
        at_end = size == 0;
        if (XML_ParseBuffer(parser, static_cast<int>(size), at_end) != XML_STATUS_OK) {
            if (state.stopped && state.fault == nullptr) return;
            throw xml_error(where(parser),
                            state.fault != nullptr ? state.fault : XML_ErrorString(XML_GetErrorCode(parser)));
        }
        const auto parsed = static_cast<std::uint64_t>(XML_GetCurrentByteIndex(parser));
        if (from.done() - parsed > longest_token)
            throw xml_error(where(parser), "a tag or comment longer than 8 MiB");
        weft::yield();  // a long stretch without events must not keep the progress bar from its turn
    }
}
