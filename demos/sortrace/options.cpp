// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <cstdio>
#include <getopt.h>

#include "../cli.hpp"

namespace {

constexpr char help[] = R"(Usage: sortrace [OPTION]... FILE
Let std::sort, std::stable_sort, heap sort and qsort race for the lines of a
file, each making one comparison in each round, and tell who needed how many.
FILE may be - for the standard input.

      --svg OUT.svg  draw the race: how near to their places the lines were
                     after how many comparisons; with - the picture is printed
                     in place of the table
      --limit N      stop those who need more than N comparisons after so many
  -q, --quiet        no progress bar (it is shown on a terminal only)
  -h, --help         print this and exit
      --version      print the version and exit

The sorters are those of the C++ and the C library, as they are. Each of them
waits in its comparator until the others have made a comparison too. Lines are
compared byte by byte.

Exit status: 0 all is well, 1 something failed, 2 wrong usage.

Example:
  shuf /usr/share/dict/words | sortrace --svg race.svg -
)";

// Options without a letter of their own.
enum { opt_svg = 256, opt_limit };

constexpr option long_options[] = {
    {"svg", required_argument, nullptr, opt_svg},
    {"limit", required_argument, nullptr, opt_limit},
    {"quiet", no_argument, nullptr, 'q'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, cli::opt_version},
    {},
};

void set(options& to, int option, const std::string& value) {
    switch (option) {
        case opt_svg:
            if (value.empty()) throw cli::usage_error("--svg: '' is not a file name");
            to.svg = value;
            break;
        case opt_limit:
            if (const auto number = cli::number(value))
                to.limit = *number;
            else
                throw cli::usage_error("--limit: '" + value + "' is not a number of comparisons");
            break;
        case 'q':
            to.quiet = true;
            break;
    }
}

}  // namespace

std::optional<options> read_options(int argc, char** argv) {
    options result;
    if (!cli::read_options(argc, argv, {"qh", long_options, help, "sortrace " WEFT_DEMO_VERSION "\n"},
                           [&](int option, const std::string& value) { set(result, option, value); }))
        return std::nullopt;
    result.input = cli::only_file(argc, argv, "sorted");
    return result;
}
