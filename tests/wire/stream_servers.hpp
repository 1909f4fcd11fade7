#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

namespace tidemark::test {

// Runs `check` against a server on one core and against one on four.
template <typename Check>
void on_one_core_and_four(Check&& check, const std::string& config = "store none\n") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = config});
    Connection client(server.port());
    check(client, server);
  }
}

// What one connection gets back for inline commands over RESP3, as bytes, without HELLO's reply.
inline std::string over_resp3(const TestServer& server, const std::vector<std::string>& lines) {
  Connection client(server.port());
  std::string sent = "HELLO 3\r\nPING\r\n";
  for (const std::string& line : lines) sent += line + "\r\n";
  client.write(sent + "QUIT\r\n");
  const std::string all = client.read_to_end();
  const size_t begin = all.find("+PONG\r\n") + 7;
  return all.substr(begin, all.size() - begin - std::string("+OK\r\n").size());
}

}  // namespace tidemark::test
