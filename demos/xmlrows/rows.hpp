// SPDX-License-Identifier: BSL-1.0
// The second and the third of the three functions: events become rows, rows become text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weft/channel.hpp>

#include "events.hpp"
#include "plan.hpp"

/// One value for each column; none where the file has no such element or attribute.
using row = std::vector<std::optional<std::string>>;

/// Sends a row for each row element, when that ends: a row inside a row comes before it. To the outer
/// one it is an element like others. Throws xml_error if open rows nest too deep.
void make_rows(weft::receiver<xml_event> events, const row_plan& plan, weft::sink<row> send);

enum class row_format { tsv, csv, jsonl };

/// Sends the text of the rows, line by line and each with its newline; the first line of tsv and csv
/// has the names of the columns. Takes at most `limit` rows, and does not ask for one more.
///
/// - tsv: tab, newline, carriage return and backslash in a value become \t, \n, \r and \\.
/// - csv: values with a comma, a quote or a line end are quoted as RFC 4180 says; lines end in \n.
/// - jsonl: one object a line, with the paths as keys; a missing value is null. In tsv and csv it is
///   empty, as an empty one is.
void write_rows(weft::receiver<row> rows, const std::vector<std::string>& columns, row_format format,
                std::uint64_t limit, weft::sink<std::string_view> send);
