// SPDX-License-Identifier: BSL-1.0
// What a select may be given as handlers.
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "support.hpp"
#include <weft/select.hpp>

using weft::on, weft::otherwise;

namespace {

int total = 0;
void by_value(std::string s) { total += int(s.size()); }
void by_reference(std::string& s) { total += int(s.size()); }
void by_const_reference(const std::string& s) { total += int(s.size()); }
void by_rvalue(std::string&& s) { total += int(s.size()); }
void as_view(std::string_view s) { total += int(s.size()); }

struct Add {
    int* to;
    void operator()(const std::string& s) const { *to += int(s.size()); }
};

struct Message {
    int left = 0;
    void run() { total += left; }
    void run_const() const { total += left; }
    void run_once() && { total += left; }
};

/// What `handler` adds to the total when it is given "four".
template <class F>
int added_by(F&& handler) {
    weft::channel<std::string> c(1);
    c.sender("four");
    total = 0;
    CHECK(weft::select(on(c.receiver, std::forward<F>(handler)), otherwise([] { total -= 100; })) == 0);
    return total;
}

}  // namespace

TEST_CASE("A handler takes its item by value or by any reference") {
    CHECK(added_by([](std::string s) { total += int(s.size()); }) == 4);
    CHECK(added_by([](std::string& s) { total += int(s.size()); }) == 4);
    CHECK(added_by([](const std::string& s) { total += int(s.size()); }) == 4);
    CHECK(added_by([](std::string&& s) { total += int(s.size()); }) == 4);
    CHECK(added_by([](std::string_view s) { total += int(s.size()); }) == 4);
    CHECK(added_by([](auto s) { total += int(s.size()); }) == 4);
    CHECK(added_by([](auto& s) { total += int(s.size()); }) == 4);
    CHECK(added_by([](auto&& s) { total += int(s.size()); }) == 4);
    CHECK(added_by([n = 4](const auto&) mutable { total += std::exchange(n, 0); }) == 4);
}

TEST_CASE("A handler is a function or an object that is called where it stands") {
    CHECK(added_by(by_value) == 4);
    CHECK(added_by(&by_value) == 4);
    CHECK(added_by(by_reference) == 4);
    CHECK(added_by(by_const_reference) == 4);
    CHECK(added_by(by_rvalue) == 4);
    CHECK(added_by(as_view) == 4);
    const Add add{&total};
    CHECK(added_by(add) == 4);
    CHECK(added_by(std::ref(add)) == 4);
    CHECK(added_by(std::function<void(std::string)>(by_value)) == 4);
    int calls = 0;
    auto counting = [&calls, n = 0](const std::string&) mutable { calls = ++n; };
    added_by(counting);
    added_by(counting);
    CHECK(calls == 2);  // it was not copied
}

TEST_CASE("A handler may be a member function of the item") {
    weft::channel<Message> c(3);
    for (const int n : {1, 10, 100}) c.sender(Message{n});
    total = 0;
    weft::select(on(c.receiver, &Message::run));
    weft::select(on(c.receiver, &Message::run_const));
    weft::select(on(c.receiver, &Message::run_once));
    CHECK(total == 111);
    c.sender.close();
    weft::select(on(c.receiver, &Message::run, [] { total = 5; }));
    CHECK(total == 5);
}
