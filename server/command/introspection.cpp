#include "server/command/introspection.hpp"

#include <string>
#include <utility>
#include <vector>

#include "server/command/command_words.hpp"
#include "server/command/describe.hpp"
#include "server/command/key_finder.hpp"
#include "server/command/syntax.hpp"
#include "storage/base/glob.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

using Replies = std::vector<Reply>;

// The names of the commands and subcommands for which `fits` holds, a container before its own.
template <typename Fits>
Reply names_where(const CommandTable& table, Fits fits) {
  Replies names;
  for (const CommandEntry& entry : table.commands()) {
    if (fits(entry)) names.push_back(Reply::bulk_copy(entry.full_name));
    for (const CommandEntry& sub : entry.subcommands) {
      if (fits(sub)) names.push_back(Reply::bulk_copy(sub.full_name));
    }
  }
  return Reply::array(std::move(names));
}

Category category_named(Bytes name) {
  for (const CategoryName& category : category_names()) {
    if (equals_nocase(category.name, name)) return category.category;
  }
  return Category::none;
}

bool takes_keys(const Command& command) {
  if (command.find_keys != nullptr) return true;
  for (const KeySpec& spec : command.keys.all()) {
    if (spec.access != Access::channel) return true;
  }
  return false;
}

std::string upper_case(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string usage(const std::vector<Argument>& arguments, Bytes between);

// One argument as manuals write it: "[LIMIT <offset> <count>]".
std::string usage(const Argument& argument) {
  std::string value;
  if (argument.type == ArgumentType::oneof) {
    value = usage(argument.arguments, "|");
  } else if (argument.type == ArgumentType::block) {
    value = usage(argument.arguments, " ");
  } else if (argument.type != ArgumentType::pure_token) {
    value.append("<").append(argument.display.empty() ? argument.name : argument.display);
    value += '>';
  }
  std::string text(argument.token.value_or(Bytes()));
  if (!text.empty() && !value.empty()) text += ' ';
  text += value;
  if (argument.multiple) text += " [" + (argument.multiple_token ? text : value) + " ...]";
  if (argument.optional) return "[" + text + "]";
  return argument.type == ArgumentType::oneof ? "(" + text + ")" : text;
}

std::string usage(const std::vector<Argument>& arguments, Bytes between) {
  std::string text;
  for (const Argument& argument : arguments) {
    if (!text.empty()) text += between;
    text += usage(argument);
  }
  return text;
}

}  // namespace

Reply commands_info(const CommandTable& table, ArgReader& args) {
  Replies infos;
  if (args.empty()) {
    for (const CommandEntry& entry : table.commands()) infos.push_back(describe_info(entry));
  }
  for (const Bytes name : args.rest()) {
    const CommandEntry* entry = table.find_full(name);
    infos.push_back(entry == nullptr ? Reply::null_array() : describe_info(*entry));
  }
  return Reply::array(std::move(infos));
}

Reply commands_docs(const CommandTable& table, ArgReader& args) {
  Replies docs;
  const auto put = [&](const CommandEntry& entry) {
    docs.push_back(Reply::bulk_copy(entry.full_name));
    docs.push_back(describe_docs(entry));
  };
  if (args.empty()) {
    for (const CommandEntry& entry : table.commands()) put(entry);
  }
  for (const Bytes name : args.rest()) {
    if (const CommandEntry* entry = table.find_full(name)) put(*entry);
  }
  return Reply::map(std::move(docs));
}

Reply commands_list(const CommandTable& table, ArgReader& args) {
  if (args.empty()) {
    return names_where(table, [](const CommandEntry&) { return true; });
  }
  if (!args.accept_with("FILTERBY", 2)) args.fail_syntax();
  const Bytes by = args.next();
  const Bytes what = args.next();
  args.finish();
  if (args.failed()) return args.error();

  if (equals_nocase(by, "ACLCAT")) {
    const Category category = category_named(what);
    return names_where(table,
                       [&](const CommandEntry& entry) { return has(entry.categories, category); });
  }
  if (equals_nocase(by, "PATTERN")) {
    return names_where(table, [&](const CommandEntry& entry) {
      return glob_matches(what, entry.full_name, GlobCase::ignored);
    });
  }
  // There are no modules.
  if (equals_nocase(by, "MODULE")) return Reply::empty_array();
  args.fail_syntax();
  return args.error();
}

Reply keys_of_call(const CommandTable& table, ArgReader& args, KeyFlags flags) {
  const auto call = args.rest();
  const CommandEntry* entry = table.find_call(call);
  if (entry == nullptr) return Reply::error("ERR Invalid command specified");
  const Command& command = *entry->command;
  if (!takes_keys(command)) return Reply::error("ERR The command has no key arguments");
  if (!command.arity.accepts(call.size())) {
    return Reply::error("ERR Invalid number of arguments specified for command");
  }
  FoundKeys found;
  if (!find_keys(command, call, found) || found.empty()) {
    if (has(command.flags, Flag::no_mandatory_keys)) return Reply::empty_array();
    return Reply::error("ERR Invalid arguments specified for command");
  }
  Replies keys;
  for (const FoundKey& key : found.all()) {
    if (key.access == Access::channel) continue;
    Reply name = Reply::bulk_copy(call[key.position]);
    if (flags == KeyFlags::hide) {
      keys.push_back(std::move(name));
      continue;
    }
    Replies words;
    for (const Bytes word : words_of(key.access)) words.push_back(Reply::simple(word));
    Replies pair;
    pair.push_back(std::move(name));
    pair.push_back(Reply::set(std::move(words)));
    keys.push_back(Reply::array(std::move(pair)));
  }
  return Reply::array(std::move(keys));
}

Reply container_help(const CommandTable& table, const ArgReader& args) {
  const CommandEntry& container = *table.find(args.all()[0]);
  Replies lines;
  const auto add = [&](std::string line) { lines.push_back(Reply::status_copy(std::move(line))); };
  add(upper_case(container.name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const CommandEntry& sub : container.subcommands) {
    const Command& command = *sub.command;
    std::string line = upper_case(std::string(command.name));
    if (!command.syntax.empty()) line += " " + usage(parse_syntax(command.syntax), " ");
    add(std::move(line));
    add("    " + std::string(command.summary));
  }
  return Reply::array(std::move(lines));
}

}  // namespace tidemark::server
