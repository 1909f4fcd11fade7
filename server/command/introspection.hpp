#pragma once

#include "protocol/reply.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/command_table.hpp"

// What COMMAND and its subcommands answer; all they need is the table.

namespace tidemark::server {

// COMMAND, COMMAND INFO: the commands that `args` name, null for what is none of them; all without.
protocol::Reply commands_info(const CommandTable& table, ArgReader& args);

// COMMAND DOCS: leaves out what is no command.
protocol::Reply commands_docs(const CommandTable& table, ArgReader& args);

// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern].
protocol::Reply commands_list(const CommandTable& table, ArgReader& args);

enum class KeyFlags : uint8_t { hide, show };

// COMMAND GETKEYS and COMMAND GETKEYSANDFLAGS: the keys of the call that `args` spell.
protocol::Reply keys_of_call(const CommandTable& table, ArgReader& args, KeyFlags flags);

// The HELP of the container that `args` call: its subcommands, how each is used and what it is for.
protocol::Reply container_help(const CommandTable& table, const ArgReader& args);

}  // namespace tidemark::server
