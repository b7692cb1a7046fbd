// SPDX-License-Identifier: BSL-1.0
// The recipe for nftw: a walk through a folder as a loop over its entries.
#include "../../demos/recipes/nftw.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "recipe.hpp"

using test::descriptors;
using test::here_and_in_a_fiber;
using test::Trace;

namespace {

/// A folder with three folders with two files each, removed at the end.
class Folder {
 public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "weft-nftw-XXXXXX";
        path = mkdtemp(name.data());
        for (const std::string folder : {"a", "b", "c"}) {
            std::filesystem::create_directory(path + "/" + folder);
            for (const std::string file : {"1", "2"})
                std::ofstream(path + "/" + folder + "/" + file) << folder;
        }
    }
    Folder(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }

    std::string path;
};
constexpr int how_many = 10;

using Names = std::vector<std::string>;
const Names names = {"", "/a", "/a/1", "/a/2", "/b", "/b/1", "/b/2", "/c", "/c/1", "/c/2"};

/// An entry's path below that folder.
std::string name(const Folder& folder, const file_entry& entry) {
    CHECK(std::string(entry.path).starts_with(folder.path));
    return entry.path + folder.path.size();
}
Names sorted(Names all) {
    std::sort(all.begin(), all.end());
    return all;
}
Names all_of(const Folder& folder) {
    Names all;
    for (const file_entry& entry : files_in(folder.path)) all.push_back(name(folder, entry));
    return sorted(all);
}

/// Whether one of the folder's folders was opened since the last look.
class Opened {
 public:
    explicit Opened(const Folder& folder) {
        for (const std::string name : {"/a", "/b", "/c"})
            CHECK(inotify_add_watch(fd_, (folder.path + name).c_str(), IN_OPEN) >= 0);
    }
    Opened(const Opened&) = delete;
    ~Opened() { close(fd_); }
    bool now() const {
        std::array<char, 4096> events;
        return read(fd_, events.data(), events.size()) > 0;
    }

 private:
    int fd_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
};

/// The error of a walk.
int error_of(const std::string& root) {
    try {
        for ([[maybe_unused]] const file_entry& entry : files_in(root)) continue;
    } catch (const std::system_error& e) {
        CHECK(test::contains(e.what(), root));
        return e.code().value();
    }
    return 0;
}

}  // namespace

TEST_CASE("a walk becomes a loop over the entries") {
    here_and_in_a_fiber([] {
        const Folder folder;
        CHECK(all_of(folder) == names);
        for (const file_entry& entry : files_in(folder.path)) {
            const std::string is = name(folder, entry);
            CHECK(entry.depth == std::count(is.begin(), is.end(), '/'));
            CHECK(entry.kind == (entry.depth == 2 ? FTW_F : FTW_D));
            CHECK(S_ISREG(entry.info.st_mode) == (entry.depth == 2));
        }
        for (const file_entry& entry : files_in(folder.path, FTW_PHYS | FTW_DEPTH)) {
            CHECK(entry.depth != 0);
            break;
        }
    });
}

TEST_CASE("a walk holds descriptors while it waits and none when its loop is left") {
    here_and_in_a_fiber([] {
        const Folder folder;
        const int before = descriptors();
        for (int last = 1; last <= how_many; ++last) {
            const auto entries = files_in(folder.path);
            int seen = 0;
            for ([[maybe_unused]] const file_entry& entry : entries)
                if (++seen == last) break;
            CHECK(seen == last);
            CHECK(descriptors() > before);
        }
        CHECK(descriptors() == before);
        CHECK(all_of(folder) == names);
    });
}

TEST_CASE("a walk is not ahead of its loop and opens nothing more when it is left") {
    here_and_in_a_fiber([] {
        const Folder folder;
        const Opened opened(folder);
        for (const file_entry& entry : files_in(folder.path)) {
            CHECK(entry.depth == 0);
            break;
        }
        CHECK(!opened.now());
        CHECK(all_of(folder) == names);
        CHECK(opened.now());
    });
}

