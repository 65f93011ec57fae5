# flags-scope = "project": included at the end of every project() call (CMAKE_PROJECT_INCLUDE).
#
# The flags are directory options of the top folder, which all targets and sub-folders inherit. They come
# after CMAKE_<LANG>_FLAGS, so a project, a toolchain file or an environment that sets those variables
# cannot remove or override them. They come before a target's own options, so a file for run-time dispatch
# keeps its own -m flags. The projects of try_compile() include this file too, so that configure checks
# use the same flags as the sources.

if(WHEELNEXT_NEXT_PROJECT_INCLUDE)
  include("${WHEELNEXT_NEXT_PROJECT_INCLUDE}")
endif()

if(NOT _WHEELNEXT_IN_PROJECT AND WHEELNEXT_VARIANT_FILE)
  set(_WHEELNEXT_IN_PROJECT TRUE)
  include("${CMAKE_CURRENT_LIST_DIR}/WheelnextBuildFlags.cmake")
  include("${WHEELNEXT_VARIANT_FILE}")
  if(NOT WHEELNEXT_VARIANT_LABEL STREQUAL "")
    _wheelnext_compile_options(_wheelnext_options)
    add_compile_options(${_wheelnext_options})
    add_link_options(${_WHEELNEXT_LINK_FLAGS})
    unset(_wheelnext_options)
    list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES
         CMAKE_PROJECT_INCLUDE WHEELNEXT_VARIANT_FILE)
    # Deferred to the end, because a project may enable languages after project().
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _wheelnext_record_applied)
  endif()
endif()
