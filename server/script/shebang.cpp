#include "server/script/shebang.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "server/config/words.hpp"

namespace tidemark::server::script {

namespace {

constexpr std::array<std::pair<Bytes, ScriptFlag>, 5> kFlags{{
    {"no-writes", ScriptFlag::no_writes},
    {"allow-oom", ScriptFlag::allow_oom},
    {"allow-stale", ScriptFlag::allow_stale},
    {"no-cluster", ScriptFlag::no_cluster},
    {"allow-cross-slot-keys", ScriptFlag::allow_cross_slot_keys},
}};

constexpr Bytes kFlagsOption = "flags=";

// Adds what "flags=..." names; what is wrong, or nothing.
std::string add_flags(Bytes list, ScriptFlag& flags) {
  if (list.empty()) return {};
  for (bool more = true; more;) {
    const size_t comma = list.find(',');
    more = comma != Bytes::npos;
    const Bytes name = list.substr(0, comma);
    const auto flag = find_flag(name);
    if (!flag) return fmt::format("ERR Unexpected flag in script shebang: {}", name);
    flags = flags | *flag;
    if (more) list.remove_prefix(comma + 1);
  }
  return {};
}

}  // namespace

std::optional<ScriptFlag> find_flag(Bytes name) {
  for (const auto& [known, flag] : kFlags) {
    if (known == name) return flag;
  }
  return std::nullopt;
}

std::vector<Bytes> names_of(ScriptFlag flags) {
  std::vector<Bytes> names;
  for (const auto& [name, flag] : kFlags) {
    if (has(flags, flag)) names.push_back(name);
  }
  return names;
}

std::optional<FirstLine> read_first_line(Bytes code, bool& whole) {
  whole = true;
  if (!code.starts_with("#!")) return std::nullopt;
  const size_t end = code.find('\n');
  whole = end != Bytes::npos;
  if (!whole) return std::nullopt;
  FirstLine line{.words = {}, .rest = code.substr(end)};
  if (!split_words(code.substr(0, end), line.words)) line.words.clear();
  return line;
}

Script read_script(Bytes body) {
  bool whole = true;
  const auto line = read_first_line(body, whole);
  if (!whole) return {.code = {}, .error = "ERR Invalid script shebang"};
  if (!line) return {.code = body, .error = {}};
  Script script{.flags = ScriptFlag::none, .code = line->rest, .error = {}};
  if (line->words.empty()) {
    script.error = "ERR Invalid engine in script shebang";
  } else if (line->words.front() != "#!lua") {
    script.error = fmt::format("ERR Unexpected engine in script shebang: {}", line->words.front());
  }
  for (size_t i = 1; i < line->words.size() && script.error.empty(); ++i) {
    const Bytes word = line->words[i];
    script.error = word.starts_with(kFlagsOption)
                       ? add_flags(word.substr(kFlagsOption.size()), script.flags)
                       : fmt::format("ERR Unknown lua shebang option: {}", word);
  }
  return script;
}

}  // namespace tidemark::server::script
