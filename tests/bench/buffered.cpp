// SPDX-License-Identifier: BSL-1.0
// One item through a stream with a capacity, by a loop and by receive().
#include "buffered.hpp"

int main() {
    std::vector<bench::row> rows;
    for (const int n : {1, 16, 128, 4096}) {
        const std::string by = ", capacity " + std::to_string(n);
        const char* asked = n == 128 ? "must 0.4 R, aim 0.25 R" : "";
        rows.push_back(
            {"fiber to fiber" + by, [n] { return buffered::to_a_fiber<buffered::loop>(n); }, asked});
        rows.push_back(
            {"fiber to plain code" + by, [n] { return buffered::to_plain_code<buffered::loop>(n); }, asked});
        rows.push_back({"  the same by receive()",
                        [n] { return buffered::to_plain_code<buffered::receive>(n); }, asked});
        rows.push_back({"  fiber to fiber by receive()",
                        [n] { return buffered::to_a_fiber<buffered::receive>(n); }, asked});
    }
    return bench::print(std::move(rows));
}
