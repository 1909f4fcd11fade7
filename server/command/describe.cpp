#include "server/command/describe.hpp"

#include <utility>
#include <vector>

#include "server/command/command_words.hpp"
#include "server/command/syntax.hpp"

namespace tidemark::server {

namespace {

using Replies = std::vector<Reply>;

// Declarations and their words live as long as the program, so that replies may borrow them. The
// entries and parsed arguments do not.
void put(Replies& map, Bytes field, Reply value) {
  map.push_back(Reply::bulk(field));
  map.push_back(std::move(value));
}

Reply statuses(std::span<const Bytes> words) {
  Replies set;
  for (const Bytes word : words) set.push_back(Reply::simple(word));
  return Reply::set(std::move(set));
}

Reply flags_of(const CommandEntry& entry) {
  Replies set;
  for (const FlagName& flag : flag_names()) {
    if (has(entry.command->flags, flag.flag)) set.push_back(Reply::simple(flag.name));
  }
  if (entry.movable_keys) set.push_back(Reply::simple("movablekeys"));
  return Reply::set(std::move(set));
}

Reply categories_of(const CommandEntry& entry) {
  Replies set;
  for (const CategoryName& category : category_names()) {
    if (!has(entry.categories, category.category)) continue;
    set.push_back(Reply::status_copy("@" + std::string(category.name)));
  }
  return Reply::set(std::move(set));
}

Reply tips_of(const Command& command) {
  Replies set;
  for (const Bytes tip : command.tips.all()) set.push_back(Reply::bulk(tip));
  return Reply::set(std::move(set));
}

Reply typed(Bytes type, Replies spec) {
  Replies map;
  put(map, "type", Reply::bulk(type));
  put(map, "spec", Reply::map(std::move(spec)));
  return Reply::map(std::move(map));
}

Reply begin_search(const KeySpec& spec) {
  Replies fields;
  if (const auto* at = std::get_if<StartAt>(&spec.start)) {
    put(fields, "index", Reply::integer(at->position));
    return typed("index", std::move(fields));
  }
  if (const auto* after = std::get_if<StartAfter>(&spec.start)) {
    put(fields, "keyword", Reply::bulk(after->keyword));
    put(fields, "startfrom", Reply::integer(after->from));
    return typed("keyword", std::move(fields));
  }
  return typed("unknown", std::move(fields));
}

Reply find_keys_step(const KeySpec& spec) {
  Replies fields;
  if (std::holds_alternative<StartUnknown>(spec.start)) return typed("unknown", std::move(fields));
  if (const auto* walk = std::get_if<Walk>(&spec.walk)) {
    put(fields, "lastkey", Reply::integer(walk->last));
    put(fields, "keystep", Reply::integer(walk->step));
    put(fields, "limit", Reply::integer(walk->limit));
    return typed("range", std::move(fields));
  }
  const auto& counted = std::get<WalkCounted>(spec.walk);
  put(fields, "keynumidx", Reply::integer(counted.count));
  put(fields, "firstkey", Reply::integer(counted.first));
  put(fields, "keystep", Reply::integer(counted.step));
  return typed("keynum", std::move(fields));
}

Reply key_spec(const KeySpec& spec) {
  Replies flags;
  for (const Bytes word : words_of(spec.access)) flags.push_back(Reply::simple(word));
  if (spec.extra == KeyExtra::incomplete) flags.push_back(Reply::simple("incomplete"));
  if (spec.extra == KeyExtra::variable_flags) flags.push_back(Reply::simple("variable_flags"));
  Replies map;
  put(map, "flags", Reply::set(std::move(flags)));
  put(map, "begin_search", begin_search(spec));
  put(map, "find_keys", find_keys_step(spec));
  return Reply::map(std::move(map));
}

Reply arguments_of(const std::vector<Argument>& arguments);

Reply argument_flags(const Argument& argument) {
  std::vector<Bytes> words;
  if (argument.optional) words.push_back("optional");
  if (argument.multiple) words.push_back("multiple");
  if (argument.multiple_token) words.push_back("multiple_token");
  return statuses(words);
}

Reply describe_argument(const Argument& argument) {
  Replies map;
  put(map, "name", Reply::bulk_copy(argument.name));
  put(map, "type", Reply::bulk(name_of(argument.type)));
  const bool group = argument.type == ArgumentType::oneof || argument.type == ArgumentType::block;
  if (!group) {
    put(map, "display_text",
        Reply::bulk_copy(argument.display.empty() ? Bytes(argument.name) : argument.display));
  }
  if (argument.key_spec) put(map, "key_spec_index", Reply::integer(*argument.key_spec));
  if (argument.token) put(map, "token", Reply::bulk(*argument.token));
  if (argument.optional || argument.multiple) put(map, "flags", argument_flags(argument));
  if (group) put(map, "arguments", arguments_of(argument.arguments));
  return Reply::map(std::move(map));
}

Reply arguments_of(const std::vector<Argument>& arguments) {
  Replies list;
  for (const Argument& argument : arguments) list.push_back(describe_argument(argument));
  return Reply::array(std::move(list));
}

}  // namespace

Reply describe_info(const CommandEntry& entry) {
  const Command& command = *entry.command;
  const KeyRange range = key_range_of(command);
  Replies specs;
  for (const KeySpec& spec : command.keys.all()) specs.push_back(key_spec(spec));
  Replies subcommands;
  for (const CommandEntry& sub : entry.subcommands) subcommands.push_back(describe_info(sub));
  Replies info;
  info.push_back(Reply::bulk_copy(entry.full_name));
  info.push_back(Reply::integer(command.arity.value));
  info.push_back(flags_of(entry));
  info.push_back(Reply::integer(range.first));
  info.push_back(Reply::integer(range.last));
  info.push_back(Reply::integer(range.step));
  info.push_back(categories_of(entry));
  info.push_back(tips_of(command));
  info.push_back(Reply::set(std::move(specs)));
  info.push_back(Reply::set(std::move(subcommands)));
  return Reply::array(std::move(info));
}

Reply describe_docs(const CommandEntry& entry) {
  const Command& command = *entry.command;
  Replies docs;
  put(docs, "summary", Reply::bulk(command.summary));
  put(docs, "since", Reply::bulk(command.since));
  put(docs, "group", Reply::bulk(name_of(command.group)));
  if (!command.complexity.empty()) put(docs, "complexity", Reply::bulk(command.complexity));
  if (!command.deprecated.since.empty()) {
    static constexpr Bytes kDeprecated[] = {"deprecated"};
    put(docs, "doc_flags", statuses(kDeprecated));
    put(docs, "deprecated_since", Reply::bulk(command.deprecated.since));
    put(docs, "replaced_by", Reply::bulk(command.deprecated.instead));
  } else if (has(command.flags, Flag::system)) {
    static constexpr Bytes kSystem[] = {"syscmd"};
    put(docs, "doc_flags", statuses(kSystem));
  }
  if (!command.syntax.empty()) put(docs, "arguments", arguments_of(parse_syntax(command.syntax)));
  if (!entry.subcommands.empty()) {
    Replies subcommands;
    for (const CommandEntry& sub : entry.subcommands) {
      subcommands.push_back(Reply::bulk_copy(sub.full_name));
      subcommands.push_back(describe_docs(sub));
    }
    put(docs, "subcommands", Reply::map(std::move(subcommands)));
  }
  return Reply::map(std::move(docs));
}

}  // namespace tidemark::server
