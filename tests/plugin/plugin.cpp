// SPDX-License-Identifier: BSL-1.0
// A plug-in that uses weft inside, behind a C interface.
#include <weft/weft.hpp>

namespace {

thread_local weft::channel<int> of_the_thread;  // destroyed when the thread ends

}  // namespace

/// The sum of the squares below `limit`, by a pipeline, an offloaded call and a post of another thread.
extern "C" __attribute__((visibility("default"))) long sum_of_squares(int limit) {
    weft::scope fibers;
    weft::channel<long> squares;
    fibers.spawn([send = std::move(squares.sender), limit] {
        for (long n = 0; n < limit; ++n) send(n * n);
    });
    fibers.spawn([] { (void)of_the_thread.receiver.receive(); });  // parked to the end
    weft::inbox<long> results;
    const auto add = [&, to = results.poster()] {
        long sum = 0;
        for (long n : squares.receiver) sum += n;
        weft::offload([&] { (void)to.post(sum); });
    };
    fibers.spawn(add);
    return *results.receive();
}

/// Lets the caller wait in a callback of its own, as a plug-in's host does.
extern "C" __attribute__((visibility("default"))) void for_each_below(int limit, void (*each)(int, void*),
                                                                      void* to) {
    weft::generator<int> numbers([limit](weft::sink<int> send) {
        for (int n = 0; n < limit; ++n) send(int(n));
    });
    for (int n : numbers) each(n, to);
}
