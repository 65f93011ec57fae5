// What callers pass, checked before any kernel sees it.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>

namespace sample_ext {

namespace nb = nanobind;

using FloatVector = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using FloatMatrix = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using ByteVector = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// The argument `name` as a dense array: the caller's own memory, or a copy where it has gaps or
// another order. Element types are never converted: who passes float64 would lose precision unseen.
//
// Raises TypeError for what is no array or has other elements, ValueError for other dimensions.
FloatVector float_vector(nb::handle object, const char* name);
FloatMatrix float_matrix(nb::handle object, const char* name);
ByteVector byte_vector(nb::handle object, const char* name);

// Raise ValueError where the shapes do not go together.
void require_same_length(const FloatVector& x, const FloatVector& y);
void require_product(const FloatMatrix& a, const FloatMatrix& b);

}  // namespace sample_ext
