// SPDX-License-Identifier: BSL-1.0
// What comes from outside: posts, calls on helper threads, descriptors, a host's rounds. Only the receiving
// thread's own processor time is counted, not that of others; the rows of hosts run in a thread each, since a
// thread that has had a host is slower.
#include <weft/weft.hpp>

#include "bench.hpp"

#include <cstdlib>
#include <optional>
#include <thread>
#include <unistd.h>

namespace {

struct pipe_ends {
    int both[2];
    pipe_ends() {
        if (pipe(both) != 0) std::abort();
    }
    pipe_ends(const pipe_ends&) = delete;
    ~pipe_ends() {
        close(both[0]);
        close(both[1]);
    }
    void put() const {
        if (write(both[1], "x", 1) != 1) std::abort();
    }
    void get() const {
        char c;
        if (read(both[0], &c, 1) != 1) std::abort();
    }
};

double own_posts() {
    constexpr int items = 300'000;
    weft::scope fibers;
    weft::inbox<int> in;
    return bench::each(items, [&] {
        for (int i = 0; i < items; ++i) {
            (void)in.post(int(i));
            bench::keep(*in.receive());
        }
    });
}

double posts_of_another_thread() {
    constexpr int items = 300'000;
    weft::scope fibers;
    weft::inbox<int> in;
    std::thread other([to = in.poster()] {
        for (int i = 0; i < items; ++i) (void)to.post(int(i));
    });
    const double ns = bench::each(items, [&] {
        for (int n : in) bench::keep(n);
    });
    other.join();
    return ns;
}

double empty_calls() {
    constexpr int calls = 5'000;
    weft::scope fibers;
    return bench::each(calls, [&] {
        for (int i = 0; i < calls; ++i) weft::offload([] {});
    });
}

double bytes_through_pipes() {
    constexpr int bytes = 50'000;
    const pipe_ends there, back;
    weft::scope fibers;
    fibers.spawn([&] {
        for (int i = 0; i < bytes / 2; ++i) {
            weft::wait_readable(there.both[0]);
            there.get();
            back.put();
        }
    });
    return bench::each(bytes, [&] {
        for (int i = 0; i < bytes / 2; ++i) {
            there.put();
            weft::wait_readable(back.both[0]);
            back.get();
        }
    });
}

template <class F>
double rounds_with(F&& spawn) {
    double ns = 0;
    std::thread([&] {
        constexpr int rounds = 100'000;
        weft::scope fibers;
        weft::this_thread().fd();
        spawn(fibers);
        ns = bench::each(rounds, [] {
            for (int i = 0; i < rounds; ++i) weft::this_thread().run_ready();
        });
        fibers.cancel();
    }).join();
    return ns;
}

double idle_rounds() {
    return rounds_with([](weft::scope&) {});
}

double busy_rounds() {
    return rounds_with([](weft::scope& fibers) {
        fibers.spawn([] {
            for (;;) weft::yield();
        });
    });
}

double scopes(bool outermost) {
    constexpr int count = 100'000;
    std::optional<weft::scope> around;
    if (!outermost) around.emplace().spawn([] {}).join();
    return bench::each(count, [] {
        for (int i = 0; i < count; ++i) {
            weft::scope one;
            one.spawn([] {}).join();
        }
    });
}

}  // namespace

int main() {
    return bench::print({{"own post, received", own_posts},
                         {"another thread's post, received", posts_of_another_thread},
                         {"offload of an empty call", empty_calls},
                         {"a byte through a pipe, between fibers", bytes_through_pipes},
                         {"run_ready with nothing to do", idle_rounds},
                         {"run_ready with one that yields", busy_rounds},
                         {"a scope with a fiber, in another", [] { return scopes(false); }},
                         {"a scope with a fiber, outermost", [] { return scopes(true); }}});
}
