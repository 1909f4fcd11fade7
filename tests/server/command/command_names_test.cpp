#include "server/command/command_names.hpp"

#include <doctest/doctest.h>

#include <string>

#include "protocol/reply.hpp"
#include "server/command/command_table.hpp"

using namespace tidemark;
using namespace tidemark::server;

namespace {

Reply nothing(Context&, ArgReader&) { return Reply::none(); }

constexpr Command declare(Bytes name) {
  return {.name = name, .summary = "-", .since = "1.0.0", .arity = at_least(1), .run = nothing};
}

constexpr Command kClientCommands[] = {declare("id")};
constexpr Command kCommands[] = {declare("get"), declare("set"), declare("flushall"),
                                 Command{.name = "client",
                                         .summary = "-",
                                         .since = "2.4.0",
                                         .arity = at_least(2),
                                         .subcommands = kClientCommands}};
static_assert(well_formed(kCommands));
constexpr std::span<const Command> kFamilies[] = {kCommands};

constexpr Bytes kNoSuch = "No such command in rename-command";
constexpr Bytes kTaken = "Target command name already exists";

}  // namespace

TEST_CASE("a renamed command is found by its new name alone, and keeps its own") {
  CommandNames names(kFamilies);
  CHECK(!names.rename("GET", "Fetch"));
  CHECK(!names.rename("client", "cli"));
  const CommandTable table(kFamilies, names);
  CHECK(table.find("get") == nullptr);
  REQUIRE(table.find("FETCH") != nullptr);
  CHECK(table.find("fetch")->full_name == "get");
  CHECK(table.find_full("client|id") == nullptr);
  REQUIRE(table.find_full("cli|id") != nullptr);
  CHECK(table.find_full("cli|id")->full_name == "client|id");
  CHECK(table.commands().size() == 4);
  CHECK(unknown_error(table, std::vector<Bytes>{"cli", "x"}) ==
        "ERR unknown subcommand 'x'. Try CLI HELP.");
  CHECK(wrong_arity_error(*table.find("fetch")) ==
        "ERR wrong number of arguments for 'get' command");
}

TEST_CASE("a command that was renamed to nothing is gone, with its subcommands") {
  CommandNames names(kFamilies);
  CHECK(!names.rename("client", ""));
  CHECK(!names.rename("flushall", ""));
  const CommandTable table(kFamilies, names);
  CHECK(table.find("client") == nullptr);
  CHECK(table.find("") == nullptr);
  CHECK(table.commands().size() == 2);
  CHECK(table.all().size() == 2);
  CHECK(table.find("set")->index == 1);
}

TEST_CASE("renames take effect one after the other") {
  CommandNames names(kFamilies);
  CHECK(!names.rename("get", "a"));
  CHECK(names.rename("get", "b") == kNoSuch);
  CHECK(!names.rename("set", "get"));
  CHECK(!names.rename("A", "b"));
  CHECK(!names.rename("flushall", "FLUSHALL"));
  CHECK(names.of(kCommands[0]) == "b");
  CHECK(names.of(kCommands[1]) == "get");
  CHECK(names.of(kCommands[2]) == "flushall");
  CHECK(names.of(kCommands[3]) == "client");
}

TEST_CASE("renames that make no sense are refused in the words of Redis") {
  CHECK(CommandNames(kFamilies).rename("nosuch", "x") == kNoSuch);
  CHECK(CommandNames(kFamilies).rename("", "x") == kNoSuch);
  CHECK(CommandNames(kFamilies).rename("client|id", "x") == kNoSuch);
  CHECK(CommandNames(kFamilies).rename("get", "SET") == kTaken);
  CHECK(CommandNames(kFamilies).rename("get", std::string(0x10000, 'x')) ==
        "Target command name is too long");
}

TEST_CASE("a new name may be long and hold any byte") {
  for (const std::string& name : {std::string(0xffff, 'x'), std::string("a b\r\n\0\xff", 7),
                                  std::string(64, '0') + "|", std::string("x|y")}) {
    CommandNames names(kFamilies);
    CHECK(!names.rename("get", name));
    const CommandTable table(kFamilies, names);
    REQUIRE(table.find(name) != nullptr);
    CHECK(table.find(name)->full_name == "get");
    CHECK(table.find(name + "x") == nullptr);
  }
}
