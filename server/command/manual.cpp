#include "server/command/manual.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "server/command/command_words.hpp"
#include "server/command/syntax.hpp"

namespace tidemark::server {

namespace {

std::string upper(Bytes text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::string usage_of(const std::vector<Argument>& arguments, Bytes between);

// One argument, as a manual writes it.
std::string usage_of(const Argument& argument) {
  std::string text;
  if (argument.token) text += std::string(*argument.token);
  if (argument.type != ArgumentType::pure_token) {
    if (!text.empty()) text += ' ';
    switch (argument.type) {
      case ArgumentType::oneof:
        text += '<' + usage_of(argument.arguments, " | ") + '>';
        break;
      case ArgumentType::block:
        text += usage_of(argument.arguments, " ");
        break;
      default:
        text += argument.display.empty() ? argument.name : std::string(argument.display);
    }
  }
  if (argument.multiple) {
    const std::string again =
        argument.multiple_token || !argument.token ? text : text.substr(argument.token->size() + 1);
    text += " [" + again + " ...]";
  }
  return argument.optional ? '[' + text + ']' : text;
}

std::string usage_of(const std::vector<Argument>& arguments, Bytes between) {
  std::string text;
  for (const Argument& argument : arguments) {
    if (!text.empty()) text += between;
    text += usage_of(argument);
  }
  return text;
}

// A table's cell: a bar would end it.
std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

void add_row(const CommandEntry& entry, std::string& page) {
  std::string name = upper(entry.full_name);
  std::replace(name.begin(), name.end(), '|', ' ');
  const std::string usage = usage_of(parse_syntax(entry.command->syntax), " ");
  page += "| `" + name + (usage.empty() ? "" : " " + cell(usage)) + "` | " +
          cell(std::string(entry.command->summary)) + " | " +
          cell(std::string(entry.command->complexity)) + " | " + std::string(entry.command->since) +
          " |\n";
}

}  // namespace

std::string command_manual(const CommandTable& table) {
  std::map<std::string, std::vector<const CommandEntry*>> groups;
  for (const CommandEntry& entry : table.commands()) {
    groups[std::string(name_of(entry.command->group))].push_back(&entry);
  }
  std::string page =
      "# Commands\n\n"
      "<!-- Generated from the declarations: tidemark-server --print-command-docs -->\n\n"
      "They behave as those of Redis 7.2 with the same name, whose documentation applies. Versions "
      "are "
      "Redis's, but for read states, which only this server has.\n";
  for (auto& [group, entries] : groups) {
    std::sort(entries.begin(), entries.end(), [](const CommandEntry* a, const CommandEntry* b) {
      return a->full_name < b->full_name;
    });
    page += "\n## " + group + "\n\n| command | what it does | complexity | since |\n";
    page += "| --- | --- | --- | --- |\n";
    for (const CommandEntry* entry : entries) {
      if (entry->subcommands.empty()) {
        add_row(*entry, page);
      } else {
        for (const CommandEntry& subcommand : entry->subcommands) add_row(subcommand, page);
      }
    }
  }
  return page;
}

}  // namespace tidemark::server
