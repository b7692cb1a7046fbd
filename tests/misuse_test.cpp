// SPDX-License-Identifier: BSL-1.0
// A misuse that can be seen gets std::logic_error, or in a destructor an abort, with one line that says what to do.
#include <weft/weft.hpp>

#include <csignal>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <weft/stack.hpp>

#include "support.hpp"

using test::thrown_by;

namespace {

std::string misuse(const std::function<void()>& f) { return thrown_by<std::logic_error>(f); }

/// The same, done in another thread.
std::string misuse_elsewhere(const std::function<void()>& f) {
    std::string text;
    std::thread([&] { text = misuse(f); }).join();
    return text;
}

const std::string empty_end = "weft: this end of a stream is empty: it was moved from, closed, or "
                              "default-constructed; use the object it was "
                              "moved to";
const std::string foreign =
    "weft: this object belongs to another thread; its channels, scopes and fibers can only be used there";
const std::string own_scope =
    "weft: a fiber can not join its own scope; join it from outside, where the scope was made";

}  // namespace

TEST_CASE("a moved-from end throws logic_error and so does a default-constructed one") {
    weft::channel<int> c;
    const auto taken_sender = std::move(c.sender);
    const auto taken_receiver = std::move(c.receiver);
    const weft::sender<int> no_sender;
    const weft::receiver<int> no_receiver;
    for (const weft::sender<int>* s : {&std::as_const(c.sender), &no_sender}) {
        CHECK(misuse([&] { (*s)(1); }) == empty_end);
        CHECK(misuse([&] { (void)s->try_send(1); }) == empty_end);
        CHECK(misuse([&] { (void)s->clone(); }) == empty_end);
        CHECK(misuse([&] { weft::sink<int>{*s}(1); }) == empty_end);
        CHECK(!s->offer(1));
    }
    for (const weft::receiver<int>* r : {&std::as_const(c.receiver), &no_receiver}) {
        CHECK(misuse([&] { (void)r->receive(); }) == empty_end);
        CHECK(misuse([&] { (void)r->try_receive(); }) == empty_end);
        CHECK(misuse([&] { (void)r->clone(); }) == empty_end);
        CHECK(misuse([&] { (void)r->begin(); }) == empty_end);
        CHECK(r->is_closed());
    }
    const weft::generator<int> no_generator;
    CHECK(misuse([&] { (void)no_generator.receive(); }) == empty_end);
    CHECK(misuse([&] { (void)no_generator.begin(); }) == empty_end);
    weft::consumer<int> no_consumer;
    CHECK(misuse([&] { no_consumer(1); }) == empty_end);
    CHECK(misuse([&] { no_consumer.finish(); }) == empty_end);
    CHECK(!no_consumer.offer(1));
}

TEST_CASE("a closed sender throws logic_error") {
    weft::channel<int> c;
    c.sender.close();
    c.sender.close();  // harmless
    CHECK(misuse([&] { c.sender(1); }) == empty_end);
    CHECK(!c.receiver.receive());
}

TEST_CASE("a fiber that joins itself gets logic_error") {
    weft::scope fibers;
    weft::fiber<std::string> self;
    self = fibers.spawn([&] { return misuse([&] { self.join(); }); });
    CHECK(self.join() == "weft: a fiber can not join itself; return from its function instead");
}

TEST_CASE("a fiber that joins its own scope gets logic_error") {
    weft::scope fibers;
    auto f = fibers.spawn([&] { return misuse([&] { fibers.join(); }); });
    CHECK(f.join() == own_scope);
    // Also from a scope inside, which could as little end before.
    auto outer = fibers.spawn([&] {
        weft::scope inner;
        return inner.spawn([&] { return misuse([&] { fibers.join(); }); }).join();
    });
    CHECK(outer.join() == own_scope);
}

TEST_CASE("a fiber can not be joined by two at a time") {
    weft::scope fibers, others;
    weft::channel<int> gate;
    auto f = fibers.spawn([&] { return gate.receiver.receive().value(); });
    auto first = others.spawn([&] { return f.join(); });
    weft::yield();
    CHECK(misuse([&] { f.join(); }) == "weft: this fiber is being joined already; join it in one place");
    gate.sender(5);
    CHECK(first.join() == 5);
}

TEST_CASE("a second live iterator gets logic_error") {
    weft::channel<int> c;
    std::optional it(c.receiver.begin());
    CHECK(misuse([&] { (void)c.receiver.begin(); }) == "weft: this receiver has a loop already; one receiver "
                                                       "has one loop at a time, so clone() it for another");
    it.reset();
    CHECK(misuse([&] { (void)c.receiver.begin(); }) == "nothing");
}

