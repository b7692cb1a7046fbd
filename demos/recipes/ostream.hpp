// SPDX-License-Identifier: BSL-1.0
// What a function writes to a std::ostream as a loop over the text. The stream waits in its buffer while the
// loop has a part; when nobody listens any more it is bad, and says so by an exception.
#pragma once

#include <array>
#include <cstddef>
#include <ostream>
#include <streambuf>
#include <string_view>
#include <utility>

#include <weft/generator.hpp>

class sending_buffer final : public std::streambuf {
 public:
    explicit sending_buffer(weft::sink<std::string_view> send) : send_(send) { clear(); }

 private:
    void clear() { setp(part_.data(), part_.data() + part_.size()); }
    int sync() override {
        const std::string_view full(pbase(), static_cast<std::size_t>(pptr() - pbase()));
        if (!full.empty() && !send_.offer(std::string_view(full))) return -1;
        clear();
        return 0;
    }
    int_type overflow(int_type c) override {
        if (sync() != 0) return traits_type::eof();
        return c == traits_type::eof() ? 0 : sputc(traits_type::to_char_type(c));
    }
    std::streamsize xsputn(const char* text, std::streamsize size) override {
        if (size < epptr() - pptr()) return std::streambuf::xsputn(text, size);
        const bool sent = sync() == 0 && send_.offer({text, static_cast<std::size_t>(size)});  // as it stands
        return sent ? size : 0;
    }

    weft::sink<std::string_view> send_;
    std::array<char, 1024> part_;
};

/// write(std::ostream&) is the function. A part is the stream's, and there until the loop comes back.
template <class F>
weft::generator<std::string_view> written_by(F write) {
    const auto produce = [](F&& function, weft::sink<std::string_view> send) {
        sending_buffer buffer(send);
        std::ostream out(&buffer);
        out.exceptions(std::ios::badbit);
        function(out);
        out.exceptions(std::ios::badbit);  // throws if it is bad already
        out.flush();
    };
    return weft::generator<std::string_view>(produce, std::move(write));
}
