// SPDX-License-Identifier: BSL-1.0
#include "contents.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr std::size_t block = 64 << 10;

class reader {
 public:
    explicit reader(const file& of) : file_(of), buffer_(new char[block]) {
        // Whatever has taken the file's place since it was found must not be waited for.
        fd_ = open(of.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd_ < 0) throw unreadable(of, std::strerror(errno));
        if (!is_same(of)) {
            close(fd_);
            throw unreadable(of, "was replaced meanwhile");
        }
    }
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    ~reader() { close(fd_); }

    /// The next block, which is shorter only at the end of the file, and then empty.
    std::string_view next() {
        std::size_t size = 0;
        while (size < block) {
            const ssize_t got = read(fd_, buffer_.get() + size, block - size);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw unreadable(file_, std::strerror(errno));
            if (got == 0) break;
            size += static_cast<std::size_t>(got);
        }
        return {buffer_.get(), size};
    }

 private:
    bool is_same(const file& of) const {
        struct stat now {};
        if (fstat(fd_, &now) != 0 || !S_ISREG(now.st_mode)) return false;
        return now.st_dev == of.device && now.st_ino == of.inode;
    }

    const file& file_;
    std::unique_ptr<char[]> buffer_;
    int fd_;
};

// FNV-1a, taking eight bytes at a time; and as a product carries only upwards, the upper half goes back down.
std::uint64_t add_to_hash(std::uint64_t hash, std::string_view text) {
    while (!text.empty()) {
        std::array<char, 8> bytes{};
        text.copy(bytes.data(), bytes.size());
        text.remove_prefix(std::min(text.size(), bytes.size()));
        std::uint64_t word;
        std::memcpy(&word, bytes.data(), sizeof word);
        hash = (hash ^ word) * 0x100000001b3;
        hash ^= hash >> 32;
    }
    return hash;
}

}  // namespace

std::uint64_t hash_of(const file& of, weft::sink<std::size_t> done) {
    reader from(of);
    std::uint64_t hash = 0xcbf29ce484222325;
    for (std::string_view part; !(part = from.next()).empty();) {
        hash = add_to_hash(hash, part);
        done(part.size());
    }
    return hash;
}

bool same_contents(const file& a, const file& b, weft::sink<std::size_t> done) {
    reader from_a(a);
    reader from_b(b);
    for (;;) {
        const std::string_view part = from_a.next();
        if (part != from_b.next()) return false;
        if (part.empty()) return true;
        done(part.size());
    }
}
