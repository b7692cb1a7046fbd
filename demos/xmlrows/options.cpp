// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <cstdio>
#include <getopt.h>

#include <expat.h>

#include "../cli.hpp"

namespace {

constexpr char help[] = R"(Usage: xmlrows --row TAG --cols PATH,... [OPTION]... FILE
Turn every element TAG of an XML file into a row. The file may have any size;
- is standard input.

      --row TAG         the element that makes a row, wherever it stands
      --cols PATH,...   the columns, as paths that begin at the row element:
                          a/b      the text in element b in element a
                          a/@name  an attribute of element a
                          @name    an attribute of the row element
                          .        the text in the row element itself
      --format FORMAT   tsv (the default), csv or jsonl
      --repeat HOW      when a path meets several elements: join them (the
                        default) or take the first
      --separator TEXT  what stands between joined values; a semicolon by default
      --trim            take white space off both ends of every value
  -o, --output FILE     write to FILE, not to standard output
      --limit N         stop after N rows, without reading on
  -q, --quiet           no progress bar (it is shown on a terminal only)
  -h, --help            print this and exit
      --version         print the version and exit

Names are those in the file, prefix included. An element's text is what stands
in it directly, not in the elements inside it. A row is written when its element
ends, so rows inside a row come before it. A path that meets nothing gives an
empty value, in jsonl null.

In tsv, tab, newline, carriage return and backslash become \t, \n, \r and \\;
csv quotes as RFC 4180 says; jsonl has an object on each line. Output is UTF-8.

Entities the file defines are expanded; nothing outside the file is ever read.
Memory is needed for one row and for the different names in the file. Elements
may be nested 50000 deep, and those that rows are made of 1000 deep.

Exit status: 0 all is well, 1 something failed (the rows before that are
written), 2 wrong usage.

Example:
  xmlrows --row trkpt --cols @lat,@lon,ele,time --format csv demos/data/track.gpx
)";

// Options without a letter of their own.
enum { opt_row = 256, opt_cols, opt_format, opt_repeat, opt_separator, opt_trim, opt_limit };

constexpr option long_options[] = {
    {"row", required_argument, nullptr, opt_row},
    {"cols", required_argument, nullptr, opt_cols},
    {"format", required_argument, nullptr, opt_format},
    {"repeat", required_argument, nullptr, opt_repeat},
    {"separator", required_argument, nullptr, opt_separator},
    {"trim", no_argument, nullptr, opt_trim},
    {"output", required_argument, nullptr, 'o'},
    {"limit", required_argument, nullptr, opt_limit},
    {"quiet", no_argument, nullptr, 'q'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, cli::opt_version},
    {},
};

[[noreturn]] void refuse(const std::string& option, const std::string& value, const std::string& wanted) {
    throw cli::usage_error(option + ": '" + value + "' is not " + wanted);
}

row_format format_named(const std::string& name) {
    if (name == "tsv") return row_format::tsv;
    if (name == "csv") return row_format::csv;
    if (name == "jsonl") return row_format::jsonl;
    refuse("--format", name, "tsv, csv or jsonl");
}

bool is_first(const std::string& how) {
    if (how != "first" && how != "join") refuse("--repeat", how, "join or first");
    return how == "first";
}

void set_columns(options& to, const std::string& list) {
    to.plan.columns.clear();
    to.plan.paths = {};
    try {
        parse_columns(list, to.plan);
    } catch (const path_error& error) {
        throw cli::usage_error(std::string("--cols: ") + error.what());
    }
}

void set(options& to, int option, const std::string& value) {
    switch (option) {
        case opt_row:
            if (!is_name(value)) refuse("--row", value, "an element's name");
            to.plan.tag = value;
            break;
        case opt_cols:
            set_columns(to, value);
            break;
        case opt_format:
            to.format = format_named(value);
            break;
        case opt_repeat:
            to.plan.only_first = is_first(value);
            break;
        case opt_separator:
            if (!is_utf8(value)) throw cli::usage_error("--separator: not valid UTF-8");
            to.plan.separator = value;
            break;
        case opt_trim:
            to.plan.trim = true;
            break;
        case 'o':
            to.output = value;
            break;
        case opt_limit:
            if (const auto number = cli::number(value))
                to.limit = *number;
            else
                refuse("--limit", value, "a number of rows");
            break;
        case 'q':
            to.quiet = true;
            break;
    }
}

}  // namespace

std::optional<options> read_options(int argc, char** argv) {
    options result;
    const std::string version = std::string("xmlrows " WEFT_DEMO_VERSION " (") + XML_ExpatVersion() + ")\n";
    if (!cli::read_options(argc, argv, {"o:qh", long_options, help, version.c_str()},
                           [&](int option, const std::string& value) { set(result, option, value); }))
        return std::nullopt;
    if (result.plan.tag.empty()) throw cli::usage_error("--row is missing");
    if (result.plan.columns.empty()) throw cli::usage_error("--cols is missing");
    result.input = cli::only_file(argc, argv, "read");
    return result;
}
