// SPDX-License-Identifier: BSL-1.0
// The classic chain of filters: each prime that comes out at the end adds a filter for its multiples.
#include <cstdint>
#include <cstdio>
#include <getopt.h>
#include <string>
#include <utility>

#include <weft/channel.hpp>
#include <weft/scope.hpp>

#include "cli.hpp"

namespace {

constexpr std::uint64_t most = 100'000;  // every prime has a fiber of its own, and has to be an int

constexpr char help[] = R"(Usage: sieve [N]
Print the first N prime numbers (25 without N, at most 100000), one a line.

      --help     print this and exit
      --version  print the version and exit

Example:
  sieve 10
)";

void numbers_from(int first, weft::sink<int> out) {
    for (int n = first;; ++n) out(n);
}

void without_multiples(weft::receiver<int> in, int prime, weft::sink<int> out) {
    for (int n : in)
        if (n % prime != 0) out(n);
}

void print_primes(std::uint64_t count) {
    weft::channel<int> first;
    weft::receiver<int> numbers = std::move(first.receiver);
    weft::scope fibers;  // when it ends, so do the filters: nobody is left to listen to them
    fibers.spawn(numbers_from, 2, std::move(first.sender));
    for (; count > 0; --count) {
        const int prime = numbers.receive().value();
        std::printf("%d\n", prime);
        weft::channel<int> rest;
        fibers.spawn(without_multiples, std::move(numbers), prime, std::move(rest.sender));
        numbers = std::move(rest.receiver);
    }
}

std::uint64_t count_wanted(const char* text) {
    const auto count = cli::number(text);
    if (!count || *count > most)
        throw cli::usage_error("'" + std::string(text) + "' is not a number from 0 to 100000");
    return *count;
}

void sieve(int argc, char** argv) {
    const option options[] = {
        {"help", no_argument, nullptr, 'h'}, {"version", no_argument, nullptr, 'v'}, {}};
    switch (getopt_long(argc, argv, "", options, nullptr)) {
        case 'h':
            std::fputs(help, stdout);
            break;
        case 'v':
            std::puts("sieve " WEFT_DEMO_VERSION);
            break;
        case '?':
            throw cli::usage_error();
        default:
            if (argc - optind > 1) throw cli::usage_error("more than one number");
            print_primes(optind < argc ? count_wanted(argv[optind]) : 25);
    }
    cli::close_standard_output();
}

}  // namespace

int main(int argc, char** argv) {
    static char name[] = "sieve";
    argv[0] = name;  // so that getopt_long's messages begin as ours do
    return cli::run(name, [&] { sieve(argc, argv); });
}
