#include "common/results.h"

#include <memory>

namespace sample_ext {
namespace {

// Memory for `count` elements, and the object by which the array frees it.
template <typename T>
nb::capsule allocate(std::size_t count) {
    std::unique_ptr<T[]> memory(new T[count]);
    nb::capsule owner(memory.get(), [](void* data) noexcept { delete[] static_cast<T*>(data); });
    memory.release();
    return owner;
}

}  // namespace

NewVector new_vector(std::size_t length) {
    nb::capsule owner = allocate<float>(length);
    return NewVector(owner.data(), {length}, owner);
}

NewMatrix new_matrix(std::size_t rows, std::size_t columns) {
    nb::capsule owner = allocate<float>(rows * columns);
    return NewMatrix(owner.data(), {rows, columns}, owner);
}

NewCounts new_counts(std::size_t length) {
    nb::capsule owner = allocate<std::uint64_t>(length);
    return NewCounts(owner.data(), {length}, owner);
}

}  // namespace sample_ext
