#[[.md:
## `find_package(WheelnextBuild)`

Succeeds in every build by this backend without any preparation. In a build by CMake alone, set
`WheelnextBuild_ROOT` to the folder of this package's modules. There, and in the plain build, there is no
variant: the function changes nothing, label and list are empty, and the other variables are not set.

```cmake
find_package(WheelnextBuild REQUIRED)
```
]]

include("${CMAKE_CURRENT_LIST_DIR}/WheelnextBuildFlags.cmake")

#[[.md:
## `WHEELNEXT_VARIANT_LABEL`

The variant's label, `x86_64_v3`; empty in the plain build.
]]
set(WHEELNEXT_VARIANT_LABEL "")

#[[.md:
## `WHEELNEXT_VARIANT_PROPERTIES`

A list of the variant's properties, each as `namespace :: feature :: value`.
]]
set(WHEELNEXT_VARIANT_PROPERTIES "")

#[[.md:
## `WHEELNEXT_<NAMESPACE>_<FEATURE>`

A list of the values of one feature: `WHEELNEXT_NVIDIA_SM_ARCH` is `80_real`. Set if the variant has that
feature.

```cmake
if(WHEELNEXT_NVIDIA_SM_ARCH)
  enable_language(CUDA)
endif()
```
]]
if(WHEELNEXT_VARIANT_FILE)
  include("${WHEELNEXT_VARIANT_FILE}")
endif()

#[[.md:
## `wheelnext_target_variant`

```cmake
wheelnext_target_variant(kernels more_kernels)
```

Compiles and links the targets with the variant's flags and its CUDA and HIP architectures, after the options that
they have already. An alias stands for its target. It is an error if a target does not exist yet or has no sources
of its own (`INTERFACE`, `IMPORTED` and custom targets).

In the scope `project` all targets have the flags, and the call adds nothing.
]]
function(wheelnext_target_variant)
  if(NOT ARGN)
    message(FATAL_ERROR "wheelnext_target_variant: name at least one target")
  endif()
  foreach(target IN LISTS ARGN)
    if(NOT TARGET "${target}")
      message(FATAL_ERROR "wheelnext_target_variant: there is no target '${target}' yet; call it "
                          "after add_library, add_executable or the like")
    endif()
    get_target_property(type "${target}" TYPE)
    get_target_property(imported "${target}" IMPORTED)
    if(type STREQUAL "INTERFACE_LIBRARY" OR type STREQUAL "UTILITY" OR imported)
      message(FATAL_ERROR "wheelnext_target_variant: '${target}' has no sources of its own; "
                          "name the targets with the sources to compile for the variant")
    endif()
  endforeach()
  if(WHEELNEXT_VARIANT_LABEL STREQUAL "")
    return()
  endif()
  # In the scope "project" all targets have the flags already.
  if(_WHEELNEXT_FLAGS_SCOPE STREQUAL "targets")
    _wheelnext_compile_options(options)
    foreach(target IN LISTS ARGN)
      get_target_property(aliased "${target}" ALIASED_TARGET)
      if(aliased)
        set(target "${aliased}")
      endif()
      target_compile_options("${target}" PRIVATE ${options})
      target_link_options("${target}" PRIVATE ${_WHEELNEXT_LINK_FLAGS})
      if(_WHEELNEXT_CUDA_ARCHITECTURES)
        set_property(TARGET "${target}" PROPERTY
                     CUDA_ARCHITECTURES "${_WHEELNEXT_CUDA_ARCHITECTURES}")
      endif()
      if(_WHEELNEXT_HIP_ARCHITECTURES)
        set_property(TARGET "${target}" PROPERTY HIP_ARCHITECTURES "${_WHEELNEXT_HIP_ARCHITECTURES}")
      endif()
    endforeach()
  endif()
  _wheelnext_record_applied()
endfunction()
