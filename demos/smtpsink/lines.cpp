// SPDX-License-Identifier: BSL-1.0
#include "lines.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include <weft/deadline.hpp>

namespace {

class line_reader {
 public:
    line_reader(connection& from, weft::clock::duration patience) : from_(from), patience_(patience) {}

    std::optional<line> next() {
        std::optional<weft::deadline> limit;  // only where there is something to wait for
        for (;;) {
            if (const auto whole = cut()) return whole;
            if (!limit) limit.emplace(patience_);
            if (!fill()) return std::nullopt;
        }
    }

 private:
    // Takes a line off what was read, if there is a whole one.
    std::optional<line> cut() {
        const std::string_view have(begin_, static_cast<std::size_t>(end_ - begin_));
        const std::size_t size = have.find('\n');
        if (size == have.npos) return std::nullopt;
        begin_ += size + 1;
        line result{have.substr(0, size), skipping_, after_bare_};
        after_bare_ = !result.text.ends_with('\r');
        if (!after_bare_) result.text.remove_suffix(1);
        result.bare |= after_bare_ || result.text.find('\r') != result.text.npos;
        if (skipping_) result.text = {};
        skipping_ = false;
        return result;
    }

    bool fill() {
        if (begin_ == buffer_.data() && end_ == limit()) {
            skipping_ = true;
            begin_ = end_ - 1;  // a CR must be known when its LF comes
        }
        end_ = std::copy(begin_, end_, buffer_.data());
        begin_ = buffer_.data();
        const std::size_t got = from_.read(end_, static_cast<std::size_t>(limit() - end_));
        end_ += got;
        return got > 0;
    }

    char* limit() { return buffer_.data() + buffer_.size(); }

    connection& from_;
    weft::clock::duration patience_;
    std::array<char, longest_line> buffer_;
    char* begin_ = buffer_.data();  // what was read and is not yet taken
    char* end_ = begin_;
    bool skipping_ = false;  // this line is too long
    bool after_bare_ = false;  // the last one ended in LF alone
};

void read_lines(connection& from, weft::clock::duration patience, weft::sink<line> send) {
    line_reader reader(from, patience);
    while (auto next = reader.next()) send(*next);
}

}  // namespace

weft::generator<line> lines_from(connection& client, weft::clock::duration patience) {
    return weft::generator<line>(read_lines, std::ref(client), patience);
}
