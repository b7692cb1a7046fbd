// SPDX-License-Identifier: BSL-1.0
// xmlrows: three ordinary functions in a row, joined by streams, and a progress bar beside them.
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <weft/channel.hpp>
#include <weft/scope.hpp>
#include <weft/sleep.hpp>

#include "../cli.hpp"
#include "../progress.hpp"
#include "events.hpp"
#include "input.hpp"
#include "options.hpp"
#include "output.hpp"
#include "rows.hpp"

namespace {

// The row maker recurses for rows in rows, and older versions of expat for entities in entities; this
// is room for the limits of both. It is address space: memory is used as far as they get.
constexpr std::size_t deep = 4 << 20;

void keep_drawing(progress_bar& bar, const input& from) {
    for (;;) {
        weft::sleep_for(std::chrono::milliseconds(100));
        bar.draw(from.done());
    }
}

void convert(input& from, output& to, const options& wanted) {
    const bool draws = !wanted.quiet && isatty(STDERR_FILENO) != 0;
    progress_bar bar("xmlrows", from.size());
    const bool shares_terminal = draws && to.is_terminal();
    const auto write = [&](std::string_view line) {
        if (shares_terminal) bar.erase();
        to.write(line);
    };

    weft::channel<xml_event> events(0, "events");
    weft::channel<row> rows(0, "rows");
    weft::scope fibers;
    if (wanted.limit > 0) {  // otherwise nothing is read
        fibers.spawn(weft::how{.name = "reader", .stack = deep}, read_events, std::ref(from),
                     std::move(events.sender));
        fibers.spawn(weft::how{.name = "row maker", .stack = deep}, make_rows, std::move(events.receiver),
                     std::cref(wanted.plan), std::move(rows.sender));
        if (draws)
            fibers.spawn(weft::how{.name = "progress bar"}, keep_drawing, std::ref(bar), std::cref(from));
    }
    write_rows(std::move(rows.receiver), wanted.plan.columns, wanted.format, wanted.limit, write);
}

void xmlrows(const options& wanted) {
    input from(wanted.input);
    output to(wanted.output, from);
    std::exception_ptr failure;
    try {
        convert(from, to, wanted);
    } catch (const xml_error& error) {
        failure = std::make_exception_ptr(
            std::runtime_error(wanted.input + ":" + std::to_string(error.at.line) + ":" +
                               std::to_string(error.at.column) + ": " + error.what()));
    } catch (...) {
        failure = std::current_exception();
    }
    to.close();  // the rows before the failure are to be there before it is told
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

int main(int argc, char** argv) {
    static char name[] = "xmlrows";
    return cli::run(name, argc, argv, read_options, xmlrows);
}
