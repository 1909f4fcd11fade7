#include "server/command/redact.hpp"

namespace tidemark::server {

std::vector<Bytes> without_secrets(const CommandEntry& entry, std::span<const Bytes> args) {
  std::vector<Bytes> shown(args.begin(), args.end());
  const Command& command = *entry.command;
  if (!has(command.flags, Flag::hidden_args)) return shown;
  for (size_t i = entry.words(); i < shown.size(); ++i) {
    if (command.is_secret == nullptr || command.is_secret(args, i)) shown[i] = "(redacted)";
  }
  return shown;
}

}  // namespace tidemark::server
