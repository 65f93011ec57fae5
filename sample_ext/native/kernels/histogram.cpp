#include <cstring>

#include "kernels/kernels.h"

namespace sample_ext::kernels {

// No vector code: scattered increments gain nothing from it. What costs time is that the count of a
// byte that follows its like must wait for the store before; with a table for each of four
// neighbours it need not. A level changes only what the compiler makes of the shifts.
void histogram(const std::uint8_t* bytes, std::size_t n, std::uint64_t counts[256]) noexcept {
    std::uint64_t tables[4][256] = {};
    std::size_t i = 0;
    for (; i + sizeof(std::uint64_t) <= n; i += sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, bytes + i, sizeof(word));
        for (unsigned j = 0; j < sizeof(word); ++j) {
            ++tables[j % 4][(word >> (8 * j)) & 0xff];
        }
    }
    for (; i < n; ++i) {
        ++tables[0][bytes[i]];
    }
    for (std::size_t value = 0; value < 256; ++value) {
        counts[value] = tables[0][value] + tables[1][value] + tables[2][value] + tables[3][value];
    }
}

}  // namespace sample_ext::kernels
