// SPDX-License-Identifier: BSL-1.0
#include "maildir.hpp"

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "../cli.hpp"

namespace {

constexpr std::size_t most_unwritten = 8192;

void make_folder(const std::string& path) {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) cli::throw_errno(path);
}

// In names of a Maildir the slash can not stand and the colon means something.
std::string without_separators(std::string_view host) {
    std::string result;
    for (const char c : host) result += c == '/' ? "\\057" : c == ':' ? "\\072" : std::string(1, c);
    return result;
}

}  // namespace

maildir::maildir(std::string folder, std::string_view host)
    : folder_(std::move(folder)), suffix_("." + without_separators(host)) {
    make_folder(folder_);
    for (const char* inside : {"cur", "new", "tmp"}) {
        const std::string path = folder_ + "/" + inside;
        make_folder(path);
        if (access((path + "/.").c_str(), W_OK | X_OK) != 0) cli::throw_errno(path);
    }
}

std::string maildir::fresh_name() {
    return std::to_string(std::time(nullptr)) + "." + std::to_string(getpid()) + "_" +
           std::to_string(++names_) + suffix_;
}

std::string maildir::path(const char* inside, const std::string& name) const {
    return folder_ + "/" + inside + "/" + name;
}

draft::draft(maildir& to)
    : to_(to),
      name_(to.fresh_name()),
      path_(to.path("tmp", name_)),
      fd_(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (fd_ < 0) cli::throw_errno(path_);
}

draft::~draft() {
    if (fd_ >= 0) close(fd_);
    if (!kept_) unlink(path_.c_str());
}

void draft::write(std::string_view text) {
    unwritten_ += text;
    if (unwritten_.size() >= most_unwritten) flush();
}

void draft::flush() {
    for (std::string_view rest = unwritten_; !rest.empty();) {
        const ssize_t written = ::write(fd_, rest.data(), rest.size());
        if (written < 0 && errno != EINTR) cli::throw_errno(path_);
        if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    unwritten_.clear();
}

const std::string& draft::keep() {
    flush();
    if (close(std::exchange(fd_, -1)) != 0)
        cli::throw_errno(path_);  // some disks tell only now that they are full
    if (std::rename(path_.c_str(), to_.path("new", name_).c_str()) != 0) cli::throw_errno(path_);
    kept_ = true;
    return name_;
}