TEST_CASE("a receiver that is moved inside its own loop throws logic_error") {
    weft::channel<int> c;
    weft::scope fibers;
    fibers.spawn([send = std::move(c.sender)] { send(1); });
    int items = 0;
    for (int n : c.receiver) {
        items += n;
        CHECK(misuse([&] { auto other = std::move(c.receiver); }) ==
              "weft: a receiver can not be moved inside its own loop; move it before or after");
    }
    CHECK(items == 1);
}

TEST_CASE("an end that is destroyed or moved while somebody waits in it wakes him with logic_error") {
    const std::string text = "weft: the end of the stream was destroyed or moved while this fiber waited in "
                             "it; keep an end where it is for "
                             "as long as somebody waits in it";
    weft::scope fibers;
    std::optional<weft::channel<int>> c(std::in_place);
    auto other = c->receiver.clone();
    auto sends = fibers.spawn([&] { return misuse([&] { c->sender(1); }); });
    weft::yield();
    auto moved = std::move(c->sender);
    CHECK(sends.join() == text);
    auto receives = fibers.spawn([&] { return misuse([&] { (void)other.receive(); }); });
    weft::yield();
    { auto gone = std::move(other); }
    CHECK(receives.join() == text);
}

TEST_CASE("what belongs to another thread throws logic_error") {
    weft::channel<int> c;
    weft::generator<int> numbers([](weft::sink<int> send) { send(1); });
    weft::inbox<int> posts;
    CHECK(posts.post(2));
    weft::scope fibers;
    weft::channel<int> gate;
    auto f = fibers.spawn([&] { (void)gate.receiver.receive(); });
    weft::yield();
    weft::scheduler& scheduler = weft::this_thread();
    const std::function<void()> uses[] = {
        [&] { c.sender(1); },
        [&] { (void)c.sender.try_send(1); },
        [&] { (void)c.sender.clone(); },
        [&] { (void)c.receiver.receive(); },
        [&] { (void)c.receiver.try_receive(); },
        [&] { (void)c.receiver.begin(); },
        [&] { (void)c.receiver.clone(); },
        [&] { (void)numbers.receive(); },
        [&] { (void)posts.receive(); },
        [&] { (void)posts.try_receive(); },
        [&] { (void)posts.begin(); },
        [&] { fibers.spawn([] {}); },
        [&] { fibers.join(); },
        [&] { f.join(); },
        [&] { scheduler.run_ready(); },
        [&] { (void)scheduler.fd(); },
        [&] { (void)scheduler.next_deadline(); },
        [&] { (void)scheduler.fibers(); },
    };
    for (const auto& use : uses) {
        CHECK(misuse_elsewhere(use) == foreign);
        CHECK(misuse_elsewhere([&] {
                  weft::yield();  // there is a scheduler
                  use();
              }) == foreign);
    }
    // All of it is unharmed.
    CHECK(numbers.receive() == 1);
    CHECK(posts.receive() == 2);
    fibers.spawn([&] { c.sender(3); });
    CHECK(c.receiver.receive() == 3);
    gate.sender(1);
    f.join();
}

TEST_CASE("a stack smaller than the minimum is refused") {
    weft::scope fibers;
    const std::size_t least = weft::detail::minimum_stack();
    CHECK(least >= 16 * 1024);
    CHECK(thrown_by<std::invalid_argument>([&] { fibers.spawn([] {}, {.stack = 1000}); }) ==
          "weft: a fiber's stack needs at least " + std::to_string(least) + " bytes, not 1000");
    CHECK(thrown_by<std::invalid_argument>([&] { fibers.spawn([] {}, {.stack = least - 1}); }) != "nothing");
    CHECK(fibers.spawn([] { return 1; }, {.stack = least}).join() == 1);
}

TEST_CASE("a buffer for what can not be moved is refused") {
    CHECK_THROWS_AS(weft::channel<int&>(1), std::invalid_argument);
}

TEST_CASE("a misuse in a destructor aborts with one line") {
    const std::pair<const char*, const char*> deaths[] = {
        {"own_scope",
         "weft: a fiber destroys its own scope or generator; let the code that made it do that\n"},
        {"own_generator",
         "weft: a fiber destroys its own scope or generator; let the code that made it do that\n"},
        {"sender_elsewhere", "weft: an end of a stream is destroyed or moved in another thread than its own; "
                             "a stream belongs to the "
                             "thread that made it\n"},
        {"receiver_elsewhere", "weft: an end of a stream is destroyed or moved in another thread than its "
                               "own; a stream belongs to the "
                               "thread that made it\n"},
        {"scope_elsewhere", "weft: a scope is destroyed in another thread than its own, and has fibers\n"},
        {"empty_scope_elsewhere", "weft: a scope is destroyed in another thread than its own\n"},
    };
    for (const auto& [name, text] : deaths) {
        const test::Ended ended = test::run_death("misuse", name);
        CHECK(ended.signal == SIGABRT);
        CHECK(ended.errors == text);
    }
}