TEST_CASE("what the loop throws ends the walk and is not lost") {
    here_and_in_a_fiber([] {
        const Folder folder;
        const int before = descriptors();
        for (int last = 1; last <= how_many; ++last) {
            int seen = 0;
            CHECK_THROWS_AS(
                [&] {
                    for ([[maybe_unused]] const file_entry& entry : files_in(folder.path))
                        if (++seen == last) throw test::Enough();
                }(),
                test::Enough);
            CHECK(descriptors() == before);
        }
        CHECK(all_of(folder) == names);
    });
}

TEST_CASE("a folder that is not there the loop is told of") {
    here_and_in_a_fiber([] {
        const Folder folder;
        CHECK(error_of(folder.path + "/nix") == ENOENT);
        CHECK(error_of(folder.path + "/a/1/nix") == ENOTDIR);
        CHECK(error_of("") == ENOENT);
        CHECK(all_of(folder) == names);
    });
}

TEST_CASE("a walk that can open nothing more fails after the entries before it") {
    here_and_in_a_fiber([] {
        const Folder folder;
        int seen = 0;
        std::exception_ptr
            failure;  // looked at when there are descriptors again: sanitizers need some for that
        try {
            const test::ScarceDescriptors few(1);
            for ([[maybe_unused]] const file_entry& entry : files_in(folder.path)) ++seen;
        } catch (...) {
            failure = std::current_exception();
        }
        REQUIRE(failure);
        CHECK_THROWS_AS(std::rethrow_exception(failure), std::system_error);
        CHECK(seen > 0);
        CHECK(seen < how_many);
        CHECK(all_of(folder) == names);
    });
}

TEST_CASE("two walks in turn are kept apart") {
    here_and_in_a_fiber([] {
        const Folder one, other;
        std::ofstream(other.path + "/d");
        Names of_one, of_other;
        auto a = files_in(one.path), b = files_in(other.path);
        test::in_turn(
            a, [&](const file_entry& e) { of_one.push_back(name(one, e)); }, b,
            [&](const file_entry& e) { of_other.push_back(name(other, e)); });
        CHECK(sorted(of_one) == names);
        CHECK(of_other.size() == names.size() + 1);
    });
}

TEST_CASE("a walk goes on where others began and ended meanwhile") {
    here_and_in_a_fiber([] {
        const Folder folder;
        Names got;
        for (const file_entry& entry : files_in(folder.path)) {
            got.push_back(name(folder, entry));
            CHECK(all_of(folder) == names);
            for ([[maybe_unused]] const file_entry& inner : files_in(folder.path)) break;
            CHECK(error_of(folder.path + "/nix") == ENOENT);
        }
        CHECK(sorted(got) == names);
    });
}

TEST_CASE("a walk that waits may be ended while another one goes on") {
    here_and_in_a_fiber([] {
        const Folder folder;
        auto outer = files_in(folder.path);
        Names got;
        {
            auto inner = files_in(folder.path);
            auto x = outer.begin();
            auto y = inner.begin();
            for (int turn = 0; turn < 3; ++turn, ++x, ++y) {
                got.push_back(name(folder, *x));
                CHECK(name(folder, *y) == got.back());
            }
        }
        for (const file_entry& entry : outer) got.push_back(name(folder, entry));
        CHECK(sorted(got) == names);
    });
}

TEST_CASE("the function may be spawned as it is and ends well when its loop is left") {
    here_and_in_a_fiber([] {
        const Folder folder;
        test::spawn_and_leave<file_entry>(send_files, folder.path, FTW_PHYS, 16);
    });
}

TEST_CASE("a fiber that is cancelled while it has an entry leaves nothing behind") {
    here_and_in_a_fiber([] {
        const Folder folder;
        test::cancel_in_the_loop(files_in(folder.path));
        CHECK(all_of(folder) == names);
    });
}
