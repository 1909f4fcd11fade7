#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/command/command_table.hpp"

// What Redis 7.2 answers about its commands, from redis_commands.tsv, whose head explains the
// format.

namespace tidemark::server {

// By full name: the fields of a line, the name first.
std::map<std::string, std::vector<std::string>> load_redis_facts();

// The same fields as our COMMAND INFO and COMMAND DOCS answer them for `entry`.
std::vector<std::string> facts_of(const CommandEntry& entry);

// What differs, a line for each field; empty where nothing does.
std::string difference(const std::vector<std::string>& redis, const std::vector<std::string>& ours);

// A call with what Redis answers when COMMAND GETKEYSANDFLAGS is asked about it, from
// redis_getkeys.tsv: keys with what is done to them, divided by ", ", or the error after '-'.
struct RecordedCall {
  std::vector<std::string> args;
  std::string answer;
};
std::vector<RecordedCall> load_recorded_calls();

// What we answer, in the same form.
std::string answer_of(const CommandTable& table, const std::vector<std::string>& args);

}  // namespace tidemark::server
