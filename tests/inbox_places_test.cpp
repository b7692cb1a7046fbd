// SPDX-License-Identifier: BSL-1.0
// The places of an inbox: promised to who makes an item, given back when that fails, and had in turn.
#include <weft/weft.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support.hpp"

using namespace std::chrono_literals;

namespace {

/// An item in whose making its test has a say.
struct Made {
    int number;
    const std::function<void()>* when_copied = nullptr;

    explicit Made(int n, const std::function<void()>* f = nullptr) : number(n), when_copied(f) {}
    Made(const Made& other) : number(other.number) {
        if (other.when_copied) (*other.when_copied)();
    }
    Made(Made&&) = default;
    Made& operator=(Made&&) = default;
};

/// Its number; -1 for the end.
int number(const std::optional<Made>& received) { return received ? received->number : -1; }

/// A thread that posts item 0, and is held up while it makes that; a place is promised to it meanwhile.
class Maker {
 public:
    /// `then` is done by the thread when the item is posted, or is not because it could not be made.
    template <class F>
    Maker(const weft::inbox<Made>& to, bool fails, F&& then)
        : thread_([this, &to, fails, then] {
              const std::function<void()> make = [this, fails] {
                  begun_.set_value();
                  go_on_.get_future().wait();
                  if (fails) throw std::runtime_error("on purpose");
              };
              const Made item(0, &make);
              if (fails)
                  CHECK_THROWS_AS(to.post(item), std::runtime_error);
              else
                  CHECK(to.post(item));
              then();
          }) {
        begun_.get_future().wait();
    }
    Maker(const weft::inbox<Made>& to, bool fails) : Maker(to, fails, [] {}) {}
    void go_on() { go_on_.set_value(); }
    void join() { thread_.join(); }

 private:
    std::promise<void> begun_, go_on_;
    std::thread thread_;
};

/// A fiber of another thread that posts `number`, and waits for a place before this is made.
class Waiting {
 public:
    Waiting(const weft::inbox<Made>& to, int number)
        : thread_([this, &to, number] {
              weft::scope fibers;
              auto post = fibers.spawn([&] { return to.post(Made(number)); });
              weft::yield();
              waits_.set_value(!post.done());
              posted_ = post.join();
          }) {
        CHECK(waits_.get_future().get());
    }
    /// Whether it could post.
    bool join() {
        thread_.join();
        return posted_;
    }

 private:
    std::promise<bool> waits_;
    bool posted_ = false;
    std::thread thread_;
};

}  // namespace

TEST_CASE("an item that is being made when its inbox closes is still received") {
    weft::inbox<Made> in;
    Maker maker(in, false);
    in.close();
    CHECK(!in.is_closed());
    weft::scope fibers;
    fibers.spawn([&] {  // while the next line waits
        weft::yield();
        maker.go_on();
    });
    CHECK(number(in.receive()) == 0);
    CHECK(!in.receive());
    maker.join();
}

TEST_CASE("who waits for the last item sees the end when that can not be made") {
    weft::inbox<Made> in;
    Maker maker(in, true);
    in.close();
    weft::scope fibers;
    fibers.spawn([&] {
        weft::yield();
        maker.go_on();
    });
    CHECK(!in.receive());
    maker.join();
}

TEST_CASE("the place of an item that can not be made goes to who waits for one") {
    weft::inbox<Made> in(1);
    Maker maker(in, true);
    Waiting other(in, 1);
    maker.go_on();
    CHECK(other.join());
    maker.join();
    CHECK(number(in.receive()) == 1);
}

TEST_CASE("it goes to a fiber of the own thread in its turn and nobody overtakes that") {
    weft::inbox<Made> in(1);
    weft::send_status refused = weft::send_status::sent;
    Maker maker(in, true, [&] { refused = in.try_post(Made(3)); });
    weft::scope fibers;
    auto own = fibers.spawn([&] { return in.post(Made(1)); });
    weft::yield();
    Waiting other(in, 2);
    maker.go_on();
    maker.join();
    CHECK(refused == weft::send_status::full);
    CHECK(number(in.receive()) == 1);
    CHECK(number(in.receive()) == 2);
    CHECK(own.join());
    CHECK(other.join());
}

TEST_CASE("who waits for a place is refused when the last poster goes") {
    weft::inbox<Made> in(1);
    auto last = in.poster();
    CHECK(in.post(Made(0)));
    Waiting other(in, 1);
    weft::scope fibers;
    auto own = fibers.spawn([&] { return in.post(Made(2)); });
    weft::yield();
    last.close();
    CHECK(!other.join());
    CHECK(!own.join());
    CHECK(number(in.receive()) == 0);
    CHECK(!in.receive());
}

TEST_CASE("an item that a loop was to get but that has waited too long is for the next") {
    weft::inbox<Made> in;
    {
        weft::deadline soon(1ms);
        CHECK_THROWS_AS((void)in.receive(), weft::timed_out);
    }
    CHECK(in.post(Made(1)));
    for (int i = 0; i < 3; ++i) weft::yield();  // it is taken, and waits for a receiver
    in.close();
    CHECK(!in.is_closed());
    CHECK(number(in.receive()) == 1);
    weft::yield();
    CHECK(in.is_closed());
}
