// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"

#include <algorithm>
#include <cstddef>

namespace {

struct known_verb {
    std::string_view name;
    verb what;
};

constexpr known_verb verbs[] = {
    {"HELO", verb::helo},        {"EHLO", verb::ehlo},        {"MAIL", verb::mail},
    {"RCPT", verb::rcpt},        {"DATA", verb::data},        {"RSET", verb::rset},
    {"NOOP", verb::noop},        {"QUIT", verb::quit},        {"VRFY", verb::vrfy},
    {"HELP", verb::help},        {"AUTH", verb::not_offered}, {"BDAT", verb::not_offered},
    {"ETRN", verb::not_offered}, {"EXPN", verb::not_offered}, {"SAML", verb::not_offered},
    {"SEND", verb::not_offered}, {"SOML", verb::not_offered}, {"STARTTLS", verb::not_offered},
    {"TURN", verb::not_offered},
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_printable(char c) { return c >= ' ' && c <= '~'; }
bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
char capital(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// Where the bracket is closed; the text's size if it never is.
std::size_t end_of_path(std::string_view text) {
    bool quoted = false;
    std::size_t at = 1;
    for (; at < text.size() && (quoted || text[at] != '>'); ++at) {
        if (text[at] == '"') quoted = !quoted;
        if (text[at] == '\\') ++at;
    }
    return std::min(at, text.size());
}

// Words of certain characters with dots between them.
template <class F>
bool is_dotted(std::string_view text, F&& may_be_in_it) {
    for (;;) {
        const std::size_t end = std::min(text.find('.'), text.size());
        if (end == 0 || !std::all_of(text.begin(), text.begin() + end, may_be_in_it)) return false;
        if (end == text.size()) return true;
        text.remove_prefix(end + 1);
    }
}

bool is_quoted(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
    text = text.substr(1, text.size() - 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') return false;
        if (text[i] == '\\' && ++i == text.size()) return false;
        if (!is_printable(text[i])) return false;
    }
    return true;
}

bool is_local_part(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
    return is_quoted(text) ||
           is_dotted(text, [=](char c) { return is_alphanumeric(c) || others.find(c) != others.npos; });
}

}  // namespace

command parse_command(std::string_view line) {
    std::string_view rest = trimmed(line);
    const std::string_view word = take_word(rest);
    for (const known_verb& known : verbs)
        if (same(word, known.name)) return {known.what, rest};
    return {verb::unknown, rest};
}

std::optional<std::string_view> take_path(std::string_view& rest, std::string_view keyword) {
    if (!same(rest.substr(0, keyword.size()), keyword)) return std::nullopt;
    std::string_view from =
        trimmed(rest.substr(keyword.size()));  // a blank may stand there, though it should not
    if (!from.starts_with('<')) return std::nullopt;
    const std::size_t end = end_of_path(from);
    if (end == from.size()) return std::nullopt;
    std::string_view path = from.substr(1, end - 1);
    from.remove_prefix(end + 1);
    if (!from.empty() && !is_blank(from.front())) return std::nullopt;
    if (path.starts_with('@')) {
        const std::size_t route = path.find(':');
        if (route == path.npos) return std::nullopt;
        path.remove_prefix(route + 1);
    }
    rest = trimmed(from);
    return path;
}

std::string_view take_word(std::string_view& rest) {
    const auto end = std::find_if(rest.begin(), rest.end(), is_blank);
    const std::string_view word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest = trimmed(rest.substr(word.size()));
    return word;
}

parameter parse_parameter(std::string_view word) {
    const std::size_t equals = std::min(word.find('='), word.size());
    return {word.substr(0, equals), word.substr(std::min(equals + 1, word.size()))};
}

bool same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return capital(x) == capital(y); });
}

bool is_mailbox(std::string_view text) {
    const std::size_t at = text.rfind('@');
    return at != text.npos && is_local_part(text.substr(0, at)) && is_domain(text.substr(at + 1));
}

bool is_domain(std::string_view text) {
    const auto in_a_name = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
    const auto in_an_address = [](char c) { return is_alphanumeric(c) || c == '.' || c == ':' || c == '-'; };
    if (text.size() > 2 && text.front() == '[' && text.back() == ']')
        return std::all_of(text.begin() + 1, text.end() - 1, in_an_address);
    return is_dotted(text, in_a_name);
}
