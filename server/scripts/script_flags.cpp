#include "server/scripts/script_flags.hpp"

#include "server/command/command_table.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

using script::ScriptFlag;

// Of what the argument is: the name of a function, the SHA1 of a script, or a script. Neither of
// the names is a script that Lua would take, so that nothing can be taken for something else.
ScriptFlag flags_of_script(Scripting& scripting, Bytes script) {
  if (const auto library = scripting.libraries().find_by_function(script)) {
    return library->find(script)->flags;
  }
  if (const auto text = scripting.cache().find(script)) return script::read_script(*text).flags;
  return script::read_script(script).flags;
}

}  // namespace

Flag flags_of_call(Server& server, const CommandEntry& entry, std::span<const Bytes> args) {
  const Flag flags = entry.command->flags;
  if (!has(flags, Flag::may_write)) return flags;
  const ScriptFlag said = flags_of_script(server.scripting(), args[entry.words()]);
  if (!has(said, ScriptFlag::no_writes)) return flags;
  return static_cast<Flag>(static_cast<uint64_t>(flags) & ~static_cast<uint64_t>(Flag::may_write));
}

}  // namespace tidemark::server
