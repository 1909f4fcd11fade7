#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"

namespace tidemark::bench {

// Something about the server or the command line that ends the run; its text is for people.
class BenchError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Reach : uint8_t { loopback_only, anywhere };

// Where the server listens, and how to greet it.
struct Endpoint {
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string unix_path;  // where not empty, used instead of host and port
  std::string user;
  std::string password;  // empty: no AUTH
  int database = 0;
  int resp = 2;  // 2 or 3
  Reach reach = Reach::loopback_only;
};

// A socket that closes itself.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&&) = delete;
  ~Socket();
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Connects, authenticates and selects, blocking for at most 10 seconds a step; the socket returned
// is non-blocking. Throws BenchError, also where the address is not a
// loopback one and the endpoint does not allow others.
Socket connect_to(const Endpoint& endpoint);

// Appends the request as an array of bulk strings.
void append_request(std::string& out, const std::vector<Bytes>& words);

}  // namespace tidemark::bench
