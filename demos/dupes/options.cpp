// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <cstdio>
#include <getopt.h>

#include "../cli.hpp"

namespace {

constexpr char help[] = R"(Usage: dupes [OPTION]... DIR...
Find files that have the same contents, in folders and all that is below them.
A DIR may be a file, too.

      --min-size BYTES  leave smaller files out; 1 by default: empty files are
                        duplicates of each other only with 0
      --limit N         look at no more than N files, of any size: the search
                        ends when it has met so many
  -0, --null            end every line of the output by a zero byte, not by a
                        newline, which file names may contain
  -q, --quiet           no progress bar (it is shown on a terminal only)
  -h, --help            print this and exit
      --version         print the version and exit

The output is a group of paths for each contents that several files share, a
path on each line, with an empty line between groups: the largest files first,
those of the same size in the order of their paths.

Only regular files are looked at. Symbolic links are not followed, but for a DIR
that is one, in whose place stands what it leads to. Hard links are one file,
named by the first of their paths; so is a file that several DIRs lead to.

Files that have the same hash are compared byte by byte before they are called
the same. Folders 250 deep are not searched.

Exit status: 0 all is well, whether there are duplicates or not, 1 something
could not be looked at or written (the rest is done all the same), 2 wrong usage.

Example:
  dupes --min-size 1000000 ~/Pictures ~/Downloads
)";

// Options without a letter of their own.
enum { opt_limit = 256, opt_min_size };

constexpr option long_options[] = {
    {"min-size", required_argument, nullptr, opt_min_size},
    {"limit", required_argument, nullptr, opt_limit},
    {"null", no_argument, nullptr, '0'},
    {"quiet", no_argument, nullptr, 'q'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, cli::opt_version},
    {},
};

std::uint64_t number(const std::string& option, const std::string& value, const std::string& wanted) {
    if (const auto result = cli::number(value)) return *result;
    throw cli::usage_error(option + ": '" + value + "' is not " + wanted);
}

void set(options& to, int option, const std::string& value) {
    switch (option) {
        case opt_min_size:
            to.min_size = number("--min-size", value, "a number of bytes");
            break;
        case opt_limit:
            to.limit = number("--limit", value, "a number of files");
            break;
        case '0':
            to.null = true;
            break;
        case 'q':
            to.quiet = true;
            break;
    }
}

}  // namespace

std::optional<options> read_options(int argc, char** argv) {
    options result;
    if (!cli::read_options(argc, argv, {"0qh", long_options, help, "dupes " WEFT_DEMO_VERSION "\n"},
                           [&](int option, const std::string& value) { set(result, option, value); }))
        return std::nullopt;
    result.roots.assign(argv + optind, argv + argc);
    if (result.roots.empty()) throw cli::usage_error("DIR is missing");
    return result;
}
