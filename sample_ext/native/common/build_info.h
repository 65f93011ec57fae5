// The variant's record as Python sees it.
#pragma once

#include <nanobind/nanobind.h>

namespace sample_ext {

// label (None in the plain wheel), properties, simd.
nanobind::dict build_record();

}  // namespace sample_ext
