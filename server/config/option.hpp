#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config/settings.hpp"

namespace tidemark::server {

// The declaration of an option. One constexpr row each, in server/config/options/, refers to a
// member of Settings; the parser, CONFIG GET, SET and REWRITE, conf/tidemark.conf and
// docs/configuration.md follow from the rows.

// What is wrong with a value, or null. Points to a literal.
using Complaint = const char*;

struct BoolType {
  bool Settings::*member;
};

// What an integer counts; told in the documentation, and octal is also how it is read and shown.
enum class Unit : uint8_t { plain, seconds, milliseconds, microseconds, percent, octal };

struct IntegerType {
  int64_t Settings::*member;
  int64_t min = 0;
  int64_t max = std::numeric_limits<int32_t>::max();
  Unit unit = Unit::plain;
  // A value within min and max, but outside of these, is accepted and brought to the nearer one.
  int64_t kept_min = std::numeric_limits<int64_t>::min();
  int64_t kept_max = std::numeric_limits<int64_t>::max();
};

// An amount in bytes; written with the units b, k, kb, m, mb, g and gb, shown without.
struct MemoryType {
  uint64_t Settings::*member;
  uint64_t min = 0;
  uint64_t max = std::numeric_limits<int64_t>::max();
  uint64_t kept_min = 0;  // as in IntegerType
};

struct MemoryOrPercentType {
  MemoryOrPercent Settings::*member;
};

struct StringType {
  std::string Settings::*member;
  Complaint (*check)(std::string_view) = nullptr;
};

struct EnumWord {
  std::string_view word;
  int value;
};

struct EnumType {
  int (*get)(const Settings&);
  void (*set)(Settings&, int);
  std::span<const EnumWord> words;  // where two have one value, the first is shown
  Complaint (*check)(int) = nullptr;
};

// Where a value comes from. `save` in a file adds to the lines before, in a command it replaces.
enum class Origin : uint8_t { first_in_file, again_in_file, command };
// Whether a directive takes exactly one argument, or any number of words.
enum class Words : uint8_t { one, many };

// An option with a syntax of its own.
struct CustomType {
  // Reads `words` into the settings; returns what is wrong, leaving them in any valid state.
  std::optional<std::string> (*read)(std::span<const std::string> words, Origin, Settings&);
  std::string (*show)(const Settings&);
  // What REWRITE writes after the name, one string a line. Null: show(), quoted where Words::one.
  std::vector<std::string> (*lines)(const Settings&) = nullptr;
  Words words = Words::many;
  std::string_view syntax;        // for the documentation
  std::string_view default_text;  // for the documentation, where show() depends on the process
};

using OptionType = std::variant<BoolType, IntegerType, MemoryType, MemoryOrPercentType, StringType,
                                EnumType, CustomType>;

// live: CONFIG SET may change it. The others are fixed once the process runs; startup: CONFIG SET
// refuses them, as Redis does with its own; startup_of_ours: it accepts the value they have, so
// that a program for Redis which sets again what it read, without what it knows to be fixed,
// succeeds.
enum class Change : uint8_t { live, startup, startup_of_ours };
// locked: CONFIG SET needs `enable-protected-configs`.
enum class Guard : uint8_t { open, locked };
// refused: CONFIG SET has to wait until the data of the last run is there.
enum class WhileLoading : uint8_t { allowed, refused };
// hidden: CONFIG GET shows it to its exact name only, and it is not documented.
enum class Visibility : uint8_t { shown, hidden };
// secret: logs, MONITOR and SLOWLOG must not show the value.
enum class Privacy : uint8_t { open, secret };
// accepted: kept, shown and validated, but without effect here.
enum class Effect : uint8_t { full, accepted };

struct Option {
  std::string_view name;
  std::string_view alias = {};  // another name for the same option, or empty
  OptionType type;
  Change change = Change::live;
  Guard guard = Guard::open;
  WhileLoading while_loading = WhileLoading::allowed;
  Visibility visibility = Visibility::shown;
  Privacy privacy = Privacy::open;
  Effect effect = Effect::full;
  std::string_view doc;  // whole sentences; empty only for hidden options
};

// Makes the type of an enum's row from its member.
template <auto Member>
constexpr EnumType enum_type(std::span<const EnumWord> words, Complaint (*check)(int) = nullptr) {
  return EnumType{
      .get = [](const Settings& settings) { return static_cast<int>(settings.*Member); },
      .set =
          [](Settings& settings, int value) {
            using Enum = std::remove_reference_t<decltype(settings.*Member)>;
            settings.*Member = static_cast<Enum>(value);
          },
      .words = words,
      .check = check,
  };
}

template <typename Enum>
constexpr EnumWord word(std::string_view text, Enum value) {
  return EnumWord{text, static_cast<int>(value)};
}

}  // namespace tidemark::server
