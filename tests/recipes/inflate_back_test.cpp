// SPDX-License-Identifier: BSL-1.0
// The recipe for zlib's inflateBack: compressed data as a loop over what was packed.
#include "../../demos/recipes/inflate_back.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "recipe.hpp"

using test::here_and_in_a_fiber;

namespace {

/// Text that repeats itself over long distances, so that parts come out of every place of the window.
std::string text(unsigned seed = 1) {
    std::string all;
    while (all.size() < 200'000) {
        seed = seed * 1'103'515'245 + 12'345;
        if (all.size() > 40'000 && seed >> 31)
            all += all.substr(all.size() - 30'000 + seed % 1'000, 200);
        else
            all += std::to_string(seed) + '\n';
    }
    return all;
}

std::string deflated(const std::string& data) {
    z_stream zlib{};
    CHECK(deflateInit2(&zlib, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(deflateBound(&zlib, data.size()), '\0');
    zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    zlib.avail_in = static_cast<uInt>(data.size());
    zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
    zlib.avail_out = static_cast<uInt>(packed.size());
    CHECK(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
    packed.resize(zlib.total_out);
    CHECK(deflateEnd(&zlib) == Z_OK);
    return packed;
}

/// A file that has these bytes, and can then be read no further if `fails`.
class File {
 public:
    explicit File(std::string bytes, bool fails = false) : bytes_(std::move(bytes)), fails_(fails) {
        file_ = fopencookie(this, "r", {&read, nullptr, nullptr, nullptr});
        CHECK(file_);
    }
    File(const File&) = delete;
    ~File() { std::fclose(file_); }
    operator std::FILE*() const { return file_; }
    std::size_t left() const { return bytes_.size() - at_; }

 private:
    static ssize_t read(void* of, char* to, std::size_t size) {
        File& self = *static_cast<File*>(of);
        const std::size_t n = self.bytes_.copy(to, size, self.at_);
        self.at_ += n;
        if (n > 0 || !self.fails_) return static_cast<ssize_t>(n);
        errno = EIO;
        return -1;
    }
    std::string bytes_;
    bool fails_;
    std::size_t at_ = 0;
    std::FILE* file_;
};

std::string all_of(std::FILE* file) {
    std::string all;
    for (const std::string_view part : inflated(file)) all += part;
    return all;
}

/// How the loop over those bytes fails; what came before begins as the text did.
std::string fails(const File& file, const std::string& whole) {
    std::string got;
    const std::string why = test::thrown_by<std::runtime_error>([&] {
        for (const std::string_view part : inflated(file)) got += part;
    });
    CHECK(got.size() < whole.size());
    CHECK(whole.starts_with(got));
    return why;
}

}  // namespace

TEST_CASE("compressed data becomes a loop over what was packed") {
    const std::string whole = text(), packed = deflated(whole);
    here_and_in_a_fiber([&] {
        CHECK(all_of(File(packed)) == whole);
        CHECK(all_of(File(deflated(""))) == "");
        CHECK(all_of(File(packed + "what follows")) == whole);
    });
}

TEST_CASE("the window stays as it is while the loop has a part of it") {
    const std::string whole = text(), packed = deflated(whole);
    here_and_in_a_fiber([&] {
        std::string got;
        const File file(packed), other(deflated(text(2)));
        const auto between = inflated(other);
        for (const std::string_view part : inflated(file)) {
            for ([[maybe_unused]] const std::string_view inner : between) break;
            weft::yield();
            got += part;
        }
        CHECK(got == whole);
    });
}

TEST_CASE("a loop that is left ends the unpacking and no more is read") {
    const std::string whole = text(), packed = deflated(whole);
    here_and_in_a_fiber([&] {
        for (std::size_t last = 1; last <= 4; ++last) {
            const File file(packed);
            std::string got;
            std::size_t parts = 0;
            for (const std::string_view part : inflated(file)) {
                got += part;
                if (++parts == last) break;
            }
            CHECK(parts == last);
            CHECK(whole.starts_with(got));
            CHECK(file.left() > 0);
        }
        CHECK(all_of(File(packed)) == whole);
    });
}

TEST_CASE("what the loop throws ends the unpacking and is not lost") {
    const std::string packed = deflated(text());
    here_and_in_a_fiber([&] {
        const File file(packed);
        CHECK_THROWS_AS(
            [&] {
                for ([[maybe_unused]] const std::string_view part : inflated(file)) throw test::Enough();
            }(),
            test::Enough);
        CHECK(file.left() > 0);
    });
}

TEST_CASE("data that is corrupt the loop is told of after the parts before it") {
    const std::string whole = text(), packed = deflated(whole);
    here_and_in_a_fiber([&] {
        CHECK(fails(File("\x07"), whole) == "invalid block type");
        CHECK(fails(File(std::string("\x01\x00\x00\x00\x00", 5)), whole) == "invalid stored block lengths");
        const std::string stored("\x00\x02\x00\xfd\xff"
                                 "12"
                                 "\x07",
                                 8);
        CHECK(fails(File(stored), "123") == "invalid block type");
        CHECK(all_of(File(packed)) == whole);
    });
}

TEST_CASE("data that is cut short is no end wherever that is") {
    const std::string whole = text(), packed = deflated(whole);
    here_and_in_a_fiber([&] {
        for (std::size_t cut = 0; cut < packed.size(); cut += 1 + packed.size() / 20)
            CHECK(fails(File(packed.substr(0, cut)), whole) == "the deflated data is cut short");
        CHECK(fails(File(packed.substr(0, packed.size() - 1)), whole + '.') ==
              "the deflated data is cut short");
    });
}

TEST_CASE("a file that can not be read is no data that is cut short") {
    const std::string whole = text(), packed = deflated(whole);
    here_and_in_a_fiber([&] {
        const File file(packed.substr(0, packed.size() / 2), true);
        CHECK(fails(file, whole) == "deflated data: Input/output error");
        CHECK(file.left() == 0);
    });
}

TEST_CASE("two files are unpacked in turn") {
    const std::string one = text(1), other = text(2);
    const std::string packed_one = deflated(one), packed_other = deflated(other);
    here_and_in_a_fiber([&] {
        const File first(packed_one), second(packed_other);
        std::string got_one, got_other;
        auto a = inflated(first), b = inflated(second);
        test::in_turn(
            a, [&](std::string_view part) { got_one += part; }, b,
            [&](std::string_view part) { got_other += part; });
        CHECK(got_one == one);
        CHECK(got_other == other);
    });
}

TEST_CASE("the function may be spawned as it is and ends well when its loop is left") {
    const std::string packed = deflated(text());
    here_and_in_a_fiber([&] {
        const File file(packed);
        test::spawn_and_leave<std::string_view>(send_inflated, static_cast<std::FILE*>(file));
    });
}

TEST_CASE("a fiber that is cancelled while it has a part leaves nothing behind") {
    const std::string packed = deflated(text());
    here_and_in_a_fiber([&] {
        const File file(packed);
        test::cancel_in_the_loop(inflated(file));
        CHECK(file.left() > 0);
    });
}
