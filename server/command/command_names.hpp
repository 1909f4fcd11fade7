#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "server/command/command.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// What the commands are called, as the lines of `rename-command` left it. A command keeps its own
// name in what is told of it (COMMAND, INFO, errors, ACLs); another is only what clients send.
class CommandNames {
 public:
  // Every command by its own name.
  CommandNames() = default;
  // The same, and they may be renamed. The declarations must outlive this.
  explicit CommandNames(std::span<const std::span<const Command>> families);

  // Calls `to` what is called `from`, both in any case of letters; an empty `to` takes the command
  // away. Returns what is wrong, in the words of Redis, of static life.
  std::optional<Bytes> rename(Bytes from, Bytes to);

  // In lower case; empty where the command was taken away.
  Bytes of(const Command& command) const;

 private:
  std::map<std::string, const Command*, std::less<>> called_;  // by what they are called now
  std::unordered_map<const Command*, std::string> renamed_;
};

}  // namespace tidemark::server
