// SPDX-License-Identifier: BSL-1.0
// What goes away, or is taken by somebody else, while a fiber waits in it.
#include <weft/weft.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support.hpp"

using test::contains;
using test::thrown_by;
using test::Trace;

namespace {

// Moving it runs what the test wants.
struct Moving {
    static inline std::function<void()> on_move;

    Moving() = default;
    Moving(Moving&&) {
        if (on_move) on_move();
    }
};

struct Quiet {
    ~Quiet() { Moving::on_move = nullptr; }
};

weft::generator<int> slow_to_end(Trace& trace, const char* name) {
    return weft::generator<int>([&trace, name](weft::sink<int> out) {
        struct end {
            Trace& trace;
            const char* name;
            ~end() {
                weft::yield();
                trace(name, "ends");
            }
        } at_end{trace, name};
        for (int i = 0;; ++i) out(int(i));
    });
}

}  // namespace

TEST_CASE("A fiber that has been joined can not be joined again while its joiner wakes") {
    std::string second;
    int first = 0;
    weft::scope s, t;
    weft::fiber<int> h = s.spawn([] {
        weft::yield();
        return 42;
    });
    t.spawn([&] { first = h.join(); });
    t.spawn([&] {
        while (!h.done()) weft::yield();
        second = thrown_by<std::logic_error>([&] { h.join(); });
    });
    t.join();
    CHECK(first == 42);
    CHECK(contains(second, "a fiber can be joined once"));
}

TEST_CASE("A fiber's handle may be dropped while it is being joined") {
    int joined = 0;
    weft::scope s, t;
    std::optional<weft::fiber<int>> h = s.spawn([] {
        weft::yield();
        return 42;
    });
    t.spawn([&] { joined = h->join(); });
    t.spawn([&] { h.reset(); });
    t.join();
    CHECK(joined == 42);
}

TEST_CASE("A fiber's handle may be moved while it is being joined") {
    int joined = 0;
    weft::scope s, t;
    std::vector<weft::fiber<int>> handles;
    handles.push_back(s.spawn([] {
        weft::yield();
        weft::yield();
        return 42;
    }));
    t.spawn([&] { joined = handles[0].join(); });
    t.spawn([&] { handles.push_back(s.spawn([] { return 43; })); });
    t.join();
    CHECK(joined == 42);
    CHECK_THROWS_AS(handles[0].join(), std::logic_error);
    CHECK(handles[1].join() == 43);
}

TEST_CASE("A scope may go away while those who joined it wake") {
    std::string told;
    weft::scope others;
    {
        auto work = std::make_unique<weft::scope>();
        work->spawn([] {
            weft::yield();
            weft::yield();
            throw std::runtime_error("it failed");
        });
        for (int i = 0; i < 2; ++i)
            others.spawn([&told, &w = *work] { told += thrown_by<std::runtime_error>([&] { w.join(); }); });
        CHECK(thrown_by<std::runtime_error>([&] { work->join(); }) == "it failed");
    }
    others.join();
    CHECK(told == "it failedit failed");
}

TEST_CASE("What a fiber was told of one sender does not count for another") {
    weft::channel<int> c1, c2;
    std::optional<weft::sender<int>> s1(std::move(c1.sender)), s2(std::move(c2.sender));
    const weft::sender<int> keeps_open = s1->clone();
    std::optional<weft::receiver<int>> r2(std::move(c2.receiver));
    weft::scope fibers;
    auto a = fibers.spawn([&] {
        CHECK_THROWS_AS((*s1)(1), std::logic_error);
        CHECK_THROWS_AS(weft::sleep_for(std::chrono::hours(1)), weft::cancelled);
        CHECK_FALSE(s2->offer(2));
        s2.reset();  // B waited here, was cancelled, and has not run yet
        r2.reset();
    });
    auto b = fibers.spawn([&] { (*s2)(3); });
    weft::yield();
    for ([[maybe_unused]] int n : c1.receiver) {
        s1.reset();
        break;
    }
    weft::yield();
    a.cancel();
    b.cancel();
    fibers.join();
    CHECK_FALSE(s2);
}

TEST_CASE("A sender may go away after a cancel during the move of its item") {
    const Quiet at_end;
    bool offered = true;
    weft::channel<Moving> c;
    std::optional<weft::sender<Moving>> s(std::move(c.sender));
    std::optional<weft::receiver<Moving>> r(std::move(c.receiver));
    weft::scope fibers;
    auto a = fibers.spawn([&] { offered = s->offer(Moving()); });
    weft::yield();
    Moving::on_move = [&] {
        a.cancel();
        throw std::runtime_error("move");
    };
    CHECK(thrown_by<std::runtime_error>([&] { (void)r->receive(); }) == "move");
    s.reset();
    r.reset();
    fibers.join();
    CHECK_FALSE(offered);
}

