#include "server/config/default_file.hpp"

#include <limits>
#include <string_view>

#include "server/config/option_table.hpp"
#include "server/config/value_text.hpp"

namespace tidemark::server {
namespace {

constexpr size_t kCommentWidth = 100;

// Adds `text` as comment lines, broken between words.
void add_comment(std::string_view text, std::string& out) {
  while (!text.empty()) {
    constexpr size_t kRoom = kCommentWidth - 2;
    size_t end = text.size();
    size_t next = end;
    if (end > kRoom) {
      end = text.rfind(' ', kRoom);
      next = end + 1;
    }
    out.append("# ").append(text.substr(0, end)) += '\n';
    text.remove_prefix(next);
  }
}

std::string unit_text(Unit unit) {
  switch (unit) {
    case Unit::plain:
      return "";
    case Unit::seconds:
      return ", in seconds";
    case Unit::milliseconds:
      return ", in milliseconds";
    case Unit::microseconds:
      return ", in microseconds";
    case Unit::percent:
      return ", in percent";
    case Unit::octal:
      return ", in octal";
  }
  return "";
}

// The values that an option takes, as part of a sentence.
struct Describer {
  std::string operator()(const BoolType&) const { return "yes or no"; }
  std::string operator()(const IntegerType& type) const {
    const std::string min = std::to_string(type.min);
    if (type.unit == Unit::octal) return "0 to 777, in octal";
    if (type.max == std::numeric_limits<int64_t>::max()) {
      return "an integer from " + min + unit_text(type.unit);
    }
    return min + " to " + std::to_string(type.max) + unit_text(type.unit);
  }
  std::string operator()(const MemoryType& type) const {
    return type.min == 0 ? "bytes" : "bytes, at least " + memory_text(type.min);
  }
  std::string operator()(const MemoryOrPercentType&) const { return "bytes, or 1% to 100%"; }
  std::string operator()(const StringType&) const { return "text"; }
  std::string operator()(const EnumType& type) const {
    std::string text;
    for (const EnumWord& entry : type.words) {
      if (!text.empty()) text += " | ";
      text += entry.word;
    }
    return text;
  }
  std::string operator()(const CustomType& type) const { return std::string(type.syntax); }
};

std::string values_text(const Option& option) { return std::visit(Describer{}, option.type); }

std::vector<std::string> default_lines(const Option& option) {
  if (const auto* const custom = std::get_if<CustomType>(&option.type)) {
    if (!custom->default_text.empty()) return {std::string(custom->default_text)};
  }
  std::vector<std::string> lines = value_lines(option, Settings{});
  if (lines.empty()) lines.push_back(std::string(values_text(option)));
  return lines;
}

std::string change_text(const Option& option) {
  if (option.change != Change::live) return "at start only";
  if (option.guard == Guard::locked) return "live, if enable-protected-configs allows";
  return "live";
}

// Calls `visit` for the documented options of a topic that have or have not an effect.
template <typename Visit>
void for_each_documented(const OptionTopic& topic, Effect effect, Visit visit) {
  for (const Option& option : topic.options) {
    if (option.visibility == Visibility::shown && option.effect == effect) visit(option);
  }
}

bool has_documented(const OptionTopic& topic, Effect effect) {
  bool any = false;
  for_each_documented(topic, effect, [&any](const Option&) { any = true; });
  return any;
}

void add_option(const Option& option, std::string& out) {
  out += '\n';
  add_comment(option.doc, out);
  std::string facts = "Values: " + values_text(option) + ". Changes " + change_text(option) + ".";
  if (!option.alias.empty()) facts += " Also called " + std::string(option.alias) + ".";
  add_comment(facts, out);
  const std::string_view prefix = option.effect == Effect::accepted ? "# " : "";
  for (const std::string& line : default_lines(option)) {
    out.append(prefix).append(option.name) += ' ' + line + '\n';
  }
}

void add_heading(std::string_view title, std::string& out) {
  out += "\n################ ";
  out += title;
  out += " ################\n";
}

// A cell of a Markdown table, with what would end it escaped.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string code(std::string_view text) { return "`" + cell(text) + "`"; }

void add_table_row(const Option& option, std::string& out) {
  std::string defaults;
  for (const std::string& line : default_lines(option)) {
    if (!defaults.empty()) defaults += "<br>";
    defaults += code(line);
  }
  std::string name = code(option.name);
  if (!option.alias.empty()) name += "<br>" + code(option.alias);
  out += "| " + name + " | " + cell(values_text(option)) + " | " + defaults + " | " +
         change_text(option) + " | " + cell(option.doc) + " |\n";
}

void add_tables(Effect effect, std::string_view heading, std::string& out) {
  for (const OptionTopic& topic : option_topics()) {
    if (!has_documented(topic, effect)) continue;
    out.append("\n").append(heading).append(topic.title) += "\n\n";
    out += "| option | values | default | changes | meaning |\n| --- | --- | --- | --- | --- |\n";
    for_each_documented(topic, effect, [&out](const Option& o) { add_table_row(o, out); });
  }
}

}  // namespace

std::string default_config_text() {
  std::string out;
  add_comment(
      "Tidemark's configuration, with every default. Generated from the table of options: "
      "tidemark-server --print-default-config.",
      out);
  out += "#\n";
  add_comment(
      "One directive a line: a name and its values, separated by blanks; \"quotes\" around values "
      "with blanks, with \\n and \\xHH inside. Amounts of memory take the units k, m, g (powers of "
      "1000) and kb, mb, gb (powers of 1024). A later line replaces an earlier one. `include path` "
      "reads another file at that place, and the path may have wildcards. `user`, `loadmodule` and "
      "`rename-command` lines are as in Redis.",
      out);
  for (const OptionTopic& topic : option_topics()) {
    if (!has_documented(topic, Effect::full)) continue;
    add_heading(topic.title, out);
    for_each_documented(topic, Effect::full, [&out](const Option& o) { add_option(o, out); });
  }
  add_heading("Accepted, without effect", out);
  out += '\n';
  add_comment(
      "Redis has these, and a configuration written for it may: they are validated, kept, and "
      "shown "
      "by CONFIG GET. The log names those that a file sets.",
      out);
  for (const OptionTopic& topic : option_topics()) {
    for_each_documented(topic, Effect::accepted, [&out](const Option& o) { add_option(o, out); });
  }
  return out;
}

std::string option_docs_text() {
  std::string out =
      "# Configuration\n\n"
      "<!-- Generated from the table of options: tidemark-server --print-option-docs -->\n\n"
      "Options are set in a file, on the command line (`--name value`), and while the server runs "
      "with `CONFIG SET`, where the column \"changes\" says live. `CONFIG REWRITE` writes them "
      "back "
      "into the file. The names, values and defaults are those of Redis 7.2 wherever Redis has the "
      "option. Amounts of memory are in bytes and take the units k, m, g (powers of 1000) and kb, "
      "mb, gb (powers of 1024).\n";
  add_tables(Effect::full, "## ", out);
  out +=
      "\n## Accepted, without effect\n\n"
      "A configuration written for Redis may have these. They are validated, kept, and shown by "
      "`CONFIG GET`, and the log names those that a file sets.\n";
  add_tables(Effect::accepted, "### ", out);
  return out;
}

}  // namespace tidemark::server
