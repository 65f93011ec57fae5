// Which variant this is. It is data that is linked in, so that the files that read it need not be
// compiled for each variant.
#pragma once

namespace sample_ext {

struct VariantRecord {
    const char* label;              // empty in the plain wheel
    const char* const* properties;  // "namespace :: feature :: value", a null pointer at the end
    const char* simd_path;          // "avx512", "avx2" or "scalar": which code the kernels chose
};

extern const VariantRecord variant_record;

}  // namespace sample_ext
