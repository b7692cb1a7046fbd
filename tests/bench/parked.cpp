// SPDX-License-Identifier: BSL-1.0
// A hundred thousand and a million fibers parked at once: what each takes in memory, what it takes to spawn it
// and run it to its wait, and what to wake it and see it end.
//
// Every round is a process of its own, so that it begins without memory of the last.
#include <weft/weft.hpp>

#include "bench.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace {

struct figures {
    double memory, page_tables, create, wake;  // for each fiber: bytes, bytes, ns, ns
    double mappings;  // of the process, more than before
};

// A line of /proc/self/status or /proc/meminfo, in bytes.
double bytes_of(const char* file, const std::string& what) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        if (line.compare(0, what.size() + 1, what + ":") == 0)
            return 1024 * std::strtod(line.c_str() + what.size() + 1, nullptr);
    return 0;
}

double mappings() {
    std::ifstream in("/proc/self/maps");
    double count = 0;
    for (std::string line; std::getline(in, line);) ++count;
    return count;
}

// `spawn(fibers, c)` spawns one fiber that will wait until the stream ends.
template <class Spawn>
figures measure(int count, Spawn spawn) {
    weft::channel<int> c;
    weft::scope fibers;
    spawn(fibers, c);
    weft::yield();  // the scheduler is there
    figures f{};
    const double memory = bytes_of("/proc/self/status", "VmRSS");
    const double tables = bytes_of("/proc/self/status", "VmPTE");
    const double maps = mappings();
    double start = bench::seconds();
    for (int i = 0; i < count; ++i) spawn(fibers, c);
    weft::yield();
    f.create = (bench::seconds() - start) * 1e9 / count;
    f.memory = (bytes_of("/proc/self/status", "VmRSS") - memory) / count;
    f.page_tables = (bytes_of("/proc/self/status", "VmPTE") - tables) / count;
    f.mappings = mappings() - maps;
    start = bench::seconds();
    c.sender.close();
    fibers.join();
    f.wake = (bench::seconds() - start) * 1e9 / count;
    return f;
}

figures in_a_loop(int count) {
    return measure(count, [](weft::scope& fibers, weft::channel<int>& c) {
        fibers.spawn([in = c.receiver.clone()] {
            for (int n : in) bench::keep(n);
        });
    });
}

figures in_receive(int count) {
    return measure(count, [](weft::scope& fibers, weft::channel<int>& c) {
        fibers.spawn([&in = c.receiver] { (void)in.receive(); });
    });
}

bool in_a_child(figures (*run)(int), int count, figures& f) {
    int ends[2];
    if (pipe(ends) != 0) return false;
    const pid_t child = fork();
    if (child == 0) {
        f = run(count);
        _exit(write(ends[1], &f, sizeof f) == sizeof f ? 0 : 1);
    }
    close(ends[1]);
    const bool whole = child > 0 && read(ends[0], &f, sizeof f) == sizeof f;
    close(ends[0]);
    return child > 0 && waitpid(child, nullptr, 0) == child && whole;
}

int print(const char* name, figures (*run)(int), int count) {
    const double needed = 5000.0 * count;
    if (bytes_of("/proc/meminfo", "MemAvailable") < 1.2 * needed) {
        std::printf("%-24s %9d  left out: it needs %.1f GB of memory\n", name, count, needed / 1e9);
        return 0;
    }
    std::vector<double> memory, tables, create, wake, maps, bare;
    for (int i = 0; i < 7; ++i) {
        figures f{};
        bare.push_back(bench::bare_round_trip());
        if (!in_a_child(run, count, f)) {
            std::printf("%-24s %9d  failed\n", name, count);
            return 1;
        }
        memory.push_back(f.memory);
        tables.push_back(f.page_tables);
        create.push_back(f.create);
        wake.push_back(f.wake);
        maps.push_back(f.mappings);
    }
    const double R = bench::median(bare), ns = bench::median(create) + bench::median(wake);
    std::printf("%-24s %9d %6.2f KiB %5.0f B %7.2f us %7.2f us %7.2f us %6.0f R %8.0f\n", name, count,
                bench::median(memory) / 1024, bench::median(tables), bench::median(create) / 1000,
                bench::median(wake) / 1000, ns / 1000, ns / R, bench::median(maps));
    return 0;
}

}  // namespace

// parked [COUNT...]
int main(int argc, char** argv) {
    std::vector<int> counts;
    for (int i = 1; i < argc; ++i) counts.push_back(std::atoi(argv[i]));
    if (counts.empty()) counts = {100'000, 1'000'000};
    std::printf("%-24s %9s %10s %7s %10s %10s %10s %8s %8s\n", "waiting", "fibers", "memory", "tables",
                "create", "wake, end", "both", "both", "mappings");
    std::fflush(stdout);
    int failed = 0;
    for (const int count : counts) {
        failed |= print("in a loop over a clone", in_a_loop, count);
        failed |= print("in receive()", in_receive, count);
        std::fflush(stdout);
    }
    return failed;
}
