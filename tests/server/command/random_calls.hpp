#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "server/command/command_table.hpp"

namespace tidemark::server {

// Calls of declared commands with arguments that make sense now and then: few different keys, small
// numbers, the words of the command's own syntax.
class RandomCalls {
 public:
  explicit RandomCalls(uint32_t seed) : random_(seed) {}

  // As many arguments as the arity accepts, the name's words first.
  std::vector<std::string> call_of(const CommandEntry& entry);
  size_t below(size_t bound) { return random_() % bound; }

 private:
  std::string argument(const std::vector<std::string>& words);

  std::mt19937 random_;
};

}  // namespace tidemark::server
