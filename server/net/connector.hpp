#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "storage/base/bytes.hpp"

namespace tidemark::server {

class Loop;

// Makes a connection to another server without holding up the loop: looks the name up, where it is
// one, on a thread of libuv's, and connects to the first of its addresses. Used on the loop's
// thread alone. Destroying it gives the attempt up.
class Connector {
 public:
  enum class Failure : uint8_t { none, unknown_host, refused };
  // `fd` is the caller's from then on; -1 where there is a failure. Called once, and not before the
  // constructor has returned. May destroy the connector.
  using Done = std::function<void(int fd, Failure failure)>;

  Connector(Loop& loop, const std::string& host, const std::string& port, Done done);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  struct Attempt;
  Attempt* attempt_;  // freed when libuv is done with it
};

}  // namespace tidemark::server
