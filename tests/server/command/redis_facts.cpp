#include "tests/server/command/redis_facts.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "server/command/describe.hpp"
#include "server/command/introspection.hpp"

namespace tidemark::server {

namespace {

constexpr const char* kFields[] = {"name",
                                   "arity",
                                   "flags",
                                   "first, last, step",
                                   "acl",
                                   "tips",
                                   "key specifications",
                                   "since, group, doc flags",
                                   "arguments"};

// The value of a field, or a reply without content.
const Reply& field(const Reply& map, Bytes name) {
  static const Reply kAbsent;
  const auto items = map.items();
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].bytes() == name) return items[i + 1];
  }
  return kAbsent;
}

std::string text(const Reply& reply) {
  return reply.kind() == Reply::Kind::integer ? std::to_string(reply.integer_value())
                                              : std::string(reply.bytes());
}

// `each` of the items, with `between` between them.
template <typename Each>
std::string join(const Reply& list, const char* between, Each each) {
  std::string joined;
  for (const Reply& item : list.items()) {
    if (!joined.empty()) joined += between;
    joined += each(item);
  }
  return joined;
}

std::string words(const Reply& list) { return join(list, " ", text); }

// The values of a specification's step, its type first.
std::string step(const Reply& reply) {
  std::string line = text(field(reply, "type"));
  const auto items = field(reply, "spec").items();
  for (size_t i = 1; i < items.size(); i += 2) line += " " + text(items[i]);
  return line;
}

std::string key_spec(const Reply& spec) {
  return words(field(spec, "flags")) + " @ " + step(field(spec, "begin_search")) + " " +
         step(field(spec, "find_keys"));
}

std::string argument(const Reply& reply) {
  const std::string name = text(field(reply, "name"));
  const std::string display = text(field(reply, "display_text"));
  std::string line = name + ":" + text(field(reply, "type"));
  if (!display.empty() && display != name) line += "<" + display + ">";
  if (!field(reply, "token").is_none()) line += "=" + text(field(reply, "token"));
  const std::string spec = text(field(reply, "key_spec_index"));
  if (!spec.empty()) line += "#" + spec;
  for (const Reply& flag : field(reply, "flags").items()) {
    line += flag.bytes() == "optional" ? "?" : flag.bytes() == "multiple" ? "*" : "+";
  }
  const Reply& inner = field(reply, "arguments");
  if (!inner.is_none()) line += "(" + join(inner, " ", argument) + ")";
  return line;
}

std::string without_at(const Reply& category) { return std::string(category.bytes().substr(1)); }

// The lines of a table of facts, each cut at its tabs.
std::vector<std::vector<std::string>> load(const std::string& name, size_t fields_a_line) {
  std::ifstream file(std::string(REDIS_FACTS_FOLDER) + "/" + name);
  if (!file) throw std::runtime_error("no " + name);
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> fields;
    size_t from = 0;
    for (size_t tab; (tab = line.find('\t', from)) != std::string::npos; from = tab + 1) {
      fields.push_back(line.substr(from, tab - from));
    }
    fields.push_back(line.substr(from));
    if (fields.size() != fields_a_line) throw std::runtime_error("bad line: " + line);
    lines.push_back(std::move(fields));
  }
  return lines;
}

}  // namespace

std::map<std::string, std::vector<std::string>> load_redis_facts() {
  std::map<std::string, std::vector<std::string>> facts;
  for (auto& fields : load("redis_commands.tsv", std::size(kFields))) {
    const std::string name = fields[0];
    facts[name] = std::move(fields);
  }
  return facts;
}

std::vector<std::string> facts_of(const CommandEntry& entry) {
  const Reply info = describe_info(entry);
  const Reply docs = describe_docs(entry);
  const auto part = info.items();
  std::string docs_line = text(field(docs, "since")) + " " + text(field(docs, "group"));
  const std::string doc_flags = words(field(docs, "doc_flags"));
  if (!doc_flags.empty()) docs_line += " " + doc_flags;
  return {text(part[0]),
          text(part[1]),
          words(part[2]),
          text(part[3]) + " " + text(part[4]) + " " + text(part[5]),
          join(part[6], " ", without_at),
          words(part[7]),
          join(part[8], "; ", key_spec),
          docs_line,
          join(field(docs, "arguments"), " ", argument)};
}

std::string difference(const std::vector<std::string>& redis,
                       const std::vector<std::string>& ours) {
  std::string lines;
  for (size_t i = 0; i < std::size(kFields); ++i) {
    if (redis[i] == ours[i]) continue;
    lines += std::string("\n  ") + kFields[i] + " of Redis: " + redis[i] + "\n  " + kFields[i] +
             " here:     " + ours[i];
  }
  return lines;
}

std::vector<RecordedCall> load_recorded_calls() {
  std::vector<RecordedCall> calls;
  for (const auto& fields : load("redis_getkeys.tsv", 2)) {
    RecordedCall call{.args = {}, .answer = fields[1]};
    std::istringstream words(fields[0]);
    for (std::string word; words >> word;) call.args.push_back(word == "\"\"" ? "" : word);
    calls.push_back(std::move(call));
  }
  return calls;
}

std::string answer_of(const CommandTable& table, const std::vector<std::string>& args) {
  const std::vector<Bytes> views(args.begin(), args.end());
  ArgReader reader(views, 0);
  const Reply reply = keys_of_call(table, reader, KeyFlags::show);
  if (reply.is_error()) return "-" + text(reply);
  return join(reply, ", ",
              [](const Reply& key) { return text(key.items()[0]) + " " + words(key.items()[1]); });
}

}  // namespace tidemark::server
