# Every library comes from the distribution; debian-packages.txt lists the packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(ROCKSDB REQUIRED IMPORTED_TARGET rocksdb)
pkg_check_modules(LZF REQUIRED IMPORTED_TARGET liblzf)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
# Lua compiled as C++: its errors are exceptions.
pkg_check_modules(LUA REQUIRED IMPORTED_TARGET lua5.1-c++)
find_package(fmt REQUIRED)

# `allocator` is jemalloc where the build has it. It is linked statically: the calls bind without
# the PLT and its thread-local data is reached directly.
add_library(allocator INTERFACE)
if(TIDEMARK_JEMALLOC)
  find_library(JEMALLOC_LIBRARY NAMES libjemalloc_pic.a REQUIRED)
  target_link_libraries(allocator INTERFACE ${JEMALLOC_LIBRARY} Threads::Threads ${CMAKE_DL_LIBS})
  target_compile_definitions(allocator INTERFACE TIDEMARK_JEMALLOC=1)
endif()
