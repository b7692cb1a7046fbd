// SPDX-License-Identifier: BSL-1.0
// A folder for a test's files.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

namespace test {

/// Empty at first; at the end it is removed with all that is in it.
class Folder {
 public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "weft-XXXXXX";
        REQUIRE(mkdtemp(name.data()));
        path_ = name;
    }
    Folder(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    const std::string& path() const { return path_; }
    std::string path(const std::string& name) const { return path_ + "/" + name; }

    /// Each makes something of that name and gives its path.
    std::string file(const std::string& name, const std::string& content = "") const {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }
    std::string folder(const std::string& name) const {
        std::filesystem::create_directories(path(name));
        return path(name);
    }
    std::string pipe(const std::string& name) const {
        CHECK(mkfifo(path(name).c_str(), 0600) == 0);
        return path(name);
    }
    void remove(const std::string& name) const { CHECK(std::filesystem::remove_all(path(name)) > 0); }

 private:
    std::string path_;
};

}  // namespace test
