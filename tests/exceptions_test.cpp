// SPDX-License-Identifier: BSL-1.0
// Exceptions belong to their fiber (rule 21).
#include <weft/weft.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

namespace {

/// Carries a counted object, so that a destroyed or leaked exception is seen.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
    Counted counted;
};

std::string current() {
    try {
        throw;
    } catch (const Failure& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("fibers may park in handlers and leave them in any order") {
    AllGone all;
    std::vector<int> order{0, 1, 2};
    do {
        Trace trace;
        weft::scope fibers;
        weft::channel<int> gates[3];
        for (int i = 0; i < 3; ++i)
            fibers.spawn([&, i] {
                const std::string mine = "error " + std::to_string(i);
                try {
                    throw Failure(mine);
                } catch (const Failure& e) {
                    (void)gates[i].receiver.receive();
                    CHECK(e.what() == mine);
                    CHECK(current() == mine);
                    CHECK(std::current_exception() != nullptr);
                    trace(i);
                }
                CHECK(std::current_exception() == nullptr);
            });
        weft::yield();
        CHECK(Counted::live == 3);
        for (int i : order) {
            gates[i].sender(1);
            weft::yield();
        }
        CHECK(Counted::live == 0);
        CHECK(trace.text() ==
              std::to_string(order[0]) + ", " + std::to_string(order[1]) + ", " + std::to_string(order[2]));
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a hundred fibers parked in handlers have their own exceptions") {
    AllGone all;
    weft::scope fibers;
    for (int i = 0; i < 100; ++i)
        fibers.spawn([i] {
            try {
                throw Failure(std::to_string(i));
            } catch (...) {
                for (int turn = 0; turn < i % 10; ++turn) {
                    weft::yield();
                    CHECK(current() == std::to_string(i));
                }
            }
        });
    fibers.join();
}

TEST_CASE("a rethrow after a wait throws the fiber's own exception also three handlers deep") {
    AllGone all;
    Trace trace;
    weft::scope fibers;
    for (const char* name : {"A", "B"})
        fibers.spawn([&trace, name] {
            const std::string mine = name;
            try {
                try {
                    try {
                        throw Failure(mine + "1");
                    } catch (const Failure&) {
                        weft::yield();
                        try {
                            throw Failure(mine + "2");
                        } catch (const Failure&) {
                            weft::yield();
                            CHECK(current() == mine + "2");
                        }
                        weft::yield();
                        throw;
                    }
                } catch (const Failure& e) {
                    weft::yield();
                    CHECK(e.what() == mine + "1");
                    throw Failure(mine + "3");
                }
            } catch (const Failure& e) {
                weft::yield();
                trace(e.what());
            }
        });
    fibers.join();
    CHECK(trace.text() == "A3, B3");
}

TEST_CASE("an exception_ptr may travel on a channel and be rethrown elsewhere") {
    AllGone all;
    weft::channel<std::exception_ptr> errors;
    weft::scope fibers;
    fibers.spawn([send = std::move(errors.sender)] {
        for (const char* text : {"one", "two"}) try {
                throw Failure(text);
            } catch (...) {
                send(std::current_exception());
                CHECK(current() == text);
            }
    });
    std::string got;
    for (std::exception_ptr& e : errors.receiver) {
        got += thrown_by<Failure>([&] { std::rethrow_exception(e); });
        weft::yield();
    }
    CHECK(got == "onetwo");
}

TEST_CASE("a destructor may park during unwinding and bystanders see nothing in flight") {
    AllGone all;
    Trace trace;
    struct parks {
        ~parks() {
            CHECK(std::uncaught_exceptions() == 1);
            for (int i = 0; i < 3; ++i) weft::yield();
            CHECK(std::uncaught_exceptions() == 1);
        }
    };
    struct guard {
        Trace& trace;
        int before = std::uncaught_exceptions();
        ~guard() { trace(std::uncaught_exceptions() > before ? "failed" : "succeeded"); }
    };
    weft::scope fibers;
    for (int i = 0; i < 2; ++i)
        fibers.spawn([] {
            try {
                parks p;
                throw Failure("unwinding");
            } catch (const Failure& e) {
                CHECK(e.what() == std::string("unwinding"));
            }
            CHECK(std::uncaught_exceptions() == 0);
        });
    fibers.spawn([&] {
        for (int i = 0; i < 5; ++i) {
            CHECK(std::uncaught_exceptions() == 0);
            CHECK(std::current_exception() == nullptr);
            guard g{trace};
            weft::yield();
        }
    });
    fibers.join();
    CHECK(trace.text() == "succeeded, succeeded, succeeded, succeeded, succeeded");
}

TEST_CASE("fibers may be run inside a handler and inside a destructor during unwinding") {
    AllGone all;
    const auto run = [] {
        weft::scope fibers;
        auto f = fibers.spawn([] {
            CHECK(std::uncaught_exceptions() == 0);
            CHECK(std::current_exception() == nullptr);
            try {
                throw Failure("inside");
            } catch (const Failure&) {
                weft::yield();
                return current();
            }
        });
        CHECK(f.join() == "inside");
        auto failing = fibers.spawn([] { throw Failure("from the fiber"); });
        CHECK(thrown_by<Failure>([&] { failing.join(); }) == "from the fiber");
    };
    SUBCASE("in a handler") {
        try {
            throw Failure("outside");
        } catch (const Failure& e) {
            run();
            CHECK(current() == "outside");
            CHECK(e.counted.value == 0);
        }
    }
    SUBCASE("in a destructor") {
        struct runs {
            decltype(run)& r;
            ~runs() {
                r();
                CHECK(std::uncaught_exceptions() == 1);
            }
        };
        try {
            runs guard{run};
            throw Failure("outside");
        } catch (const Failure& e) {
            CHECK(e.what() == std::string("outside"));
        }
    }
    CHECK(std::uncaught_exceptions() == 0);
    CHECK(std::current_exception() == nullptr);
}
