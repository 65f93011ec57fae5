#include "common/build_info.h"

#include "kernels/variant_record.h"

namespace sample_ext {

namespace nb = nanobind;

nb::dict build_record() {
    nb::list properties;
    for (const char* const* property = variant_record.properties; *property; ++property) {
        properties.append(nb::str(*property));
    }
    nb::dict record;
    const bool plain = *variant_record.label == '\0';
    record["label"] = plain ? nb::object(nb::none()) : nb::object(nb::str(variant_record.label));
    record["properties"] = properties;
    record["simd"] = nb::str(variant_record.simd_path);
    return record;
}

}  // namespace sample_ext
