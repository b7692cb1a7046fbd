// SPDX-License-Identifier: BSL-1.0
// The first of the three functions: an XML file becomes a stream of events.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <expat.h>

#include <weft/channel.hpp>

class input;

/// A place in the XML file, counted from 1; a column is a character.
struct position {
    unsigned long line;
    unsigned long column;
};

/// One step of the parser: a start tag, a piece of text or an end tag.
///
/// An event is lent. Its text stands in the parser's own buffers, and the parser waits in its callback
/// until the loop comes back for the next event: nothing is copied, and nothing may be kept.
struct xml_event {
    enum kind_type { start, text, end };

    kind_type kind;
    std::string_view what;  // the element's name as it stands in the file, or the text
    const char* const* attributes;  // of a start tag: name, value, name, value, ..., null
    XML_Parser parser;

    /// The value of an attribute; null if the element has none of that name.
    const char* attribute(std::string_view name) const noexcept;
    position where() const noexcept;
};

/// What is wrong with an XML file, and where.
struct xml_error : std::runtime_error {
    xml_error(position where, const std::string& what) : std::runtime_error(what), at(where) {}
    position at;
};

/// Sends the events of the whole file; stops reading when nobody wants more of them. Throws xml_error
/// where the file is not well-formed.
///
/// A text may come in several pieces. Entities that the file itself defines are expanded (expat stops
/// those that only want to fill the memory). Nothing outside the file is read: a reference to an
/// entity that is defined elsewhere, or nowhere if the file has an external DTD, stays as it is written in a
/// text; expat leaves it out of the value of an attribute.
void read_events(input& from, weft::sink<xml_event> send);
