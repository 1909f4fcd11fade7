# Linked PRIVATE by every target of ours, so that a dependency's headers are never judged by our rules.
add_library(project_warnings INTERFACE)
target_compile_options(project_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wimplicit-fallthrough -Wextra-semi
  # GCC 12 warns falsely of designated initializers that leave members to their defaults.
  -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
option(TIDEMARK_WERROR "Warnings are errors" OFF)
if(TIDEMARK_WERROR)
  target_compile_options(project_warnings INTERFACE -Werror)
endif()
