#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"

namespace tidemark::server {

// A command that took longer than `slowlog-log-slower-than`.
struct SlowCommand {
  uint64_t id = 0;
  int64_t unix_seconds = 0;
  int64_t duration_us = 0;
  std::vector<std::string> args;  // shortened
  std::string peer;
  std::string client_name;
};

// The arguments as the slow log keeps them: no more than 32, none longer than 128 bytes and a note
// of what is missing.
std::vector<std::string> shorten_args(std::span<const Bytes> args);

// The slowest commands of one core's clients, the last first. Every core keeps as many as
// `slowlog-max-len` says, and SLOWLOG shows the newest of all.
class SlowLog {
 public:
  void add(SlowCommand command, size_t length_max);
  void trim(size_t length_max);
  void clear() { commands_.clear(); }
  const std::deque<SlowCommand>& commands() const { return commands_; }

 private:
  std::deque<SlowCommand> commands_;
};

}  // namespace tidemark::server
