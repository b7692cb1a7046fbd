// SPDX-License-Identifier: BSL-1.0
// An example of each of the stages that come with weft: what goes into a pipeline, and what its loop sees.
#include <chrono>
#include <cstdio>
#include <getopt.h>
#include <string>
#include <vector>

#include <weft/generator.hpp>
#include <weft/sleep.hpp>
#include <weft/stages.hpp>
#include <weft/virtual_clock.hpp>

#include "cli.hpp"

namespace {

using namespace std::chrono_literals;

constexpr char help[] = R"(Usage: stages
Print what filter, merge, zip and batch make of a few streams.

      --help     print this and exit
      --version  print the version and exit
)";

weft::generator<std::string> lines_of(std::vector<std::string> text) {
    return weft::generator<std::string>(
        [](std::vector<std::string> all, weft::sink<std::string> send) {
            for (std::string& line : all) send(std::move(line));
        },
        std::move(text));
}

weft::generator<int> numbers_from(int first) {
    return weft::generator<int>(
        [](int n, weft::sink<int> send) {
            for (;; ++n) send(int(n));
        },
        first);
}

/// A reading every `pause`, so many in all.
weft::generator<std::string> sensor(std::string name, weft::clock::duration pause, int count) {
    return weft::generator<std::string>(
        [pause, count](std::string whose, weft::sink<std::string> send) {
            for (int i = 1; i <= count; ++i) {
                weft::sleep_for(pause);
                send(whose + " " + std::to_string(i));
            }
        },
        std::move(name));
}

void filter_lines() {
    const auto is_code = [](const std::string& line) { return !line.empty() && line[0] != '#'; };
    for (std::string& line : weft::filter(lines_of({"# greetings", "hello", "", "goodbye"}), is_code))
        std::printf("filter: %s\n", line.c_str());
}

void merge_sensors() {
    for (std::string& reading : weft::merge(sensor("warm", 2ms, 3), sensor("cold", 5ms, 1)))
        std::printf("merge: %s\n", reading.c_str());
}

void number_lines() {
    for (auto& [number, line] : weft::zip(numbers_from(1), lines_of({"one", "two"})))
        std::printf("zip: %d %s\n", number, line.c_str());
}

void collect_readings() {
    for (std::vector<std::string>& readings : weft::batch(sensor("fast", 3ms, 5), 2, 4ms)) {
        std::fputs("batch:", stdout);
        for (const std::string& reading : readings) std::printf(" (%s)", reading.c_str());
        std::putchar('\n');
    }
}

void stages(int argc, char** argv) {
    const option options[] = {
        {"help", no_argument, nullptr, 'h'}, {"version", no_argument, nullptr, 'v'}, {}};
    switch (getopt_long(argc, argv, "", options, nullptr)) {
        case 'h':
            std::fputs(help, stdout);
            break;
        case 'v':
            std::puts("stages " WEFT_DEMO_VERSION);
            break;
        case '?':
            throw cli::usage_error();
        default: {
            if (argc > optind) throw cli::usage_error("too many arguments");
            const weft::virtual_clock at_once;  // the sensors' time passes by itself
            filter_lines();
            merge_sensors();
            number_lines();
            collect_readings();
        }
    }
    cli::close_standard_output();
}

}  // namespace

int main(int argc, char** argv) {
    static char name[] = "stages";
    argv[0] = name;  // so that getopt_long's messages begin as ours do
    return cli::run(name, [&] { stages(argc, argv); });
}
