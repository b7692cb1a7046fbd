// SPDX-License-Identifier: BSL-1.0
// Random timers, pipes, posts of two threads and callbacks in a loop on poll(2): nothing is lost, the host
// does not sleep through anything, and does not spin.
//   WEFT_STRESS_SEED=1234   that program alone
#include "poll_host.hpp"

#include "../tools.hpp"
#include "attached.hpp"

#include <cstdio>
#include <cstdlib>
#include <list>
#include <random>

namespace {

using Dice = std::minstd_rand;

class Program {
 public:
    explicit Program(unsigned seed) : dice_(seed) {}

    void run() {
        const auto began = weft::clock::now();
        Attached host;
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            const int posts = up_to(200);
            posted_ += posts;
            threads.emplace_back(post, Dice(dice_()), posts, posts_.poster());
        }
        weft::scope fibers;
        const auto all = fibers.spawn([&] {
            weft::scope parts;
            spawn_parts(parts);
            parts.join();
        });
        calls_left_ = up_to(20);
        for (int calls = calls_left_; calls > 0; --calls)
            host.after(std::chrono::milliseconds(up_to(20)), [&] { call_back(host); });
        host.run_until([&] { return all.done(); });
        for (std::thread& t : threads) t.join();
        CHECK(received_ == posted_);
        CHECK(read_ == written_);
        CHECK(got_ == sent_);
        CHECK(heard_ == called_);
        // Descriptors that are waited for are gone over a few times a second.
        CHECK(host.turns <= 2 * events_ + 10 + (weft::clock::now() - began) / 100ms);
    }

 private:
    /// At least one.
    int up_to(int most) { return 1 + static_cast<int>(dice_() % static_cast<unsigned>(most)); }

    /// What wakes the host once.
    void event(int times = 1) { events_ += times; }

    // In a thread of its own.
    static void post(Dice dice, int posts, weft::poster<int> to) {
        for (; posts > 0; --posts) {
            CHECK(to.post(1));
            for (auto idle = dice() % 4; idle > 0; --idle) std::this_thread::yield();
        }
    }

    void spawn_parts(weft::scope& parts) {
        parts.spawn([this] {
            for (const int n : posts_) received_ += n, event();
        });
        parts.spawn([this, in = std::move(lines_.receiver)] {
            for (const int n : in) got_ += n;
        });
        parts.spawn([this, in = std::move(calls_.receiver)] {
            for (const int n : in) heard_ += n;
        });
        for (int pipes = up_to(4); pipes > 0; --pipes) {
            auto& ends = pipes_.emplace_back(Ends::pipe());
            parts.spawn([this, &ends] { write_into(ends); });
            parts.spawn([this, &ends] { read_from(ends); });
        }
        for (int workers = up_to(10); workers > 0; --workers)
            parts.spawn([this, send = lines_.sender.clone()] { work(send); });
        lines_.sender.close();
    }

    void write_into(Ends& ends) {
        for (int bytes = up_to(50); bytes > 0; --bytes) {
            weft::wait_writable(ends.writes());
            ends.put('x');
            ++written_;
            event(2);  // this one and its arrival
            pause();
        }
        ends.close_writing();
    }

    void read_from(const Ends& ends) {
        for (;;) {
            weft::wait_readable(ends.reads());
            if (ends.get() == '\0') return;
            ++read_;
        }
    }

    void work(const weft::sender<int>& send) {
        for (int steps = up_to(50); steps > 0; --steps) {
            pause();
            sent_ += steps;
            send(int(steps));
        }
    }

    void pause() {
        event();
        switch (dice_() % 4) {
            case 0:
                return weft::yield();
            case 1:
                return weft::sleep_for(std::chrono::microseconds(up_to(3000)));
            case 2:
                return weft::offload([] { std::this_thread::yield(); });
        }
    }

    void call_back(Attached& host) {
        event();
        if (posts_.try_post(1) == send_status::sent) ++posted_;
        if (calls_.sender.try_send(1) == send_status::sent) ++called_;
        if (--calls_left_ == 0) calls_.sender.close();
        if (dice_() % 2) return;
        host.detach();
        host.attach();
    }

    Dice dice_;
    weft::inbox<int> posts_{4};
    weft::channel<int> lines_, calls_{1};
    std::list<Ends> pipes_;
    int calls_left_ = 0;
    long called_ = 0, heard_ = 0;
    long events_ = 10;
    long posted_ = 0, received_ = 0, written_ = 0, read_ = 0, sent_ = 0, got_ = 0;
};

}  // namespace

TEST_CASE("random work in a host's loop loses nothing and does not keep the host busy") {
    const char* const only = std::getenv("WEFT_STRESS_SEED");
    const unsigned first = only ? static_cast<unsigned>(std::atol(only)) : std::random_device()();
    const unsigned programs = only ? 1 : test::watched() ? 3 : 10;
    for (unsigned seed = first; seed != first + programs; ++seed) {
        std::printf("WEFT_STRESS_SEED=%u\n", seed);
        std::fflush(stdout);
        Program(seed).run();
    }
}
