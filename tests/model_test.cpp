// SPDX-License-Identifier: BSL-1.0
// Random programs over all operations of channels, run on weft and on two models: nothing is lost,
// nothing comes twice, the order is kept, nobody is forgotten.
//
// WEFT_MODEL_OPERATIONS=10000000   as many operations
// WEFT_MODEL_FROM=1000             beginning with that program
// WEFT_MODEL_SEED=1234             that program alone, and what it does goes to stderr
//
// Ten million with sanitizers, once .ci/run has made its builds (minutes of processor time):
//     WEFT_MODEL_OPERATIONS=10000000 meson test -C build-ci/gcc-address model --timeout-multiplier 20
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "model_run.hpp"
#include "support.hpp"
#include "tools.hpp"

namespace {

using test::action;
using test::program;

/// What the process that runs the programs tells the one that started it.
struct report {
    std::uint64_t seed;
    long programs;
    test::tally counts;
    char fault[1000];
};
report* shared = nullptr;

[[noreturn]] void ring(const std::string& fault) {
    std::strncpy(shared->fault, fault.c_str(), sizeof shared->fault - 1);
    _exit(1);
}

void run(const program& p, bool traces) {
    const auto with = [&]<class T>(T*) {
        test::machine<T> m(p, shared->counts, ring, traces);
        m.run(p);
    };
    switch (p.item) {
        case 0:
            return with(static_cast<test::moved_item<true>*>(nullptr));
        case 1:
            return with(static_cast<test::moved_item<false>*>(nullptr));
        default:
            return with(static_cast<test::trivial_item*>(nullptr));
    }
}

/// Runs f in a process of its own, which may die or hang.
template <class F>
int apart(F&& f) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        f();
        std::exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

bool fails(const program& p) {
    return apart([&] {
               if (!std::freopen("/dev/null", "w", stderr) || !std::freopen("/dev/null", "w", stdout))
                   _exit(0);
               alarm(5);
               run(p, false);
               _exit(0);
           }) != 0;
}

using position = std::pair<std::vector<action>*, std::size_t>;
void add_positions(std::vector<action>& actions, std::vector<position>& all) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
        all.emplace_back(&actions, i);
        add_positions(actions[i].clauses, all);
        add_positions(actions[i].body, all);
    }
}

/// The program without all that is not needed to make it fail.
program shrunk(program p) {
    const auto try_all = [&](auto change) {
        bool any = false;
        for (std::size_t n = 0;;) {
            program smaller = p;
            std::vector<position> all;
            for (auto& fiber : smaller.fibers) add_positions(fiber, all);
            if (n >= all.size()) return any;
            if (change(*all[n].first, all[n].second) && fails(smaller)) {
                p = smaller;
                any = true;
            } else {
                ++n;
            }
        }
    };
    const auto leave_out = [](std::vector<action>& actions, std::size_t i) {
        actions.erase(actions.begin() + static_cast<std::ptrdiff_t>(i));
        return true;
    };
    const auto do_once = [](std::vector<action>& actions, std::size_t i) {
        return std::exchange(actions[i].number, 1) > 1;
    };
    while (try_all(leave_out) || try_all(do_once)) {
    }
    return p;
}

long from_environment(const char* name, long otherwise) {
    const char* text = std::getenv(name);
    return text ? std::atol(text) : otherwise;
}

/// Every operation came to everything it can come to.
void check_variety(const test::tally& counts) {
    using namespace model;
    const std::vector<result> sent{done, gone, cancelled, timed_out, stuck, misused},
        received{done, ended, failed, cut_short, cancelled, timed_out, stuck, misused},
        slept{done, cancelled, timed_out};
    const std::vector<std::pair<verb, std::vector<result>>> all{
        {model::send, sent},
        {offer, {done, no}},
        {try_send, {done, no, gone, misused}},
        {receive, received},
        {try_receive, {done, no, ended, failed, cut_short}},
        {step, received},
        {model::select, received},
        {model::select, sent},
        {model::sleep, slept},
        {yield, slept},
        {join, {done, stuck}}};
    for (const auto& [does, results] : all)
        for (const result r : results) {
            const std::string what = std::string(name_of(does)) + " came to " + name_of(r);
            CHECK_MESSAGE(counts.seen[does][r] > 0, what);
        }
    CHECK(counts.lent > 0);
    CHECK(counts.paused > 0);
}

}  // namespace

TEST_CASE("Random programs do on weft what the models say") {
    void* memory = mmap(nullptr, sizeof(report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    shared = new (memory) report();
    const long only = from_environment("WEFT_MODEL_SEED", 0);
    const long first = only ? only : from_environment("WEFT_MODEL_FROM", 1);
    const long usual = test::valgrind() ? 20'000 : test::watched() ? 700'000 : 5'000'000;
    const long operations = only ? 1 : from_environment("WEFT_MODEL_OPERATIONS", usual);

    const int status = apart([&] {
        for (long seed = first; shared->counts.operations < operations; ++seed) {
            alarm(30);
            shared->seed = static_cast<std::uint64_t>(seed);
            const program p = test::author(shared->seed).write();
            if (only) std::fprintf(stderr, "%s\n", text_of(p).c_str());
            run(p, only != 0);
            ++shared->programs;
        }
    });
    std::printf("%ld operations in %ld programs from %ld on\n", shared->counts.operations, shared->programs,
                first);
    CHECK(status == 0);
    if (status != 0) {
        const std::string fault = *shared->fault ? shared->fault : "status " + std::to_string(status);
        std::printf("WEFT_MODEL_SEED=%ld: %s\n", static_cast<long>(shared->seed), fault.c_str());
        const program p = test::author(shared->seed).write();
        if (fails(p)) {
            const program small = shrunk(p);
            *shared->fault = 0;
            std::printf("the same, shrunk: %s\n", text_of(small).c_str());
            apart([&] {
                alarm(5);
                run(small, true);
            });
            std::printf("%s\n", shared->fault);
        }
    }
    if (status == 0 && operations >= 100'000) check_variety(shared->counts);
    munmap(memory, sizeof(report));
}
