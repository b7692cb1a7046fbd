// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <getopt.h>

#include "../cli.hpp"

namespace {

constexpr char help[] = R"(Usage: smtpsink --port N --maildir DIR [OPTION]...
Catch the mail of a program under test: take whatever it sends by SMTP, for
whomever, and deliver nothing but to files in a folder.

      --port N             listen on this port; 0: on any that is free
      --maildir DIR        where mails go; made if need be, with the folders cur,
                           new and tmp of a Maildir in it
      --address ADDRESS    listen on this address; 127.0.0.1 by default
      --max-size BYTES     the largest mail that is taken; 67108864 by default
      --max-recipients N   how many a mail may have; 1000 by default
      --max-connections N  how many there may be at a time; 2000 by default, and
                           less where too few files may be open
      --timeout SECONDS    how long to wait for a whole line, and for a client
                           that does not read; 300 by default
      --data-timeout SECONDS
                           how long a whole mail may take; 1800 by default
      --count N            take N mails, and exit when the last one's client has
                           hung up
  -q, --quiet              do not print a line for each mail
  -h, --help               print this and exit
      --version            print the version and exit

When it is ready it prints "listening on ADDRESS:PORT", then for each mail
  FROM -> TO,TO..., SIZE bytes, FILE
SIGTERM and SIGINT end it: clients are told by 421, unfinished mails are dropped.

A mail is a file in new/ that begins with the fields Return-Path, a Delivered-To
for each recipient, and Received; then comes what was sent, with lines ended by
LF. Only CR LF ends a line, and only CR LF . CR LF ends a mail: where CR or LF
stand alone a mail or command is refused. So is a line of more than 4096 bytes.
There is neither TLS nor authentication.

Exit status: 0 all is well, 1 something failed, 2 wrong usage.

Example:
  smtpsink --port 2525 --maildir caught &
  curl smtp://127.0.0.1:2525 --mail-from me@here --mail-rcpt you@there -T mail
)";

// Options without a letter of their own.
enum {
    opt_port = 256,
    opt_maildir,
    opt_address,
    opt_max_size,
    opt_max_recipients,
    opt_max_connections,
    opt_timeout,
    opt_data_timeout,
    opt_count,
};

constexpr option long_options[] = {
    {"port", required_argument, nullptr, opt_port},
    {"maildir", required_argument, nullptr, opt_maildir},
    {"address", required_argument, nullptr, opt_address},
    {"max-size", required_argument, nullptr, opt_max_size},
    {"max-recipients", required_argument, nullptr, opt_max_recipients},
    {"max-connections", required_argument, nullptr, opt_max_connections},
    {"timeout", required_argument, nullptr, opt_timeout},
    {"data-timeout", required_argument, nullptr, opt_data_timeout},
    {"count", required_argument, nullptr, opt_count},
    {"quiet", no_argument, nullptr, 'q'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, cli::opt_version},
    {},
};

[[noreturn]] void refuse(const char* option, const std::string& value, const char* wanted) {
    throw cli::usage_error(std::string(option) + ": '" + value + "' is not " + wanted);
}

std::uint64_t positive(const char* option, const std::string& value) {
    const auto number = cli::number(value);
    if (!number || *number == 0) refuse(option, value, "a number above 0");
    return *number;
}

std::uint16_t port_of(const std::string& value) {
    const auto number = cli::number(value);
    if (!number || *number > 65535) refuse("--port", value, "a port");
    return static_cast<std::uint16_t>(*number);
}

weft::clock::duration seconds(const char* option, const std::string& value) {
    constexpr double most = 1e9;  // 30 years, which is no limit and no overflow
    double number = 0;
    const char* end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, number, std::chars_format::fixed);
    if (error != std::errc() || rest != end || !(number > 0 && number <= most))
        refuse(option, value, "a number of seconds");
    return std::chrono::duration_cast<weft::clock::duration>(std::chrono::duration<double>(number));
}

void set(options& to, int option, const std::string& value) {
    switch (option) {
        case opt_port:
            to.port = port_of(value);
            break;
        case opt_maildir:
            if (value.empty()) refuse("--maildir", value, "a folder");
            to.maildir = value;
            break;
        case opt_address:
            to.address = value;
            break;
        case opt_max_size:
            to.max_size = positive("--max-size", value);
            break;
        case opt_max_recipients:
            to.max_recipients = positive("--max-recipients", value);
            break;
        case opt_max_connections:
            to.max_connections = positive("--max-connections", value);
            break;
        case opt_timeout:
            to.timeout = seconds("--timeout", value);
            break;
        case opt_data_timeout:
            to.data_timeout = seconds("--data-timeout", value);
            break;
        case opt_count:
            to.count = positive("--count", value);
            break;
        case 'q':
            to.quiet = true;
            break;
    }
}

}  // namespace

std::optional<options> read_options(int argc, char** argv) {
    options result;
    bool has_port = false;
    if (!cli::read_options(argc, argv, {"qh", long_options, help, "smtpsink " WEFT_DEMO_VERSION "\n"},
                           [&](int option, const std::string& value) {
                               set(result, option, value);
                               if (option == opt_port) has_port = true;
                           }))
        return std::nullopt;
    if (!has_port) throw cli::usage_error("--port is missing");
    if (result.maildir.empty()) throw cli::usage_error("--maildir is missing");
    if (optind < argc) throw cli::usage_error("'" + std::string(argv[optind]) + "' is too much");
    return result;
}
