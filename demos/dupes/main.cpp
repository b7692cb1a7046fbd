// SPDX-License-Identifier: BSL-1.0
// dupes: the callbacks of nftw are a loop, its files become groups, and a progress bar is drawn beside that.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <weft/generator.hpp>
#include <weft/scope.hpp>
#include <weft/sleep.hpp>

#include "../cli.hpp"
#include "groups.hpp"
#include "options.hpp"
#include "report.hpp"
#include "walk.hpp"

namespace {

// A symbolic link that was named is followed; those on the way are not.
std::string start_of(const std::string& root, std::error_code& error) {
    if (!std::filesystem::is_symlink(root, error)) return root;
    return std::filesystem::canonical(root, error).string();
}

std::vector<file> find_files(const options& wanted, report& to) {
    std::vector<file> files;
    std::uint64_t left = wanted.limit;
    for (const std::string& root : wanted.roots) {
        if (left == 0) break;
        std::error_code error;
        const std::string start = start_of(root, error);
        if (error) {
            to.complain(root + ": " + error.message());
            continue;
        }
        for (const found& f : weft::generator<found>(walk, start)) {
            if (f.trouble != nullptr) {
                to.complain(std::string(f.path) + ": " + f.trouble);
                continue;
            }
            const auto size = static_cast<std::uint64_t>(f.status->st_size);
            to.done(to.done() + size);
            if (size >= wanted.min_size) files.push_back({f.path, size, f.status->st_dev, f.status->st_ino});
            if (--left == 0) break;
        }
    }
    return files;
}

// Each file is read for its hash, and most of those that are left are read again to be compared.
constexpr std::uint64_t times_read = 2;

std::uint64_t bytes_to_read(const group& files) { return times_read * files.size() * files.front().size; }

void print_duplicates(const std::vector<group>& candidates, report& to) {
    std::uint64_t total = 0;
    for (const group& files : candidates) total += bytes_to_read(files);
    to.begin("dupes", total);

    const auto complain = [&](std::string_view what) { to.complain(what); };
    const auto done = [&](std::size_t bytes) {
        to.done(to.done() + bytes);
        weft::yield();  // to the progress bar
    };
    std::uint64_t before = 0;
    for (const group& files : candidates) {
        for (const group& same : duplicates(files, complain, done)) to.print(same);
        before += bytes_to_read(files);
        to.done(before);
    }
}

cli::exit_status dupes(const options& wanted) {
    const bool draws = !wanted.quiet && isatty(STDERR_FILENO) != 0;
    report to(wanted.null ? '\0' : '\n', draws);
    weft::scope fibers;
    if (draws) fibers.spawn(weft::how{.name = "progress bar"}, [&] { to.keep_drawing(); });

    to.begin("dupes: found", std::nullopt);
    std::vector<file> files = find_files(wanted, to);
    print_duplicates(same_size(std::move(files)), to);
    to.close();
    return to.complained() ? cli::failed : cli::ok;
}

}  // namespace

int main(int argc, char** argv) {
    static char name[] = "dupes";
    return cli::run(name, argc, argv, read_options, dupes);
}
