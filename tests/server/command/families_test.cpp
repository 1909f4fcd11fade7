#include "server/commands/families.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "server/command/command_table.hpp"
#include "server/command/manual.hpp"
#include "tests/server/command/redis_facts.hpp"

using namespace tidemark;
using namespace tidemark::server;

namespace {

// What Redis 7.2 does not know: ours, and what later servers and a module have.
bool is_beyond_redis(const CommandEntry& entry) {
  static const std::set<std::string, std::less<>> kLater{
      "cl.throttle",  "delex",   "delifeq", "digest",   "hexpire",  "hexpireat",
      "hexpiretime",  "hgetdel", "hgetex",  "hpersist", "hpexpire", "hpexpireat",
      "hpexpiretime", "hpttl",   "hsetex",  "httl",     "msetex"};
  return entry.command->group == Group::read_state || kLater.contains(entry.full_name);
}

}  // namespace

TEST_CASE("what we say of every command of Redis is what Redis 7.2 says of it") {
  const CommandTable table(command_families());
  const auto redis = load_redis_facts();
  for (const CommandEntry& entry : table.all()) {
    CAPTURE(entry.full_name);
    const auto facts = redis.find(entry.full_name);
    if (facts == redis.end()) {
      CHECK(is_beyond_redis(entry));
      continue;
    }
    CHECK(difference(facts->second, facts_of(entry)) == "");
  }
}

TEST_CASE("the keys of a call are those that Redis 7.2 finds") {
  const CommandTable table(command_families());
  for (const RecordedCall& call : load_recorded_calls()) {
    const std::vector<Bytes> args(call.args.begin(), call.args.end());
    // What we do not have yet is not compared; what Redis does not have either is.
    const bool unknown = call.answer == "-ERR Invalid command specified";
    if (table.find_call(args) == nullptr && !unknown) continue;
    std::string line;
    for (const std::string& word : call.args) line += word + " ";
    CAPTURE(line);
    CHECK(answer_of(table, call.args) == call.answer);
  }
}

TEST_CASE("docs/commands.md is what the declarations say") {
  const CommandTable table(command_families());
  std::ifstream file(SOURCE_FOLDER "/docs/commands.md");
  std::stringstream text;
  text << file.rdbuf();
  INFO("renew it with: tidemark-server --print-command-docs > docs/commands.md");
  CHECK(text.str() == command_manual(table));
}
