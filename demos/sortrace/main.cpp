// SPDX-License-Identifier: BSL-1.0
// sortrace: sorters run in lock-step from inside their comparators, and a progress bar is drawn beside them.
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <weft/scope.hpp>
#include <weft/sleep.hpp>

#include "../cli.hpp"
#include "../progress.hpp"
#include "lines.hpp"
#include "options.hpp"
#include "picture.hpp"
#include "race.hpp"

namespace {

std::vector<course> watch_race(const std::vector<std::string_view>& lines, const options& wanted) {
    std::uint64_t rounds = 0;
    progress_bar bar("sortrace", expected_rounds(lines.size(), wanted.limit));
    weft::scope fibers;
    if (!wanted.quiet && isatty(STDERR_FILENO) != 0)
        fibers.spawn(weft::how{.name = "progress bar"}, [&] {
            for (;;) {
                weft::sleep_for(std::chrono::milliseconds(100));
                bar.draw(rounds);
            }
        });
    return race(lines, wanted.limit, [&](std::uint64_t round) { rounds = round; });
}

/// Opens the file for the picture before the race, which may take its time.
class picture_file {
 public:
    picture_file(const std::string& name, const std::string& input) : name_(name) {
        std::error_code none;
        if (input != "-" && std::filesystem::equivalent(name, input, none))
            throw std::runtime_error(name + ": is the input file as well");
        file_ = std::fopen(name.c_str(), "we");
        if (file_ == nullptr) cli::throw_errno(name);
    }
    picture_file(const picture_file&) = delete;
    picture_file& operator=(const picture_file&) = delete;
    ~picture_file() {
        if (file_ != nullptr) std::fclose(file_);
    }

    void write(const std::string& picture) {
        errno = 0;
        const bool lost = std::fwrite(picture.data(), 1, picture.size(), file_) != picture.size();
        if (std::fclose(std::exchange(file_, nullptr)) == 0 && !lost) return;
        if (errno == 0) errno = EIO;
        cli::throw_errno(name_);
    }

 private:
    std::string name_;
    std::FILE* file_;
};

void sortrace(const options& wanted) {
    const std::string text = read_file(wanted.input);
    const std::vector<std::string_view> lines = lines_of(text);
    std::unique_ptr<picture_file> picture;
    if (!wanted.svg.empty() && wanted.svg != "-")
        picture = std::make_unique<picture_file>(wanted.svg, wanted.input);

    const std::vector<course> courses = watch_race(lines, wanted);
    if (picture) picture->write(svg_of(courses, lines.size()));
    std::fputs((wanted.svg == "-" ? svg_of(courses, lines.size()) : table_of(courses)).c_str(), stdout);
    cli::close_standard_output();
}

}  // namespace

int main(int argc, char** argv) {
    static char name[] = "sortrace";
    return cli::run(name, argc, argv, read_options, sortrace);
}
