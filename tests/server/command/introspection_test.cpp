#include "server/command/introspection.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/server/command/redis_facts.hpp"

using namespace tidemark;
using namespace tidemark::server;

namespace {

Reply nothing(Context&, ArgReader&) { return Reply::none(); }

// A command of which only the keys matter.
constexpr Command with_keys(Bytes name, Arity arity, KeySpecs keys, Flag flags = Flag::none) {
  return {.name = name,
          .summary = "-",
          .since = "1.0.0",
          .arity = arity,
          .flags = flags,
          .keys = keys,
          .run = nothing};
}

constexpr Command kConfigCommands[] = {
    Command{.name = "get",
            .summary = "Tells the values of options.",
            .since = "2.0.0",
            .group = Group::server,
            .arity = at_least(3),
            .flags = Flag::admin,
            .syntax = "parameter... [LIMIT limit:(offset:integer count:integer)] [GET pattern]...",
            .run = nothing},
    Command{.name = "mode",
            .summary = "Does nothing.",
            .since = "2.0.0",
            .group = Group::server,
            .arity = exactly(3),
            .syntax = "mode:{ON|OFF} [FAST]",
            .run = nothing},
};

constexpr Command kObjectCommands[] = {
    with_keys("encoding", exactly(3), {key_at(2, Access::inspect)}, Flag::readonly)};

constexpr Command kSamples[] = {
    with_keys("get", exactly(2), {key_at(1, Access::read)}, Flag::readonly),
    with_keys("mset", at_least(3), {keys_from(1, Access::overwrite, 2)}, Flag::write),
    with_keys("lcs", at_least(3), {two_keys_at(1, Access::read)}),
    with_keys("zunion", at_least(3), {counted_keys_at(1, Access::read)}),
    with_keys("zunionstore", at_least(4),
              {key_at(1, Access::overwrite), counted_keys_at(2, Access::read)}),
    with_keys("eval", at_least(3), {counted_keys_at(2, Access::access_update)},
              Flag::no_mandatory_keys),
    with_keys("xread", at_least(4),
              {{.start = StartAfter{"STREAMS", 1}, .walk = Walk{.last = -1, .limit = 2}}}),
    with_keys("blpop", at_least(3),
              {{.start = StartAt{1}, .walk = Walk{.last = -2}, .access = Access::access_delete}}),
    with_keys("spublish", exactly(3), {key_at(1, Access::channel)}),
    with_keys("ping", at_least(1), {}),
    Command{.name = "object",
            .summary = "-",
            .since = "1.0.0",
            .arity = at_least(2),
            .subcommands = kObjectCommands},
    Command{.name = "config",
            .summary = "-",
            .since = "1.0.0",
            .arity = at_least(2),
            .subcommands = kConfigCommands},
};
static_assert(well_formed(kSamples));
constexpr std::span<const Command> kFamilies[] = {kSamples};

// The reply to a COMMAND subcommand with the arguments of `line`, as text.
template <typename Function>
std::string ask(Function function, std::vector<Bytes> args) {
  const CommandTable table(kFamilies);
  ArgReader reader(args, 0);
  const Reply reply = function(table, reader);
  if (reply.is_error()) return "-" + std::string(reply.bytes());
  std::string text;
  for (const Reply& item : reply.items()) {
    if (!text.empty()) text += " ";
    text += item.kind() == Reply::Kind::null_array ? "null" : std::string(item.bytes());
    if (!item.items().empty()) text += std::string(item.items()[0].bytes());
  }
  return text;
}

}  // namespace

TEST_CASE("the keys of a call and what it does to them are those that Redis finds") {
  const CommandTable table(kFamilies);
  size_t compared = 0;
  for (const RecordedCall& call : load_recorded_calls()) {
    const std::vector<Bytes> views(call.args.begin(), call.args.end());
    const bool unknown = call.answer == "-ERR Invalid command specified";
    if (table.find_call(views) == nullptr && !unknown) continue;
    std::string line;
    for (const std::string& word : call.args) line += word + " ";
    CAPTURE(line);
    CHECK(answer_of(table, call.args) == call.answer);
    ++compared;
  }
  CHECK(compared > 35);
}

TEST_CASE("COMMAND GETKEYS gives the names alone") {
  const auto keys = [](const CommandTable& table, ArgReader& args) {
    return keys_of_call(table, args, KeyFlags::hide);
  };
  CHECK(ask(keys, {"MSET", "a", "1", "b", "2"}) == "a b");
  CHECK(ask(keys, {"object", "ENCODING", "k"}) == "k");
  CHECK(ask(keys, {"eval", "s", "0"}) == "");
  CHECK(ask(keys, {}) == "-ERR Invalid command specified");
}

TEST_CASE("COMMAND LIST filters by category and by pattern, in any case") {
  const auto list = commands_list;
  CHECK(ask(list, {"filterby", "pattern", "CON*"}) == "config config|get config|mode");
  CHECK(ask(list, {"FILTERBY", "PATTERN", "*|get"}) == "config|get");
  CHECK(ask(list, {"FILTERBY", "ACLCAT", "Admin"}) == "config|get");
  CHECK(ask(list, {"FILTERBY", "ACLCAT", "read"}) == "get object|encoding");
  CHECK(ask(list, {"FILTERBY", "ACLCAT", "@read"}) == "");
  CHECK(ask(list, {"FILTERBY", "ACLCAT", "nosuch"}) == "");
  CHECK(ask(list, {"FILTERBY", "MODULE", "json"}) == "");
  CHECK(ask(list, {}).ends_with("ping object object|encoding config config|get config|mode"));
  CHECK(ask(list, {"FILTERBY", "nosuch", "x"}) == "-ERR syntax error");
  CHECK(ask(list, {"FILTERBY", "PATTERN"}) == "-ERR syntax error");
  CHECK(ask(list, {"FILTERBY", "PATTERN", "x", "y"}) == "-ERR syntax error");
  CHECK(ask(list, {"get"}) == "-ERR syntax error");
}

TEST_CASE("COMMAND INFO keeps the place of an unknown name, COMMAND DOCS leaves it out") {
  CHECK(ask(commands_info, {"get", "nosuch", "CONFIG|GET", "config|nosuch"}) ==
        "get null config|get null");
  CHECK(ask(commands_docs, {"nosuch", "Config|Get"}).starts_with("config|get "));
  CHECK(ask(commands_docs, {"nosuch"}) == "");
  const std::string all = ask(commands_info, {});
  CHECK(all.starts_with("get mset lcs"));
  CHECK(all.ends_with("object config"));
}

TEST_CASE("HELP follows from the declarations of the subcommands") {
  const CommandTable table(kFamilies);
  const std::vector<Bytes> call{"config", "help"};
  const Reply help = container_help(table, ArgReader(call, 2));
  std::vector<std::string> lines;
  for (const Reply& line : help.items()) lines.emplace_back(line.bytes());
  CHECK(lines == std::vector<std::string>{
                     "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                     "GET <parameter> [<parameter> ...] [LIMIT <offset> <count>] [GET <pattern> "
                     "[GET <pattern> ...]]",
                     "    Tells the values of options.",
                     "MODE (ON|OFF) [FAST]",
                     "    Does nothing.",
                 });
}
