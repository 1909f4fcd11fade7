#include "server/command/command_names.hpp"

#include <utility>

#include "server/command/command_table.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

CommandNames::CommandNames(std::span<const std::span<const Command>> families) {
  for (const auto& family : families) {
    for (const Command& command : family) called_.emplace(command.name, &command);
  }
}

std::optional<Bytes> CommandNames::rename(Bytes from, Bytes to) {
  const auto found = called_.find(lower_case(from));
  if (found == called_.end()) return "No such command in rename-command";
  const Command* const command = found->second;
  called_.erase(found);
  if (to.size() > CommandTable::kNameMax) return "Target command name is too long";
  std::string name = lower_case(to);
  if (!name.empty() && !called_.emplace(name, command).second) {
    return "Target command name already exists";
  }
  renamed_[command] = std::move(name);
  return std::nullopt;
}

Bytes CommandNames::of(const Command& command) const {
  const auto found = renamed_.find(&command);
  return found == renamed_.end() ? command.name : Bytes(found->second);
}

}  // namespace tidemark::server
