// SPDX-License-Identifier: BSL-1.0
// What the sanitizers are to say, and not to say, of fibers.
//   faults WAY
#include <weft/weft.hpp>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// The only pointers to this memory lie on the stacks of parked fibers and in their records.
void parked_at_exit() {
    auto* c = new weft::channel<int>;
    auto* fibers = new weft::scope;
    for (int i = 0; i < 20; ++i)
        fibers->spawn([c, record = std::make_unique<int>(i)] {
            std::vector<std::string> frame(10, std::string(100, 'x'));
            (void)c->receiver.receive();
            if (frame.size() != 10) std::abort();
        });
    weft::yield();
    c = nullptr;
    fibers = nullptr;
    std::exit(0);
}

// Exceptions that unwind deep stacks, with other fibers' switches in between.
[[gnu::noinline]] void deep(int depth) {
    char frame[300];
    asm volatile("" : : "r"(frame) : "memory");
    if (depth == 0) throw std::runtime_error("deep");
    if (depth % 7 == 0) weft::yield();
    deep(depth - 1);
    asm volatile("" : : "r"(frame) : "memory");
}

void throwing() {
    weft::scope fibers;
    int caught = 0;
    for (int f = 0; f < 10; ++f)
        fibers.spawn([&] {
            for (int i = 0; i < 30; ++i) {
                try {
                    deep(40);
                } catch (const std::runtime_error&) {
                    ++caught;
                }
            }
        });
    fibers.join();
    std::exit(caught == 300 ? 0 : 1);
}

[[gnu::noinline]] int read_of(volatile int* p) { return *p; }

void use_after_free() {
    weft::scope fibers;
    fibers.spawn([] {
        int* p = new int(1);
        int* volatile same = p;  // the compiler would see it, too
        weft::yield();
        delete p;
        weft::yield();
        std::exit(read_of(same) == 77 ? 78 : 79);
    });
    fibers.join();
}

void beyond_an_array() {
    weft::scope fibers;
    fibers.spawn([] {
        volatile int array[10] = {};
        weft::yield();
        volatile int index = 10;
        std::exit(read_of(array + index) == 77 ? 78 : 79);
    });
    fibers.join();
}

}  // namespace

int main(int, char** argv) {
    const std::string way = argv[1];
    if (way == "parked-at-exit") parked_at_exit();
    if (way == "throwing") throwing();
    if (way == "use-after-free") use_after_free();
    if (way == "beyond-an-array") beyond_an_array();
    return 70;
}
