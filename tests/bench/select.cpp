// SPDX-License-Identifier: BSL-1.0
// One item by a select over 2 and 8 streams: from producers that wait already, one for each stream; from one
// producer that sends into the streams in turn, so that the select waits for each; and from full buffers.
#include <weft/weft.hpp>

#include "bench.hpp"

#include <array>

namespace {

constexpr int items = 1'000'000;

template <std::size_t N>
using streams = std::array<weft::channel<int>, N>;

template <std::size_t... I>
auto make(std::size_t capacity, std::index_sequence<I...>) {
    return streams<sizeof...(I)>{((void)I, weft::channel<int>(capacity))...};
}

// All that comes, in plain code.
template <std::size_t N, std::size_t... I>
long sum_of(streams<N>& c, std::index_sequence<I...>) {
    long sum = 0;
    const auto add = [&sum](int n) { sum += n; };
    while (weft::select(weft::on(c[I].receiver, add)...) != std::size_t(-1)) {
    }
    return sum;
}

template <std::size_t N>
void receive_from(streams<N>& c) {
    long sum = sum_of(c, std::make_index_sequence<N>());
    bench::keep(sum);
}

template <std::size_t N>
double a_producer_each(std::size_t capacity) {
    auto c = make(capacity, std::make_index_sequence<N>());
    return bench::each(items, [&c] {
        weft::scope fibers;
        for (auto& one : c)
            fibers.spawn([send = std::move(one.sender)] {
                for (int i = 0; i < items / static_cast<int>(N); ++i) send(int(i));
            });
        receive_from(c);
    });
}

template <std::size_t N>
double one_for_all() {
    auto c = make(0, std::make_index_sequence<N>());
    return bench::each(items, [&c] {
        weft::scope fibers;
        fibers.spawn([&c] {
            for (int i = 0; i < items; ++i) c[static_cast<std::size_t>(i) % N].sender(int(i));
            for (auto& one : c) one.sender.close();
        });
        receive_from(c);
    });
}

}  // namespace

int main() {
    return bench::print(
        {{"2 ready", [] { return a_producer_each<2>(0); }, "must 3 R, aim 2 R"},
         {"8 ready", [] { return a_producer_each<8>(0); }},
         {"2 blocking", one_for_all<2>},
         {"8 blocking", one_for_all<8>, "must 8 R, aim 4 R"},
         {"2 ready, capacity 128", [] { return a_producer_each<2>(128); }, "must 3 R, aim 2 R"},
         {"8 ready, capacity 128", [] { return a_producer_each<8>(128); }}});
}
