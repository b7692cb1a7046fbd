// SPDX-License-Identifier: BSL-1.0
// The walk of the demo dupes: nftw as a stream.
#include "../demos/dupes/walk.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <weft/weft.hpp>

#include "descriptors.hpp"
#include "folder.hpp"
#include "support.hpp"

using test::Folder;
using weft::generator;

namespace {

using names = std::multiset<std::string>;

/// What was found, as "NAME" or "NAME: TROUBLE", where NAME begins below `folder`.
std::string text_of(const found& f, const Folder& folder) {
    const std::string name = std::string(f.path).substr(folder.path().size());
    return f.trouble ? name + ": " + f.trouble : name;
}

names all_in(const Folder& folder) {
    names all;
    for (const found& f : generator<found>(walk, folder.path())) all.insert(text_of(f, folder));
    return all;
}

void make_files(const Folder& folder, const std::vector<std::string>& files) {
    for (const std::string& name : files) folder.file(name, name);
}

}  // namespace

TEST_CASE("the files of a folder and of those below it come in a loop") {
    const Folder folder;
    folder.folder("a/b/c");
    folder.folder("empty");
    make_files(folder, {"1", "a/2", "a/b/3", "a/b/c/4", "a/b/c/5"});
    CHECK(all_in(folder) == names{"/1", "/a/2", "/a/b/3", "/a/b/c/4", "/a/b/c/5"});
}

TEST_CASE("only regular files are found and links are not followed") {
    const Folder folder;
    folder.folder("sub");
    folder.file("sub/1");
    folder.pipe("pipe");
    std::filesystem::create_symlink("sub", folder.path("link"));
    std::filesystem::create_symlink("sub/1", folder.path("link to a file"));
    std::filesystem::create_symlink("nothing", folder.path("dangling"));
    CHECK(all_in(folder) == names{"/sub/1"});
}

TEST_CASE("the status of a file is that of the file") {
    const Folder folder;
    const std::string path = folder.file("one", "12345");
    int files = 0;
    for (const found& f : generator<found>(walk, path)) {
        CHECK(f.path == path);
        CHECK(f.status->st_size == 5);
        CHECK(f.status->st_ino != 0);
        ++files;
    }
    CHECK(files == 1);
}

TEST_CASE("two walks of one thread do not get in each other's way") {
    const Folder left, right;
    names left_names, right_names;
    for (int i = 0; i < 30; ++i) {
        const std::string folder = std::to_string(i % 5);
        left.folder(folder);
        right.folder(folder);
        left_names.insert(left.file(folder + "/l" + std::to_string(i)));
        if (i < 20) right_names.insert(right.file(folder + "/r" + std::to_string(i)));
    }
    names left_found, right_found;
    const generator<found> a(walk, left.path());
    const generator<found> b(walk, right.path());
    auto in_a = a.begin();
    for (const found& f : b) {
        right_found.insert(f.path);
        REQUIRE(in_a != a.end());
        left_found.insert(in_a->path);
        ++in_a;
    }
    for (; in_a != a.end(); ++in_a) left_found.insert(in_a->path);
    CHECK(left_found == left_names);
    CHECK(right_found == right_names);
}

TEST_CASE("a walk in the loop of a walk") {
    const Folder folder;
    make_files(folder, {"1", "2", "3", "4"});
    int files = 0;
    for (const found& outer : generator<found>(walk, folder.path()))
        for (const found& inner : generator<found>(walk, folder.path()))
            files += outer.status && inner.status;
    CHECK(files == 16);
}

TEST_CASE("nftw is stopped by the first refusal") {
    const Folder folder;
    folder.folder("a/b");
    make_files(folder, {"1", "2", "3", "a/4", "a/b/5"});
    int calls = 0;
    const auto refusing = [&](const found&) {
        if (++calls == 2) throw weft::receiver_gone();
    };
    walk(folder.path(), refusing);
    CHECK(calls == 2);
}

