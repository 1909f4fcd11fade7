#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/read_state_client.hpp"
#include "tests/wire/test_server.hpp"

namespace tidemark::test {

// A connection whose replies are looked at as they are on the wire, in either version of the
// protocol.
class Talk {
 public:
  Talk(int port, int resp) : connection_(port), resp_(resp) {
    if (resp == 3) {
      connection_.write("HELLO 3\r\n");
      read_to("modules\r\n*0\r\n");
    }
  }

  int resp() const { return resp_; }
  Connection& connection() { return connection_; }
  void send(const std::string& line) { connection_.write(request(words(line))); }
  // So many bytes as there should be, so that a wrong reply is shown and not waited for.
  std::string receive(size_t bytes) { return connection_.read(bytes); }
  // Up to and with the text.
  std::string read_to(const std::string& end) {
    std::string text;
    while (!text.ends_with(end)) {
      const std::string byte = connection_.read(1);
      if (byte.empty()) break;
      text += byte;
    }
    return text;
  }
  // A command, in words, and its reply.
  void expect(const std::string& line, const std::string& reply) {
    CAPTURE(line);
    send(line);
    CHECK(receive(reply.size()) == reply);
  }
  // In RESP2 and in RESP3.
  void expect(const std::string& line, const std::string& two, const std::string& three) {
    expect(line, resp_ == 2 ? two : three);
  }
  void queue(std::initializer_list<const char*> lines) {
    expect("MULTI", "+OK\r\n");
    for (const char* const line : lines) expect(line, "+QUEUED\r\n");
  }

 private:
  Connection connection_;
  const int resp_;
};

}  // namespace tidemark::test
