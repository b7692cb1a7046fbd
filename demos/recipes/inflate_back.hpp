// SPDX-License-Identifier: BSL-1.0
// Compressed data as a loop over what was packed. inflateBack asks one callback for input, and waits in the
// other while the loop has the output; a result other than 0 ends it.
#pragma once

#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <weft/generator.hpp>

/// Unpacks raw deflate data. A part stands in zlib's window, and is there until the loop comes back.
inline void send_inflated(std::FILE* from, weft::sink<std::string_view> send) {
    struct unpacking {
        std::FILE* from;
        weft::sink<std::string_view> send;
        bool stopped = false;
        z_stream zlib{};
        unsigned char window[1 << 15]{};
        unsigned char input[4096]{};

        ~unpacking() { inflateBackEnd(&zlib); }
        static unsigned read(void* to, z_const unsigned char** part) noexcept {
            auto& all = *static_cast<unpacking*>(to);
            *part = all.input;
            return static_cast<unsigned>(std::fread(all.input, 1, sizeof all.input, all.from));
        }
        static int write(void* to, unsigned char* part, unsigned size) noexcept {
            auto& all = *static_cast<unpacking*>(to);
            all.stopped = !all.send.offer({reinterpret_cast<char*>(part), size});
            return all.stopped ? 1 : 0;
        }
    } all{from, send};
    if (inflateBackInit(&all.zlib, 15, all.window) != Z_OK) throw std::bad_alloc();
    const int result = inflateBack(&all.zlib, &unpacking::read, &all, &unpacking::write, &all);
    if (result == Z_STREAM_END || all.stopped) return;
    if (std::ferror(from)) throw std::system_error(errno, std::generic_category(), "deflated data");
    throw std::runtime_error(result == Z_DATA_ERROR ? all.zlib.msg : "the deflated data is cut short");
}

inline weft::generator<std::string_view> inflated(std::FILE* from) {
    return weft::generator<std::string_view>(send_inflated, from);
}
