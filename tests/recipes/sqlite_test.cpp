// SPDX-License-Identifier: BSL-1.0
// The recipe for SQLite: a query as a loop over its rows.
#include "../../demos/recipes/sqlite.hpp"

#include <string>
#include <thread>

#include "recipe.hpp"

using test::here_and_in_a_fiber;
using test::Trace;

namespace {

const std::string numbers = "create table numbers(n, name); insert into numbers values "
                            "(1, 'one'), (2, null), (3, 'three'), (4, 'four'), (5, 'five');";

// ThreadSanitizer takes fibers for threads, and a recursive mutex that several of them hold for misused.
constexpr int mutexes = test::thread_sanitizer ? SQLITE_OPEN_NOMUTEX : 0;

/// A database in memory. It closes only if no query is left in it.
class Database {
 public:
    Database() {
        CHECK(sqlite3_open_v2(":memory:", &db_, SQLITE_OPEN_READWRITE | mutexes, nullptr) == SQLITE_OK);
        CHECK(sqlite3_create_function(db_, "made", 1, SQLITE_UTF8, this, &made, nullptr, nullptr) ==
              SQLITE_OK);
        CHECK(sqlite3_exec(db_, numbers.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    Database(const Database&) = delete;
    ~Database() { CHECK(sqlite3_close(db_) == SQLITE_OK); }
    operator sqlite3*() const { return db_; }

    /// How many rows were made by made(n), which fails for n = 5.
    int rows = 0;

    /// Nothing is left of earlier queries, and new ones of all kinds can be made.
    void check_usable() {
        CHECK(sqlite3_next_stmt(db_, nullptr) == nullptr);
        CHECK(sqlite3_get_autocommit(db_) == 1);
        Trace trace;
        for (const sql_row& row :
             sql_rows(db_, "create table t(x); insert into t values (7); select x from t; "
                           "drop table t"))
            trace(row.values[0]);
        CHECK(trace.text() == "7");
    }

 private:
    static void made(sqlite3_context* context, int, sqlite3_value** values) {
        const int n = sqlite3_value_int(values[0]);
        ++static_cast<Database*>(sqlite3_user_data(context))->rows;
        if (n == 5) return sqlite3_result_error(context, "there is no five", -1);
        sqlite3_result_int(context, n);
    }
    sqlite3* db_ = nullptr;
};

std::string told(const sql_row& row) {
    std::string all;
    for (const char* value : row.values)
        all += std::string(all.empty() ? "" : " ") + (value ? value : "NULL");
    return all;
}

/// How a query fails, after the rows before it.
std::string fails(sqlite3* db, const std::string& sql) {
    Trace trace;
    const std::string why = test::thrown_by<std::runtime_error>([&] {
        for (const sql_row& row : sql_rows(db, sql)) trace(told(row));
    });
    return trace.text() + ": " + why;
}

}  // namespace

TEST_CASE("a query becomes a loop over its rows") {
    here_and_in_a_fiber([] {
        Database db;
        Trace trace;
        for (const sql_row& row : sql_rows(db, "select n, name as word from numbers")) {
            CHECK(std::string(row.names[0]) + row.names[1] == "nword");
            trace(told(row));
        }
        CHECK(trace.text() == "1 one, 2 NULL, 3 three, 4 four, 5 five");
        db.check_usable();
    });
}

TEST_CASE("a loop that takes three rows has three rows made") {
    here_and_in_a_fiber([] {
        Database db;
        int seen = 0;
        for ([[maybe_unused]] const sql_row& row : sql_rows(db, "select made(n) from numbers"))
            if (++seen == 3) break;
        CHECK(db.rows == 3);
        db.check_usable();
        { const auto unread = sql_rows(db, "select made(n) from numbers"); }
        CHECK(db.rows == 3);
    });
}

TEST_CASE("what the loop throws ends the query and is not lost") {
    here_and_in_a_fiber([] {
        Database db;
        for (int last = 1; last <= 5; ++last) {
            int seen = 0;
            CHECK_THROWS_AS(
                [&] {
                    for ([[maybe_unused]] const sql_row& row : sql_rows(db, "select n from numbers"))
                        if (++seen == last) throw test::Enough();
                }(),
                test::Enough);
            db.check_usable();
        }
    });
}

TEST_CASE("what SQLite complains of the loop throws after the rows before it") {
    here_and_in_a_fiber([] {
        Database db;
        CHECK(fails(db, "selec n from numbers") == ": near \"selec\": syntax error");
        db.check_usable();
        CHECK(fails(db, "select n from nowhere") == ": no such table: nowhere");
        CHECK(fails(db, "select made(n) from numbers") == "1, 2, 3, 4: there is no five");
        db.check_usable();
        CHECK(fails(db, "select 1; select 2; select nix") == "1, 2: no such column: nix");
        db.check_usable();
    });
}

TEST_CASE("two queries run in turn in one connection and in two") {
    here_and_in_a_fiber([] {
        Database db, other_db;
        for (sqlite3* second : {static_cast<sqlite3*>(db), static_cast<sqlite3*>(other_db)}) {
            Trace trace;
            auto one = sql_rows(db, "select n from numbers where n < 3");
            auto other = sql_rows(second, "select -n from numbers");
            const auto take = [&](const sql_row& row) { trace(told(row)); };
            test::in_turn(one, take, other, take);
            CHECK(trace.text() == "1, -1, 2, -2, -3, -4, -5");
            db.check_usable();
            other_db.check_usable();
        }
    });
}

TEST_CASE("a query that fails between two rows of another leaves that one alone") {
    here_and_in_a_fiber([] {
        Database db;
        Trace trace;
        for (const sql_row& row : sql_rows(db, "select n from numbers where n < 4")) {
            trace(told(row));
            CHECK(fails(db, "select nix") == ": no such column: nix");
            for ([[maybe_unused]] const sql_row& inner : sql_rows(db, "select 1 union select 2")) break;
        }
        CHECK(trace.text() == "1, 2, 3");
        db.check_usable();
    });
}

TEST_CASE("the mutex of the connection is held while the loop has a row") {
    here_and_in_a_fiber([] {
        Database db;
        const auto can_be_had = [&] {
            bool yes = false;
            std::thread([&] {
                sqlite3_mutex* mutex = sqlite3_db_mutex(db);
                yes = sqlite3_mutex_try(mutex) == SQLITE_OK;
                if (yes) sqlite3_mutex_leave(mutex);
            }).join();
            return yes;
        };
        if (!sqlite3_db_mutex(db)) return;  // it has none here
        {
            const auto rows = sql_rows(db, "select n from numbers");
            CHECK(can_be_had());
            for ([[maybe_unused]] const sql_row& row : rows) break;
            CHECK(!can_be_had());
        }
        CHECK(can_be_had());
    });
}

TEST_CASE("a connection can not be closed while a loop is in the midst of its rows") {
    here_and_in_a_fiber([] {
        Database db;
        const auto rows = sql_rows(db, "select n from numbers");
        for ([[maybe_unused]] const sql_row& row : rows) break;
        CHECK(sqlite3_close(db) == SQLITE_BUSY);
        Trace trace;
        for (const sql_row& row : rows) trace(told(row));
        CHECK(trace.text() == "2, 3, 4, 5");
    });
}

TEST_CASE("the function may be spawned as it is and ends well when its loop is left") {
    here_and_in_a_fiber([] {
        Database db;
        test::spawn_and_leave<sql_row>(send_rows, static_cast<sqlite3*>(db),
                                       std::string("select made(n) from numbers"));
        CHECK(db.rows == 1);
    });
}

TEST_CASE("a fiber that is cancelled while it has a row leaves nothing behind") {
    here_and_in_a_fiber([] {
        Database db;
        test::cancel_in_the_loop(sql_rows(db, "select made(n) from numbers"));
        CHECK(db.rows == 1);
        db.check_usable();
    });
}

TEST_CASE("nothing of SQLite's memory is left") {
    const auto before = sqlite3_memory_used();
    here_and_in_a_fiber([] {
        Database db;
        for ([[maybe_unused]] const sql_row& row : sql_rows(db, "select n from numbers")) break;
        CHECK(fails(db, "selec") == ": near \"selec\": syntax error");
    });
    CHECK(sqlite3_memory_used() == before);
}
