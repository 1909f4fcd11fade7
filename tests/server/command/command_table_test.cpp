#include "server/command/command_table.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "protocol/reply.hpp"
#include "server/command/command_words.hpp"

using namespace tidemark;
using namespace tidemark::server;

namespace {

Reply nothing(Context&, ArgReader&) { return Reply::none(); }

constexpr Command declare(Bytes name, Flag flags = Flag::none, Group group = Group::generic) {
  return {.name = name,
          .summary = "-",
          .since = "1.0.0",
          .group = group,
          .arity = at_least(1),
          .flags = flags,
          .run = nothing};
}

constexpr Command kConfigCommands[] = {declare("get", Flag::admin, Group::server), declare("set")};

constexpr Command kFirst[] = {
    declare("get", Flag::readonly | Flag::fast, Group::string),
    Command{.name = "config",
            .summary = "-",
            .since = "2.0.0",
            .group = Group::server,
            .arity = at_least(2),
            .subcommands = kConfigCommands},
    declare("eight888"),
};
constexpr Command kSecond[] = {
    declare("a"),
    declare("ab"),
    declare("abc"),
    declare("georadiusbymember_ro", Flag::readonly, Group::geo),
    declare("readstate.getall", Flag::readonly, Group::read_state),
    declare("same-ends-but-this-in-the-middle"),
    declare("same-ends-not-that-in-the-middle"),
    declare("sixteen-letters-"),
    declare("seventeen-letters"),
    declare("eval_ro", Flag::readonly, Group::scripting),
    declare("blpop", Flag::write | Flag::blocking, Group::list),
};
static_assert(well_formed(kFirst) && well_formed(kSecond));
constexpr std::span<const Command> kFamilies[] = {kFirst, kSecond};

std::string categories(const CommandEntry& entry) {
  std::string text;
  for (const CategoryName& name : category_names()) {
    if (has(entry.categories, name.category)) text += "@" + std::string(name.name) + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("a command is found by its name in any case, and by nothing else") {
  const CommandTable table(kFamilies);
  for (const CommandEntry& entry : table.commands()) {
    std::string name(entry.command->name);
    CHECK(table.find(name) == &entry);
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    CHECK(table.find(name) == &entry);
    CHECK(table.find(name + "x") == nullptr);
    CHECK(table.find(name + std::string(1, '\0')) == nullptr);
  }
  // Bytes that differ from a letter by its case bit alone are not that letter.
  CHECK(table.find("readstate\x0egetall") == nullptr);
  CHECK(table.find("georadiusbymember\x7fro") == nullptr);
  CHECK(table.find("EIGHT\x18\x18\x18") == nullptr);
  CHECK(table.find("\xc1") == nullptr);
  CHECK(table.find("\xe1") == nullptr);
  CHECK(table.find("same-ends-but-that-in-the-middle") == nullptr);
  CHECK(table.find("") == nullptr);
  CHECK(table.find("ge") == nullptr);
  CHECK(table.find(std::string(1000, 'a')) == nullptr);
  CHECK(table.find(Bytes("\0\0\0", 3)) == nullptr);
}

TEST_CASE("a subcommand is found in its container only") {
  const CommandTable table(kFamilies);
  const CommandEntry* config = table.find("CONFIG");
  REQUIRE(config != nullptr);
  const CommandEntry* get = table.find_subcommand(*config, "GET");
  REQUIRE(get != nullptr);
  CHECK(get->full_name == "config|get");
  CHECK(get->parent == config);
  CHECK(get->words() == 2);
  CHECK(table.find("get") != get);
  CHECK(table.find("set") == nullptr);
  CHECK(table.find("config|get") == nullptr);
  CHECK(table.find_full("Config|Get") == get);
  CHECK(table.find_full("config") == config);
  CHECK(table.find_full("config|") == nullptr);
  CHECK(table.find_full("config|nosuch") == nullptr);
  CHECK(table.find_full("nosuch|get") == nullptr);
  CHECK(table.find_full("get|get") == nullptr);
}

TEST_CASE("the arguments of a call lead to the command or the subcommand") {
  const CommandTable table(kFamilies);
  const auto call = [&](std::vector<Bytes> args) -> std::string {
    const CommandEntry* entry = table.find_call(args);
    return entry == nullptr ? "none" : entry->full_name;
  };
  CHECK(call({"GET", "set"}) == "get");
  CHECK(call({"config", "SET", "x"}) == "config|set");
  CHECK(call({"config"}) == "config");
  CHECK(call({"config", "nosuch"}) == "none");
  CHECK(call({"nosuch"}) == "none");
  CHECK(call({}) == "none");
}

TEST_CASE("indexes count from 0 without gaps and name their entry") {
  const CommandTable table(kFamilies);
  CHECK(table.all().size() == 16);
  CHECK(table.commands().size() == 14);
  for (size_t i = 0; i < table.all().size(); ++i) CHECK(table.all()[i].index == i);
  CHECK(table.commands()[0].full_name == "get");
  CHECK(table.commands()[1].subcommands.size() == 2);
  CHECK(table.commands()[1].subcommands[1].full_name == "config|set");
}

TEST_CASE("categories follow from flags and group") {
  const CommandTable table(kFamilies);
  CHECK(categories(*table.find("get")) == "@read @string @fast ");
  CHECK(categories(*table.find("config")) == "@slow ");
  CHECK(categories(*table.find_full("config|get")) == "@admin @slow @dangerous ");
  CHECK(categories(*table.find("eval_ro")) == "@slow @scripting ");
  CHECK(categories(*table.find("blpop")) == "@write @list @slow @blocking ");
  CHECK(categories(*table.find("readstate.getall")) == "@read @slow @readstate ");
}

TEST_CASE("what is unknown is refused in the words of Redis") {
  const CommandTable table(kFamilies);
  const auto error = [&](std::vector<Bytes> args) { return unknown_error(table, args); };
  CHECK(error({"foo"}) == "ERR unknown command 'foo', with args beginning with: ");
  CHECK(error({"Foo", "a", "b"}) ==
        "ERR unknown command 'Foo', with args beginning with: 'a' 'b' ");
  CHECK(error({"config", "nosuch"}) == "ERR unknown subcommand 'nosuch'. Try CONFIG HELP.");
  CHECK(wrong_arity_error(*table.find_full("config|get")) ==
        "ERR wrong number of arguments for 'config|get' command");
}

TEST_CASE("an error quotes little and stays one line") {
  const CommandTable table(kFamilies);
  const std::string z(200, 'z');
  CHECK(unknown_error(table, std::vector<Bytes>{"foo", "a b", "x\r\ny", z, "q"}) ==
        "ERR unknown command 'foo', with args beginning with: 'a b' 'x  y' '" +
            std::string(115, 'z') + "' ");
  CHECK(unknown_error(table, std::vector<Bytes>{z, "a"}) ==
        "ERR unknown command '" + std::string(128, 'z') + "', with args beginning with: 'a' ");
  CHECK(unknown_error(table, std::vector<Bytes>{"config", z}) ==
        "ERR unknown subcommand '" + std::string(128, 'z') + "'. Try CONFIG HELP.");
}

TEST_CASE("the range of keys joins what stands together and leaves out what moves") {
  const auto range = [](const KeySpecs& keys) {
    const KeyRange r = key_range_of(Command{.keys = keys});
    return std::to_string(r.first) + " " + std::to_string(r.last) + " " + std::to_string(r.step);
  };
  CHECK(range({}) == "0 0 0");
  CHECK(range({key_at(1, Access::read)}) == "1 1 1");
  CHECK(range({key_at(1, Access::read), key_at(2, Access::overwrite)}) == "1 2 1");
  CHECK(range({key_at(2, Access::overwrite), keys_from(3, Access::read)}) == "2 -1 1");
  CHECK(range({keys_from(1, Access::overwrite, 2)}) == "1 -1 2");
  CHECK(range({key_at(1, Access::overwrite), counted_keys_at(2, Access::read)}) == "1 1 1");
  CHECK(range({counted_keys_at(1, Access::read)}) == "0 0 0");
}
