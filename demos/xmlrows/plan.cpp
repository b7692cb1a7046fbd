// SPDX-License-Identifier: BSL-1.0
#include "plan.hpp"

#include <algorithm>

namespace {

pattern& child_named(pattern& parent, std::string_view name) {
    for (pattern& child : parent.children)
        if (child.name == name) return child;
    parent.children.push_back(pattern{std::string(name), {}, {}, {}});
    return parent.children.back();
}

// Takes off what stands before the separator, and the separator.
std::string_view next(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

// A path is "." or names with slashes between them, of which the last may be an attribute's.
bool add_path(std::string_view path, std::size_t column, pattern& root) {
    pattern* at = &root;
    if (path == ".") {
        at->text_column = column;
        return true;
    }
    if (path.empty() || path.ends_with('/')) return false;
    while (!path.empty()) {
        std::string_view name = next(path, '/');
        const bool is_attribute = path.empty() && name.starts_with('@');
        if (is_attribute) name.remove_prefix(1);
        if (!is_name(name)) return false;
        if (is_attribute) {
            at->attributes.push_back({std::string(name), column});
            return true;
        }
        at = &child_named(*at, name);
    }
    at->text_column = column;
    return true;
}

bool is_name_start(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || c >= 0x80;
}

bool is_name_part(unsigned char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

}  // namespace

const pattern* pattern::child(std::string_view wanted) const noexcept {
    for (const pattern& child : children)
        if (child.name == wanted) return &child;
    return nullptr;
}

void parse_columns(std::string_view list, row_plan& plan) {
    bool more = true;
    while (more) {
        more = list.find(',') != list.npos;
        const std::string path(next(list, ','));
        if (!add_path(path, plan.columns.size(), plan.paths))
            throw path_error("bad path '" + path + "' (a path is like a/b, @name, a/@name or .)");
        if (std::find(plan.columns.begin(), plan.columns.end(), path) != plan.columns.end())
            throw path_error("path '" + path + "' is given twice");
        plan.columns.push_back(path);
    }
}

bool is_name(std::string_view text) {
    return !text.empty() && is_name_start(static_cast<unsigned char>(text.front())) &&
           std::all_of(text.begin(), text.end(), is_name_part) && is_utf8(text);
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto lead = static_cast<unsigned char>(text.front());
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || text.size() < length) return false;
        char32_t code = length == 1 ? lead : lead & (0x7fU >> length);
        for (const char c : text.substr(1, length - 1)) {
            if ((c & 0xc0) != 0x80) return false;
            code = code << 6 | (c & 0x3f);
        }
        const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
        if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
        text.remove_prefix(length);
    }
    return true;
}
