#pragma once

#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

namespace tidemark::test {

// Calls check(client, server) with a server on one core and with one on four.
template <typename Check>
void on_one_core_and_four(Check&& check, const std::string& config = "store none\n") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = config});
    Connection client(server.port());
    check(client, server);
  }
}

// Calls test(server, resp) for one core and for four, in RESP2 and in RESP3.
template <typename Test>
void everywhere_in_both(Test&& test, const std::string& config = "store none\n") {
  for (const int cores : {1, 4}) {
    for (const int resp : {2, 3}) {
      CAPTURE(cores);
      CAPTURE(resp);
      TestServer server({.cores = cores, .config = config});
      test(server, resp);
    }
  }
}

}  // namespace tidemark::test
