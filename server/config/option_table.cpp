#include "server/config/option_table.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "server/config/options/topics.hpp"
#include "server/config/value_text.hpp"
#include "server/config/words.hpp"
#include "storage/base/ensure.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {
namespace {

constexpr uint64_t kBytesMax = std::numeric_limits<int64_t>::max();

std::string range_error(const std::string& min, const std::string& max) {
  return "argument must be between " + min + " and " + max + " inclusive";
}

std::string octal_text(int64_t value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, 8);
  ENSURE(error == std::errc());
  return std::string(buffer, end);
}

std::optional<int64_t> parse_octal(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string integer_text(const IntegerType& type, int64_t value) {
  return type.unit == Unit::octal ? octal_text(value) : std::to_string(value);
}

// Reads a value of each type; the overloads' contract is that of read_value().
struct Reader {
  std::span<const std::string> words;
  Origin origin;
  Settings& settings;

  using Error = std::optional<std::string>;
  const std::string& only() const { return words.front(); }

  Error operator()(const BoolType& type) const {
    const bool yes = equals_nocase(only(), "yes");
    if (!yes && !equals_nocase(only(), "no")) return "argument must be 'yes' or 'no'";
    settings.*type.member = yes;
    return std::nullopt;
  }

  Error operator()(const IntegerType& type) const {
    const bool octal = type.unit == Unit::octal;
    const std::optional<int64_t> value = octal ? parse_octal(only()) : parse_int64(only());
    if (!value) {
      return octal ? "argument couldn't be parsed as an octal number"
                   : "argument couldn't be parsed into an integer";
    }
    if (*value < type.min || *value > type.max) {
      return range_error(integer_text(type, type.min), integer_text(type, type.max));
    }
    settings.*type.member = std::clamp(*value, type.kept_min, type.kept_max);
    return std::nullopt;
  }

  Error operator()(const MemoryType& type) const {
    const std::optional<uint64_t> value = parse_memory(only());
    if (!value) return "argument must be a memory value";
    if (*value < type.min || *value > type.max) {
      return range_error(std::to_string(type.min), std::to_string(type.max));
    }
    settings.*type.member = std::max(*value, type.kept_min);
    return std::nullopt;
  }

  Error operator()(const MemoryOrPercentType& type) const {
    static constexpr std::string_view kComplaint = "argument must be a memory or percent value";
    std::string_view text = only();
    if (!text.ends_with('%')) {
      const std::optional<uint64_t> bytes = parse_memory(text);
      if (!bytes) return std::string(kComplaint);
      if (*bytes > kBytesMax) return range_error("0", std::to_string(kBytesMax));
      settings.*type.member = {.bytes = *bytes};
      return std::nullopt;
    }
    text.remove_suffix(1);
    const std::optional<uint64_t> percent = parse_uint64(text);
    if (!percent) return std::string(kComplaint);
    if (*percent > 100) return "percentage argument must be less or equal to 100";
    settings.*type.member = {.percent = static_cast<uint8_t>(*percent)};
    return std::nullopt;
  }

  Error operator()(const StringType& type) const {
    if (type.check != nullptr) {
      if (const Complaint complaint = type.check(only())) return complaint;
    }
    settings.*type.member = only();
    return std::nullopt;
  }

  Error operator()(const EnumType& type) const {
    for (const EnumWord& entry : type.words) {
      if (!equals_nocase(entry.word, only())) continue;
      if (type.check != nullptr) {
        if (const Complaint complaint = type.check(entry.value)) return complaint;
      }
      type.set(settings, entry.value);
      return std::nullopt;
    }
    std::string error = "argument(s) must be one of the following: ";
    for (const EnumWord& entry : type.words) {
      if (&entry != type.words.data()) error += ", ";
      error += entry.word;
    }
    return error;
  }

  Error operator()(const CustomType& type) const {
    Settings changed = settings;
    if (Error error = type.read(words, origin, changed)) return error;
    settings = std::move(changed);
    return std::nullopt;
  }
};

struct Shower {
  const Settings& settings;

  std::string operator()(const BoolType& type) const {
    return std::string(yes_no(settings.*type.member));
  }
  std::string operator()(const IntegerType& type) const {
    return integer_text(type, settings.*type.member);
  }
  std::string operator()(const MemoryType& type) const {
    return std::to_string(settings.*type.member);
  }
  std::string operator()(const MemoryOrPercentType& type) const {
    const MemoryOrPercent& value = settings.*type.member;
    return value.percent != 0 ? std::to_string(value.percent) + '%' : std::to_string(value.bytes);
  }
  std::string operator()(const StringType& type) const { return settings.*type.member; }
  std::string operator()(const EnumType& type) const {
    for (const EnumWord& entry : type.words) {
      if (entry.value == type.get(settings)) return std::string(entry.word);
    }
    ENSURE(!"an enum holds a value that its row does not name");
    return {};
  }
  std::string operator()(const CustomType& type) const { return type.show(settings); }
};

// A name for the operating system ends at a zero byte, so that what is shown would not be what is
// used. Passwords are compared as bytes and may have one.
bool has_misleading_zero(const Option& option, std::span<const std::string> words) {
  return option.privacy == Privacy::open &&
         std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word.find('\0') != std::string::npos; });
}

