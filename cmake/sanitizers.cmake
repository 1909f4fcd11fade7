# TIDEMARK_SANITIZE names sanitizers as the compiler does: "address,undefined" or "thread".
set(TIDEMARK_SANITIZE "" CACHE STRING "Sanitizers to build everything with")
if(TIDEMARK_SANITIZE)
  add_compile_options(-fsanitize=${TIDEMARK_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TIDEMARK_SANITIZE})
endif()
if(TIDEMARK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
