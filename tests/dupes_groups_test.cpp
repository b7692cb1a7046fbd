// SPDX-License-Identifier: BSL-1.0
// What the demo dupes makes of files: groups of one size, and of those the ones with the same contents.
#include "../demos/dupes/groups.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../demos/dupes/contents.hpp"
#include "descriptors.hpp"
#include "folder.hpp"
#include "support.hpp"

using test::Folder;
using test::Trace;

namespace {

file file_at(const std::string& path) {
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return {path, static_cast<std::uint64_t>(status.st_size), status.st_dev, status.st_ino};
}

/// The groups' names without their folders: "a b, c d".
std::string text_of(const std::vector<group>& groups) {
    Trace text;
    for (const group& g : groups) {
        std::string names;
        for (const file& f : g) names += (names.empty() ? "" : " ") + f.path.substr(f.path.rfind('/') + 1);
        text(names);
    }
    return text.text();
}

void ignore(std::size_t) {}

/// Puts another file where one is, which stays under another name.
void replace(const Folder& folder, const std::string& name, const std::string& content) {
    std::filesystem::rename(folder.path(name), folder.path(name + ".old"));
    folder.file(name, content);
}

}  // namespace

TEST_CASE("groups of the same size are ordered by size and then by path") {
    const std::vector<file> files{{"f", 1, 1, 1}, {"b", 7, 1, 2}, {"e", 1, 1, 3}, {"d", 9, 1, 4},
                                  {"c", 9, 1, 5}, {"a", 8, 1, 6}, {"g", 9, 2, 4}};
    CHECK(text_of(same_size(files)) == "c d g, e f");
    CHECK(same_size({}).empty());
}

TEST_CASE("a file with several paths is one file with the first of them") {
    CHECK(text_of(same_size({{"c", 5, 1, 1}, {"b", 5, 1, 1}, {"b", 5, 1, 1}})) == "");
    CHECK(text_of(same_size({{"c", 5, 1, 1}, {"b", 5, 1, 1}, {"a", 5, 1, 2}, {"d", 5, 2, 1}})) == "a b d");
}

TEST_CASE("files of the same hash that differ are no duplicates") {
    const Folder folder;
    // The hash of two words is step(step(start ^ w0) ^ w1): the second can make up for the first.
    const auto step = [](std::uint64_t hash) {
        hash *= 0x100000001b3;
        return hash ^ hash >> 32;
    };
    std::array<std::uint64_t, 2> one{1, 2};
    std::array<std::uint64_t, 2> two{3, 0};
    two[1] = step(0xcbf29ce484222325 ^ one[0]) ^ step(0xcbf29ce484222325 ^ two[0]) ^ one[1];
    const auto text = [](const std::array<std::uint64_t, 2>& words) {
        std::string bytes(16, '\0');
        std::memcpy(bytes.data(), words.data(), 16);
        return bytes;
    };
    group files;
    for (const char* name : {"a", "b", "e"}) files.push_back(file_at(folder.file(name, text(one))));
    for (const char* name : {"c", "d", "f"}) files.push_back(file_at(folder.file(name, text(two))));
    CHECK(hash_of(files[0], ignore) == hash_of(files[3], ignore));
    CHECK(!same_contents(files[0], files[3], ignore));
    Trace complaints;
    CHECK(text_of(duplicates(files, complaints, ignore)) == "a b e, c d f");
    CHECK(complaints.text() == "");
}

TEST_CASE("files that differ in any one byte are no duplicates") {
    const Folder folder;
    const std::string content(200'003, 'x');
    const file whole = file_at(folder.file("whole", content));
    for (const std::size_t at :
         {0UL, 7UL, 8UL, 65'535UL, 65'536UL, 131'071UL, 131'072UL, 199'999UL, 200'002UL}) {
        std::string changed = content;
        changed[at] = 'y';
        const file other = file_at(folder.file("changed", changed));
        CHECK(!same_contents(whole, other, ignore));
        CHECK(hash_of(whole, ignore) != hash_of(other, ignore));
    }
    const file other = file_at(folder.file("other", content));
    std::size_t bytes = 0;
    CHECK(same_contents(whole, other, [&](std::size_t n) { bytes += n; }));
    CHECK(bytes == content.size());
    CHECK(hash_of(whole, [&](std::size_t n) { bytes += n; }) == hash_of(other, ignore));
    CHECK(bytes == 2 * content.size());
}

TEST_CASE("a file and the beginning of another are no duplicates") {
    const Folder folder;
    const file empty = file_at(folder.file("empty"));
    for (const std::size_t size : {1UL, 65'536UL, 131'072UL}) {
        const file longer = file_at(folder.file("longer", std::string(size, '\0')));
        CHECK(!same_contents(empty, longer, ignore));
        CHECK(!same_contents(longer, empty, ignore));
    }
    CHECK(same_contents(empty, file_at(folder.file("empty too")), ignore));
}

TEST_CASE("a file that is gone when it should be read is told and left out") {
    const Folder folder;
    group files;
    for (const char* name : {"a", "b", "c", "d"}) files.push_back(file_at(folder.file(name, "same")));
    folder.remove("b");
    Trace complaints;
    CHECK(text_of(duplicates(files, complaints, ignore)) == "a c d");
    CHECK(complaints.text() == folder.path("b") + ": No such file or directory");
}

TEST_CASE("when the first of a group goes before it is compared the next stands for it") {
    const int before = test::descriptors();
    const Folder folder;
    group files;
    for (const char* name : {"a", "b", "c"}) files.push_back(file_at(folder.file(name, "same")));
    int hashed = 0;
    Trace complaints;
    const auto read = [&](std::size_t) {
        if (++hashed == 3) folder.remove("a");
    };
    CHECK(text_of(duplicates(files, complaints, read)) == "b c");
    CHECK(complaints.text() == folder.path("a") + ": No such file or directory");
    CHECK(test::descriptors() == before);
}

TEST_CASE("when the first of a group goes the file that stood beside it stays") {
    const Folder folder;
    group files;
    for (const char* name : {"a", "b", "c"}) files.push_back(file_at(folder.file(name, "same")));
    int reads = 0;
    Trace complaints;
    const auto read = [&](std::size_t) {
        if (++reads == 4) folder.remove("a");  // b has been compared with it
    };
    CHECK(text_of(duplicates(files, complaints, read)) == "b c");
    CHECK(complaints.text() == folder.path("a") + ": No such file or directory");
}

TEST_CASE("a file that goes before it is compared is left out") {
    const Folder folder;
    group files;
    for (const char* name : {"a", "b", "c"}) files.push_back(file_at(folder.file(name, "same")));
    int hashed = 0;
    Trace complaints;
    const auto read = [&](std::size_t) {
        if (++hashed == 3) folder.remove("c");
    };
    CHECK(text_of(duplicates(files, complaints, read)) == "a b");
    CHECK(complaints.text() == folder.path("c") + ": No such file or directory");
}

TEST_CASE("what has taken the place of a file is neither read nor waited for") {
    const Folder folder;
    group files;
    for (const char* name : {"a", "b", "c", "d", "e"}) files.push_back(file_at(folder.file(name, "same")));
    replace(folder, "b", "same");
    folder.remove("c");
    folder.pipe("c");
    folder.remove("d");
    std::filesystem::create_symlink("a", folder.path("d"));
    Trace complaints;
    CHECK(text_of(duplicates(files, complaints, ignore)) == "a e");
    CHECK(complaints.text() == folder.path("b") + ": was replaced meanwhile, " + folder.path("c") +
                                   ": was replaced meanwhile, " + folder.path("d") +
                                   ": Too many levels of symbolic links");
}
