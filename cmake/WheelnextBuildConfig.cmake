# find_package(WheelnextBuild) gives
#
#   wheelnext_target_variant(<target>...)   the variant's compile flags, link flags, CUDA and
#                                           HIP architectures, on these targets only
#   WHEELNEXT_VARIANT_LABEL                 x86_64_v3; empty in the plain build
#   WHEELNEXT_VARIANT_PROPERTIES            x86_64 :: level :: v3;...
#   WHEELNEXT_<NAMESPACE>_<FEATURE>         WHEELNEXT_X86_64_LEVEL is v3
#
# Without the wheelnext-build backend, and in its plain build, there is no variant: the label and the
# list are empty, the other variables are not set, and the function changes nothing.

include("${CMAKE_CURRENT_LIST_DIR}/WheelnextBuildFlags.cmake")

set(WHEELNEXT_VARIANT_LABEL "")
set(WHEELNEXT_VARIANT_PROPERTIES "")
if(WHEELNEXT_VARIANT_FILE)
  include("${WHEELNEXT_VARIANT_FILE}")
endif()

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
      message(FATAL_ERROR "wheelnext_target_variant: '${target}' compiles no source of its own; "
                          "name the targets whose sources are to be compiled for the variant")
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
