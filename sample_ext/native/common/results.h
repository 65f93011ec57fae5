// New numpy arrays for what kernels compute. Their elements are not initialised.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>

namespace sample_ext {

namespace nb = nanobind;

using NewVector = nb::ndarray<nb::numpy, float, nb::ndim<1>, nb::c_contig>;
using NewMatrix = nb::ndarray<nb::numpy, float, nb::ndim<2>, nb::c_contig>;
using NewCounts = nb::ndarray<nb::numpy, std::uint64_t, nb::ndim<1>, nb::c_contig>;

NewVector new_vector(std::size_t length);
NewMatrix new_matrix(std::size_t rows, std::size_t columns);
NewCounts new_counts(std::size_t length);

}  // namespace sample_ext
