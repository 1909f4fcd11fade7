#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct redisContext;

namespace tidemark::test {

// A client's side of one connection, through hiredis for commands and plain for bytes. Every wait
// has a limit of some seconds, after which the test fails.
class Connection {
 public:
  explicit Connection(int port);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends one command and returns its reply in redis-cli's manner, on one line: OK, "bulk",
  // (integer) as 1, (nil), [a, b], and an error as it came with '!' before it.
  std::string run(std::initializer_list<std::string_view> command);
  std::string run(const std::vector<std::string>& command);
  // The two halves of run(), for pipelines.
  void send(const std::vector<std::string>& command);
  std::string receive();
  // As send(), but the command leaves at once: for one whose reply depends on others.
  void begin(const std::vector<std::string>& command);

  // Bytes as they are. Not to be mixed with replies that are still expected by the above.
  void write(std::string_view bytes);
  // Exactly so many bytes; fewer where the server closed.
  std::string read(size_t bytes);
  // Until the server closes.
  std::string read_to_end();
  // Sends no more, but goes on reading.
  void finish_writing();
  int fd() const;

 private:
  redisContext* context_;
};

// Whether a reply has this somewhere.
inline bool contains(const std::string& reply, const std::string& part) {
  return reply.find(part) != std::string::npos;
}

}  // namespace tidemark::test
