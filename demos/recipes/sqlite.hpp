// SPDX-License-Identifier: BSL-1.0
// A query as a loop over its rows. sqlite3_exec waits in its callback while the loop has the row; a result
// other than 0 ends it.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <weft/generator.hpp>

struct sql_row {
    std::span<const char* const> values;  // null: NULL
    std::span<const char* const> names;
};

/// What a row points to is SQLite's, and there until the loop comes back.
inline void send_rows(sqlite3* db, const std::string& sql, weft::sink<sql_row> send) {
    bool stopped = false;
    auto row = [&](std::size_t n, char** values, char** names) noexcept {
        stopped = !send.offer({{values, n}, {names, n}});
        return stopped ? 1 : 0;
    };
    const auto each = [](void* to, int n, char** values, char** names) {
        return (*static_cast<decltype(row)*>(to))(static_cast<std::size_t>(n), values, names);
    };
    const int result = sqlite3_exec(db, sql.c_str(), each, &row, nullptr);
    if (result != SQLITE_OK && !stopped) throw std::runtime_error(sqlite3_errmsg(db));
}

inline weft::generator<sql_row> sql_rows(sqlite3* db, std::string sql) {
    return weft::generator<sql_row>(send_rows, db, std::move(sql));
}
