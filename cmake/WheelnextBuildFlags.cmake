# The flags of the variant in the spelling of the compilers in use. What the flags are is written by
# the backend into WHEELNEXT_VARIANT_FILE (wheelnext_build/variants/known_properties.py has the table):
#
#   _WHEELNEXT_CPU_FLAGS_<dialect>   gnu, gnu-legacy, clang-cl, msvc
#   _WHEELNEXT_FLAGS_<LANGUAGE>      what pyproject.toml adds for a language
#   _WHEELNEXT_LINK_FLAGS, _WHEELNEXT_CUDA_ARCHITECTURES, _WHEELNEXT_HIP_ARCHITECTURES,
#   _WHEELNEXT_NEEDS_HIP, _WHEELNEXT_ROCM_VERSIONS, _WHEELNEXT_FLAGS_SCOPE

# How the compiler of a language spells CPU flags; empty where that is not known.
function(_wheelnext_dialect language result)
  set(id "${CMAKE_${language}_COMPILER_ID}")
  set(version "${CMAKE_${language}_COMPILER_VERSION}")
  set(frontend "${CMAKE_${language}_COMPILER_FRONTEND_VARIANT}")
  if(language MATCHES "^(CUDA|HIP)$" AND id STREQUAL "NVIDIA")
    # nvcc hands these flags to its host compiler, which is the C++ compiler where there is one.
    if(CMAKE_CXX_COMPILER_ID)
      _wheelnext_dialect(CXX dialect)
      set(${result} "${dialect}" PARENT_SCOPE)
      return()
    endif()
    set(id "")
  endif()
  if(id STREQUAL "")
    # A language that is enabled later than now.
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

# All compile options of the variant, each behind a generator expression for its language.
function(_wheelnext_compile_options result)
  set(options "")
  get_property(enabled GLOBAL PROPERTY ENABLED_LANGUAGES)
  foreach(language IN ITEMS C CXX OBJC OBJCXX Fortran CUDA HIP)
    if(_WHEELNEXT_HAS_CPU_FLAGS)
      _wheelnext_dialect(${language} dialect)
      if(dialect STREQUAL "" AND language IN_LIST enabled)
        message(FATAL_ERROR
                "wheelnext-build does not know how ${CMAKE_${language}_COMPILER_ID} "
                "(${CMAKE_${language}_COMPILER}) is told to compile for "
                "${WHEELNEXT_VARIANT_PROPERTIES}; use GCC, Clang or MSVC")
      endif()
      foreach(flag IN LISTS _WHEELNEXT_CPU_FLAGS_${dialect})
        if(language STREQUAL "CUDA" AND NOT CMAKE_CUDA_COMPILER_ID STREQUAL "Clang")
          set(flag "-Xcompiler=${flag}")
        elseif(language STREQUAL "HIP" AND CMAKE_HIP_COMPILER_ID STREQUAL "NVIDIA")
          set(flag "-Xcompiler=${flag}")
        elseif(language STREQUAL "HIP")
          # Clang compiles a file once for each GPU and once for the processor that these are of.
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

# The backend reads this after the build: a variant whose flags went nowhere is an error. They went
# somewhere when a language that they are for is enabled; GPU code needs CUDA or HIP, whatever else
# there is.
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

# amd :: rocm_version promises to fit systems with that ROCm: the HIP compiler must be of it. ROCm
# tells its version in a file; where there is none, or HIP is not in use, nothing is known.
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