TEST_CASE("Receivers that are assigned in turn all end what they had") {
    Trace trace;
    {
        weft::scope fibers;
        auto current = slow_to_end(trace, "first"), second = slow_to_end(trace, "second"),
             third = slow_to_end(trace, "third");
        for (auto* g : {&current, &second, &third}) (void)g->receive();
        fibers.spawn([&] { current = std::move(second); });
        fibers.spawn([&] { current = std::move(third); });
        fibers.join();
        CHECK(contains(trace.text(), "first ends"));
        CHECK(contains(trace.text(), "second ends"));
    }
    CHECK(contains(trace.text(), "third ends"));
    CHECK(weft::this_thread().fibers().size() == 1);
}

TEST_CASE("A channel may go away while try_receive moves an item out of it") {
    const Quiet at_end;
    std::optional<weft::channel<Moving>> c(std::in_place);
    std::optional<weft::sender<Moving>> s(std::move(c->sender));
    weft::scope fibers;
    fibers.spawn([&] { (void)s->offer(Moving()); });
    weft::yield();
    fibers.spawn([&] {
        s.reset();
        c.reset();
    });
    Moving::on_move = [] { weft::yield(); };
    CHECK(c->receiver.try_receive());
    fibers.join();
    CHECK_FALSE(c);
}

TEST_CASE("A consumer whose end could not be waited for can be finished again") {
    weft::channel<int> gate;
    weft::consumer<int> feed([&](weft::receiver<int> in) {
        for ([[maybe_unused]] int n : in) {
        }
        (void)gate.receiver.receive();
        throw std::runtime_error("parse error");
    });
    feed(1);
    CHECK_THROWS_AS(feed.finish(), weft::deadlock);
    weft::scope helper;
    helper.spawn([&] { gate.sender(1); });
    CHECK(thrown_by<std::runtime_error>([&] { feed.finish(); }) == "parse error");
    feed.finish();
}

TEST_CASE(
    "Functions are spawned as std::thread takes them: with an operator new of their own or a T&& result") {
    struct pooled {
        static void* operator new(std::size_t n) { return ::operator new(n); }
        static void operator delete(void* p) { ::operator delete(p); }
        int operator()() { return 7; }
    };
    struct builder {
        std::string text;
        builder&& add() && {
            text += 'x';
            return std::move(*this);
        }
    };
    weft::scope f;
    CHECK(f.spawn(pooled()).join() == 7);
    CHECK(f.spawn(&builder::add, builder{"a"}).join().text == "ax");
    weft::channel<pooled> c;
    f.spawn([&] { CHECK(c.sender.try_send(pooled()) == weft::send_status::sent); });
    for (pooled& p : c.receiver) {
        CHECK(p() == 7);
        break;
    }
}

TEST_CASE("A sender may go away while its item is on the way to a loop that others run before") {
    bool told_some = false;
    for (int offset = 0; offset < 4; ++offset) {  // somewhere the hand-overs are used up between the two
        weft::channel<int> c;
        std::optional<weft::sender<int>> s = c.sender.clone();
        c.sender.close();
        const weft::sender<int> keeps_open = s->clone();
        std::optional<weft::receiver<int>> r(std::move(c.receiver));
        std::string told;
        weft::scope f;
        f.spawn([&] {
            for ([[maybe_unused]] int n : *r)
                if (!s) r->close();
        });
        f.spawn([&] {
            for (int i = 0; i < offset; ++i) weft::yield();
            told = thrown_by<std::logic_error>([&] {
                while (s) (*s)(1);
            });
        });
        f.spawn([&] {
            for (int i = 0; i < 2 + offset / 2; ++i) weft::yield();
            s.reset();
        });
        for (int i = 0; i < 50; ++i) weft::yield();
        told_some |=
            contains(told, "the end of the stream was destroyed or moved while this fiber waited in it");
    }
    CHECK(told_some);
}

TEST_CASE("A receiver that is closed while an item is on the way to its loop gets no other") {
    for (int offset = 0; offset < 4; ++offset) {
        weft::channel<int> c;
        const weft::receiver<int> other = c.receiver.clone();
        int got = 0, got_when_closed = 0;
        weft::scope f;
        f.spawn([&] {
            thrown_by<std::logic_error>([&] {  // where it waits for the next one just then
                for ([[maybe_unused]] int n : c.receiver) ++got;
            });
        });
        f.spawn([&] {
            for (int i = 0; i < offset; ++i) weft::yield();
            for (;;) c.sender(1);
        });
        f.spawn([&] {
            for (int i = 0; i < 2 + offset / 2; ++i) weft::yield();
            got_when_closed = got;
            c.receiver.close();
        });
        for (int i = 0; i < 50; ++i) weft::yield();
        CHECK(got_when_closed > 0);
        CHECK(got - got_when_closed <= 1);
    }
}
