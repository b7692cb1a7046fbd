// SPDX-License-Identifier: BSL-1.0
#include <cstddef>

#include "rows.hpp"

namespace {

void add_tsv(std::string& line, std::string_view value) {
    for (const char c : value) {
        switch (c) {
            case '\t':
                line += "\\t";
                break;
            case '\n':
                line += "\\n";
                break;
            case '\r':
                line += "\\r";
                break;
            case '\\':
                line += "\\\\";
                break;
            default:
                line += c;
        }
    }
}

void add_csv(std::string& line, std::string_view value) {
    if (value.find_first_of(",\"\r\n") == value.npos) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"') line += '"';
        line += c;
    }
    line += '"';
}

void add_json(std::string& line, std::string_view value) {
    constexpr char hex[] = "0123456789abcdef";
    line += '"';
    for (const char c : value) {
        switch (c) {
            case '"':
                line += "\\\"";
                break;
            case '\\':
                line += "\\\\";
                break;
            case '\b':
                line += "\\b";
                break;
            case '\f':
                line += "\\f";
                break;
            case '\n':
                line += "\\n";
                break;
            case '\r':
                line += "\\r";
                break;
            case '\t':
                line += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20) {
                    line += c;
                } else {
                    line += "\\u00";
                    line += hex[c >> 4];
                    line += hex[c & 15];
                }
        }
    }
    line += '"';
}

std::string_view text_of(const std::string& name) { return name; }
std::string_view text_of(const std::optional<std::string>& value) {
    return value ? std::string_view(*value) : std::string_view();
}

// A line of a table: the names of the columns, or the values of a row.
template <class Values>
void add_table_line(std::string& line, const Values& values, row_format format) {
    const bool csv = format == row_format::csv;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) line += csv ? ',' : '\t';
        (csv ? add_csv : add_tsv)(line, text_of(values[i]));
    }
    if (csv && line.empty()) line += "\"\"";  // one empty value; readers of csv skip empty lines
    line += '\n';
}

void add_object(std::string& line, const std::vector<std::string>& keys, const row& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        line += i == 0 ? '{' : ',';
        add_json(line, keys[i]);
        line += ':';
        if (values[i])
            add_json(line, *values[i]);
        else
            line += "null";
    }
    line += "}\n";
}

}  // namespace

void write_rows(weft::receiver<row> rows, const std::vector<std::string>& columns, row_format format,
                std::uint64_t limit, weft::sink<std::string_view> send) {
    std::string line;
    if (format != row_format::jsonl) {
        add_table_line(line, columns, format);
        send(std::string_view(line));
    }
    if (limit == 0) return;
    for (const row& values : rows) {
        line.clear();
        if (format == row_format::jsonl)
            add_object(line, columns, values);
        else
            add_table_line(line, values, format);
        send(std::string_view(line));
        if (--limit == 0) return;
    }
}
