// SPDX-License-Identifier: BSL-1.0
// What programs do with the exceptions they meet, and how they end when they are cancelled (rule 22).
#include <weft/weft.hpp>

#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <istream>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <streambuf>
#include <string>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

namespace {

/// How a fiber with this habit ended that was cancelled in its first wait.
template <class F>
std::string end_of(F habit) {
    weft::scope fibers;
    weft::channel<int> never;
    auto f = fibers.spawn([&, mine = Counted()] { habit(never); });
    weft::yield();
    CHECK(!f.done());
    f.cancel();
    fibers.join();
    CHECK(f.done());
    return thrown_by<std::runtime_error>([&] {
        try {
            f.join();
        } catch (const weft::no_result&) {
            throw std::runtime_error("cancelled");
        }
    });
}

using channel = weft::channel<int>;

/// Every character goes on a stream: an ostream's catch-alls lie between the send and the fiber.
struct sending_buffer final : std::streambuf {
    weft::sink<char> out;
    explicit sending_buffer(weft::sink<char> to) : out(to) {}
    int_type overflow(int_type c) override {
        out(traits_type::to_char_type(c));
        return c;
    }
    int sync() override {
        out('|');
        return 0;
    }
};

/// The inverse: an istream that reads from a stream.
struct receiving_buffer final : std::streambuf {
    weft::receiver<char>& in;
    char last = 0;
    explicit receiving_buffer(weft::receiver<char>& from) : in(from) {}
    int_type underflow() override {
        auto c = in.receive();
        if (!c) return traits_type::eof();
        last = *c;
        setg(&last, &last, &last + 1);
        return traits_type::to_int_type(last);
    }
};

/// Writes for ever, unless what ends it passes the stream.
void write_for_ever(weft::sink<char> to, int& rounds) {
    sending_buffer buffer(to);
    std::ostream out(&buffer);
    for (rounds = 0; rounds < 500; ++rounds) {
        out << "abc" << 1234 << 2.5 << 'x' << std::endl;
        out.put('y');
        out.write("zz", 2);
        out.clear();
    }
}

}  // namespace

TEST_CASE("plain RAII is unwound") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              Counted local;
              auto more = std::make_unique<Counted>();
              (void)c.receiver.receive();
          }) == "cancelled");
}

TEST_CASE("cancelled passes a catch of std::exception by") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              for (;;) try {
                      (void)c.receiver.receive();
                  } catch (const std::exception&) {
                  }
          }) == "cancelled");
}

TEST_CASE("cancelled may be kept and rethrown later") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              std::exception_ptr kept;
              try {
                  (void)c.receiver.receive();
              } catch (...) {
                  kept = std::current_exception();
              }
              std::rethrow_exception(kept);
          }) == "cancelled");
}

TEST_CASE("a catch of everything that returns ends the fiber in order") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              try {
                  (void)c.receiver.receive();
              } catch (...) {
              }
          }) == "nothing");
}

TEST_CASE("a handler that waits is refused again") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              try {
                  (void)c.receiver.receive();
              } catch (...) {
                  (void)c.receiver.receive();
              }
          }) == "cancelled");
}

TEST_CASE("a loop that tries again a few times ends") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              for (int tries = 0; tries < 500; ++tries) try {
                      (void)c.receiver.receive();
                  } catch (...) {
                  }
          }) == "nothing");
}

TEST_CASE("a destructor that waits during the unwinding is no std::terminate") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              struct flushes {
                  channel& c;
                  ~flushes() {
                      c.sender(1);
                      (void)c.sender.offer(2);
                      weft::yield();
                  }
              } guard{c};
              (void)c.receiver.receive();
          }) == "cancelled");
}

TEST_CASE("offer may be used inside a noexcept function") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              [&]() noexcept {
                  while (c.sender.offer(1)) {
                  }
              }();
          }) == "nothing");
}

TEST_CASE("an exception that cancelled was translated to is the failure") {
    AllGone all;
    weft::scope fibers;
    auto f = fibers.spawn([mine = Counted()] {
        try {
            channel c;
            (void)c.receiver.receive();
        } catch (...) {
            std::throw_with_nested(std::runtime_error("translated"));
        }
    });
    weft::yield();
    f.cancel();
    CHECK(thrown_by<std::runtime_error>([&] { f.join(); }) == "translated");
}

TEST_CASE("a C function between the wait and the fiber goes on to its end with offer") {
    AllGone all;
    static weft::sender<int>* to;
    int compared = 0;
    CHECK(end_of([&](channel& c) {
              to = &c.sender;
              static int* count;
              count = &compared;
              int numbers[64];
              for (int i = 0; i < 64; ++i) numbers[i] = (i * 37) % 64;
              std::qsort(numbers, 64, sizeof *numbers, [](const void* a, const void* b) {
                  ++*count;
                  (void)to->offer(1);
                  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
              });
              for (int i = 0; i < 64; ++i) CHECK(numbers[i] == i);
          }) == "nothing");
    CHECK(compared > 64);
}

TEST_CASE("cancelled passes an ostream") {
    AllGone all;
    int rounds = 0;
    weft::channel<char> text;
    CHECK(end_of([&](channel&) { write_for_ever(text.sender, rounds); }) == "cancelled");
    CHECK(rounds == 0);
}

TEST_CASE("receiver_gone passes an ostream wherever it stops") {
    for (int after = 0; after < 20; ++after) {
        weft::channel<char> text;
        weft::scope fibers;
        int rounds = 0;
        auto f = fibers.spawn([&, send = std::move(text.sender)] { write_for_ever(send, rounds); });
        for (int n = 0; n < after; ++n) (void)text.receiver.receive();
        text.receiver.close();
        CHECK_THROWS_AS(f.join(), weft::no_result);
        CHECK(rounds <= 1);
    }
}

TEST_CASE("cancelled passes an istream") {
    AllGone all;
    const std::function<void(std::istream&)> reads[] = {
        [](std::istream& in) {
            std::string s;
            in >> s;
        },
        [](std::istream& in) {
            std::string s;
            std::getline(in, s);
        },
        [](std::istream& in) {
            double d;
            in >> d;
        },
        [](std::istream& in) { (void)in.get(); },
        [](std::istream& in) {
            char b[4];
            in.read(b, 4);
        },
        [](std::istream& in) { in.ignore(5); },
    };
    for (const auto& read : reads) {
        weft::channel<char> text;
        CHECK(end_of([&](channel&) {
                  receiving_buffer buffer(text.receiver);
                  std::istream in(&buffer);
                  for (int i = 0; i < 500; ++i) {
                      read(in);
                      in.clear();
                  }
              }) == "cancelled");
    }
}

TEST_CASE("cancelled passes a packaged_task") {
    AllGone all;
    CHECK(end_of([](channel& c) {
              for (int i = 0; i < 500; ++i) {
                  std::packaged_task<void()> task([&] { (void)c.receiver.receive(); });
                  task();
              }
          }) == "cancelled");
}
