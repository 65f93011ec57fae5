# Add the variant's flags in the spelling of each compiler. The backend writes the flags to
# WHEELNEXT_VARIANT_FILE (wheelnext_build/variants/known_properties.py has the table):
#
#   _WHEELNEXT_CPU_FLAGS_<dialect>   gnu, gnu-legacy, clang-cl, msvc
#   _WHEELNEXT_FLAGS_<LANGUAGE>      flags from pyproject.toml for a language
#   _WHEELNEXT_LINK_FLAGS, _WHEELNEXT_CUDA_ARCHITECTURES, _WHEELNEXT_HIP_ARCHITECTURES,
#   _WHEELNEXT_NEEDS_HIP, _WHEELNEXT_ROCM_VERSIONS, _WHEELNEXT_FLAGS_SCOPE

# Set `result` to the dialect in which the compiler of a language spells CPU flags; empty if unknown.
function(_wheelnext_dialect language result)
  set(id "${CMAKE_${language}_COMPILER_ID}")
  set(version "${CMAKE_${language}_COMPILER_VERSION}")
  set(frontend "${CMAKE_${language}_COMPILER_FRONTEND_VARIANT}")
  if(language MATCHES "^(CUDA|HIP)$" AND id STREQUAL "NVIDIA")
    # nvcc passes these flags to its host compiler: the C++ compiler, if the language is enabled.
    if(CMAKE_CXX_COMPILER_ID)
      _wheelnext_dialect(CXX dialect)
      set(${result} "${dialect}" PARENT_SCOPE)
      return()
    endif()
    set(id "")
  endif()
  if(id STREQUAL "")
    # The language is not enabled yet.
    if(MSVC)
      set(dialect "msvc")
    else()
      set(dialect "gnu")
    endif()
  elseif(id STREQUAL "MSVC")
    set(dialect "msvc")
  elseif(id MATCHES "^(Clang|IntelLLVM)$" AND frontend STREQUAL "MSVC")
    set(dialect "clang-cl")
  elseif((id STREQUAL "GNU" AND version VERSION_LESS 11)
         OR (id STREQUAL "Clang" AND version VERSION_LESS 12)
         OR (id STREQUAL "AppleClang" AND version VERSION_LESS 13))
    set(dialect "gnu-legacy")
  elseif(id MATCHES "^(GNU|Clang|AppleClang|IntelLLVM|LLVMFlang)$")
    set(dialect "gnu")
  else()
    set(dialect "")
  endif()
  set(${result} "${dialect}" PARENT_SCOPE)
endfunction()

# Set `result` to all compile options of the variant, each in a generator expression for its language.
function(_wheelnext_compile_options result)
  set(options "")
  get_property(enabled GLOBAL PROPERTY ENABLED_LANGUAGES)
  foreach(language IN ITEMS C CXX OBJC OBJCXX Fortran CUDA HIP)
    if(_WHEELNEXT_HAS_CPU_FLAGS)
      _wheelnext_dialect(${language} dialect)
      if(dialect STREQUAL "" AND language IN_LIST enabled)
        message(FATAL_ERROR
                "wheelnext-build does not know the flags with which ${CMAKE_${language}_COMPILER_ID} "
                "(${CMAKE_${language}_COMPILER}) compiles for "
                "${WHEELNEXT_VARIANT_PROPERTIES}; use GCC, Clang or MSVC")
      endif()
      foreach(flag IN LISTS _WHEELNEXT_CPU_FLAGS_${dialect})
        if(language STREQUAL "CUDA" AND NOT CMAKE_CUDA_COMPILER_ID STREQUAL "Clang")
          set(flag "-Xcompiler=${flag}")
        elseif(language STREQUAL "HIP" AND CMAKE_HIP_COMPILER_ID STREQUAL "NVIDIA")
          set(flag "-Xcompiler=${flag}")
        elseif(language STREQUAL "HIP")
          # Clang compiles a file once for each GPU and once for the CPU; these flags are for the CPU.
          set(flag "SHELL:-Xarch_host ${flag}")
        endif()
        list(APPEND options "$<$<COMPILE_LANGUAGE:${language}>:${flag}>")
      endforeach()
    endif()
    foreach(flag IN LISTS _WHEELNEXT_FLAGS_${language})
      list(APPEND options "$<$<COMPILE_LANGUAGE:${language}>:${flag}>")
    endforeach()
  endforeach()
  set(${result} "${options}" PARENT_SCOPE)
endfunction()

# Record in the cache that the variant's flags are in use. The backend reads this after the build; it is
# an error if no target has the flags. A flag is in use if its language is enabled. A variant with GPU
# code needs CUDA or HIP, even if its flags for other languages are in use.
function(_wheelnext_record_applied)
  get_property(enabled GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(reached FALSE)
  if(_WHEELNEXT_LINK_FLAGS OR _WHEELNEXT_CUDA_ARCHITECTURES OR _WHEELNEXT_NEEDS_HIP)
    set(reached TRUE)
  endif()
  foreach(language IN ITEMS C CXX OBJC OBJCXX Fortran CUDA HIP)
    if(language IN_LIST enabled AND (_WHEELNEXT_HAS_CPU_FLAGS OR _WHEELNEXT_FLAGS_${language}))
      set(reached TRUE)
    endif()
  endforeach()
  if((_WHEELNEXT_CUDA_ARCHITECTURES AND NOT "CUDA" IN_LIST enabled)
     OR (_WHEELNEXT_NEEDS_HIP AND NOT "HIP" IN_LIST enabled))
    set(reached FALSE)
  endif()
  _wheelnext_check_rocm()
  if(reached)
    set(WHEELNEXT_APPLIED "${WHEELNEXT_VARIANT_LABEL}" CACHE INTERNAL
        "variant whose flags are in use")
  endif()
endfunction()

# Check that the HIP compiler belongs to a ROCm version that amd :: rocm_version allows. ROCm has its
# version in a file; without the file, or without HIP, nothing is checked.
function(_wheelnext_check_rocm)
  set(file "${CMAKE_HIP_COMPILER_ROCM_ROOT}/.info/version")
  if(NOT _WHEELNEXT_ROCM_VERSIONS OR NOT CMAKE_HIP_COMPILER_ROCM_ROOT OR NOT EXISTS "${file}")
    return()
  endif()
  file(STRINGS "${file}" version LIMIT_COUNT 1)
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" version "${version}")
  if(version AND NOT version IN_LIST _WHEELNEXT_ROCM_VERSIONS)
    list(JOIN _WHEELNEXT_ROCM_VERSIONS " or " wanted)
    message(FATAL_ERROR
            "variant ${WHEELNEXT_VARIANT_LABEL} is for ROCm ${wanted}, but the HIP compiler is of ROCm "
            "${version} (${CMAKE_HIP_COMPILER_ROCM_ROOT}); choose one with ROCM_PATH, or with "
            "CMAKE_HIP_COMPILER_ROCM_ROOT and CMAKE_HIP_COMPILER")
  endif()
endfunction()
