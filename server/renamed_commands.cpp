#include "server/renamed_commands.hpp"

#include "server/commands/families.hpp"
#include "server/config/load.hpp"

namespace tidemark::server {

CommandNames names_of_commands(const LoadedConfig& config) {
  CommandNames names(command_families());
  for (const DirectiveLine& line : config.renamed_commands) {
    if (const auto complaint = names.rename(line.words[0], line.words[1])) {
      throw error_at(line, *complaint);
    }
  }
  return names;
}

}  // namespace tidemark::server