TEST_CASE("so it is when the trouble that it met is refused") {
    const Folder folder;
    std::string deep;
    for (int level = 0; level < 260; ++level) deep += "d/";
    folder.folder(deep);
    folder.folder("e/" + deep);
    int calls = 0;
    const auto refusing = [&](const found&) {
        ++calls;
        throw weft::receiver_gone();
    };
    walk(folder.path(), refusing);
    CHECK(calls == 1);
}

TEST_CASE("a loop that is left leaves no descriptor open") {
    const Folder folder;
    folder.folder("a/b/c");
    make_files(folder, {"a/b/c/1", "a/b/c/2"});
    const int before = test::descriptors();
    for (const found& f : generator<found>(walk, folder.path())) {
        CHECK(f.status);
        CHECK(test::descriptors() >= before + 4);  // a folder for each level
        break;
    }
    CHECK(test::descriptors() == before);

    CHECK_THROWS_AS(([&] {
                        for (const found& f : generator<found>(walk, folder.path()))
                            throw std::runtime_error(f.path);
                    }()),
                    std::runtime_error);
    CHECK(test::descriptors() == before);

    { const generator<found> never_asked(walk, folder.path()); }
    CHECK(all_in(folder).size() == 2);
    CHECK(test::descriptors() == before);
}

TEST_CASE("a walk that is cancelled ends and leaves no descriptor open") {
    const Folder folder;
    folder.folder("a/b");
    make_files(folder, {"a/b/1", "a/b/2"});
    const int before = test::descriptors();
    {
        weft::channel<found> files;
        weft::scope fibers;
        const auto walker = fibers.spawn(walk, folder.path(), std::move(files.sender));
        auto first = files.receiver.begin();
        CHECK(first->status);
        fibers.cancel();
        first = {};
        weft::yield();
        CHECK(walker.done());
        CHECK(test::descriptors() == before);
    }
    CHECK(test::descriptors() == before);
}

TEST_CASE("what vanishes while the loop is busy is told and passed over") {
    const Folder folder;
    names expected;
    for (int i = 0; i < 10; ++i) {
        folder.file(std::to_string(i));
        expected.insert("/" + std::to_string(i) + ": No such file or directory");
    }
    names all;
    for (const found& f : generator<found>(walk, folder.path())) {
        all.insert(text_of(f, folder));
        if (all.size() > 1) continue;
        const std::string first = std::filesystem::path(f.path).filename();
        for (int i = 0; i < 10; ++i)
            if (std::to_string(i) != first) folder.remove(std::to_string(i));
        expected.erase("/" + first + ": No such file or directory");
        expected.insert("/" + first);
    }
    CHECK(all == expected);
}

TEST_CASE("a root that is not there is trouble") {
    const Folder folder;
    names all;
    for (const found& f : generator<found>(walk, folder.path("nix"))) {
        CHECK(!f.status);
        all.insert(text_of(f, folder));
    }
    CHECK(all == names{"/nix: No such file or directory"});
}

TEST_CASE("folders nested too deep are trouble and what is beside them is found") {
    const Folder folder;
    std::string deep, expected;
    for (int level = 1; level <= 260; ++level) {
        deep += "/d";
        if (level == 250) expected = deep;
    }
    folder.folder(deep);
    const std::string last = expected.substr(0, expected.size() - 2);
    make_files(folder, {"1", last + "/2", expected + "/3", deep + "/4"});
    CHECK(all_in(folder) == names{"/1", last + "/2", expected + ": nested too deep"});
}

TEST_CASE("more levels than nftw keeps open are walked all the same") {
    const Folder folder;
    names expected;
    std::string path;
    for (int level = 1; level <= 60; ++level) {
        path += "/d";
        folder.folder(path);
        for (const char* name : {"/1", "/2"}) {
            folder.file(path + name);
            expected.insert(path + name);
        }
    }
    CHECK(all_in(folder) == expected);
}