bool takes_one_word(const OptionType& type) {
  const auto* const custom = std::get_if<CustomType>(&type);
  return custom == nullptr || custom->words == Words::one;
}

std::unordered_map<std::string, const Option*> index_by_name() {
  std::unordered_map<std::string, const Option*> index;
  for (const OptionTopic& topic : option_topics()) {
    for (const Option& option : topic.options) {
      ENSURE(index.emplace(option.name, &option).second);
      if (!option.alias.empty()) ENSURE(index.emplace(option.alias, &option).second);
    }
  }
  return index;
}

}  // namespace

std::span<const OptionTopic> option_topics() {
  static const OptionTopic kTopics[] = {
      {"Network", network_options()},
      {"The process", process_options()},
      {"Read states and their store", readstate_options()},
      {"Memory", memory_options()},
      {"Clients", client_options()},
      {"Security", security_options()},
      {"Log", logging_options()},
      {"Slow commands and latency", latency_options()},
      {"Scripts", script_options()},
      {"Encodings", encoding_options()},
      {"Snapshots", snapshot_options()},
      {"TLS", tls_options()},
      {"Append only file", append_only_options()},
      {"Replication", replication_options()},
      {"Cluster", cluster_options()},
  };
  return kTopics;
}

const Option* find_option(std::string_view name) {
  static const std::unordered_map<std::string, const Option*> kIndex = index_by_name();
  const auto found = kIndex.find(lower_case(name));
  return found == kIndex.end() ? nullptr : found->second;
}

std::optional<std::string> read_value(const Option& option, std::span<const std::string> words,
                                      Origin origin, Settings& settings) {
  if (has_misleading_zero(option, words)) return "argument must not contain a zero byte";
  if (takes_one_word(option.type)) {
    if (words.size() != 1) return "wrong number of arguments";
    return std::visit(Reader{words, origin, settings}, option.type);
  }
  if (words.size() != 1) return std::visit(Reader{words, origin, settings}, option.type);
  const std::vector<std::string> pieces = split_at_spaces(words.front());
  return std::visit(Reader{pieces, origin, settings}, option.type);
}

std::string show_value(const Option& option, const Settings& settings) {
  return std::visit(Shower{settings}, option.type);
}

std::vector<std::string> value_lines(const Option& option, const Settings& settings) {
  if (const auto* const custom = std::get_if<CustomType>(&option.type)) {
    if (custom->lines != nullptr) return custom->lines(settings);
    const std::string text = custom->show(settings);
    return {custom->words == Words::one ? as_word(text) : text};
  }
  if (const auto* const memory = std::get_if<MemoryType>(&option.type)) {
    return {memory_text(settings.*memory->member)};
  }
  if (std::holds_alternative<StringType>(option.type))
    return {as_word(show_value(option, settings))};
  return {show_value(option, settings)};
}

}  // namespace tidemark::server
