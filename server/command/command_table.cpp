#include "server/command/command_table.hpp"

#include <bit>
#include <cstring>

#include "server/command/arg_reader.hpp"
#include "storage/base/ensure.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

constexpr uint64_t kEachByte = 0x0101010101010101;

// The eight bytes of `word` with 'A' to 'Z' made 'a' to 'z', all at once.
uint64_t lower_case(uint64_t word) {
  const uint64_t ascii = word & (0x7f * kEachByte);
  const uint64_t from_a = ascii + (0x80 - 'A') * kEachByte;      // the top bit: at least 'A'
  const uint64_t past_z = ascii + (0x80 - 'Z' - 1) * kEachByte;  // the top bit: above 'Z'
  const uint64_t upper = from_a & ~past_z & ~word & (0x80 * kEachByte);
  return word | (upper >> 2);
}

uint64_t load(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// 1 to 7 bytes, without reading past them.
uint64_t load_short(const char* from, size_t size) {
  const auto byte = [&](size_t i) { return uint64_t{static_cast<unsigned char>(from[i])}; };
  if (size < 4) {
    return byte(0) | byte(size / 2) << (size / 2 * 8) | byte(size - 1) << ((size - 1) * 8);
  }
  uint32_t head;
  uint32_t tail;
  std::memcpy(&head, from, sizeof head);
  std::memcpy(&tail, from + size - 4, sizeof tail);
  return head | uint64_t{tail} << ((size - 4) * 8);
}

Category category_of(Group group) {
  switch (group) {
    case Group::string:
      return Category::string;
    case Group::list:
      return Category::list;
    case Group::set:
      return Category::set;
    case Group::sorted_set:
      return Category::sorted_set;
    case Group::hash:
      return Category::hash;
    case Group::transactions:
      return Category::transaction;
    case Group::connection:
      return Category::connection;
    case Group::scripting:
      return Category::scripting;
    case Group::hyperloglog:
      return Category::hyperloglog;
    case Group::geo:
      return Category::geo;
    case Group::stream:
      return Category::stream;
    case Group::bitmap:
      return Category::bitmap;
    case Group::read_state:
      return Category::read_state;
    case Group::pubsub:  // its flag tells
    case Group::generic:
    case Group::server:
    case Group::cluster:
    case Group::sentinel:
      return Category::none;
  }
  return Category::none;
}

Category categories_of(const Command& command) {
  Category all = command.categories;
  // A container does nothing itself.
  if (command.subcommands.empty()) all = all | category_of(command.group);
  const bool script = has(all, Category::scripting);
  if (has(command.flags, Flag::write)) all = all | Category::write;
  if (has(command.flags, Flag::readonly) && !script) all = all | Category::read;
  if (has(command.flags, Flag::admin)) all = all | Category::admin | Category::dangerous;
  if (has(command.flags, Flag::pubsub)) all = all | Category::pubsub;
  if (has(command.flags, Flag::blocking)) all = all | Category::blocking;
  return all | (has(command.flags, Flag::fast) ? Category::fast : Category::slow);
}

bool has_movable_keys(const Command& command) {
  for (const KeySpec& spec : command.keys.all()) {
    if (!std::holds_alternative<StartAt>(spec.start)) return true;
    if (!std::holds_alternative<Walk>(spec.walk)) return true;
    if (spec.extra == KeyExtra::incomplete) return true;
  }
  return false;
}

// `text` cut to `bytes_max`, its line ends made blanks: an error is one line.
std::string one_line(Bytes text, size_t bytes_max) {
  std::string line(text.substr(0, bytes_max));
  for (char& c : line) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  return line;
}

std::string upper_case(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace

KeyRange key_range_of(const Command& command) {
  KeyRange range;
  for (const KeySpec& spec : command.keys.all()) {
    const auto* start = std::get_if<StartAt>(&spec.start);
    const auto* walk = std::get_if<Walk>(&spec.walk);
    if (start == nullptr || walk == nullptr) continue;
    const int last = walk->last < 0 ? walk->last : start->position + walk->last;
    if (range.first == 0) {
      range = {.first = start->position, .last = last, .step = walk->step};
    } else if (start->position == range.last + 1 && walk->step == 1 && range.step == 1) {
      range.last = last;
    }
  }
  return range;
}

CommandTable::CommandTable(std::span<const std::span<const Command>> families,
                           const CommandNames& names) {
  size_t count = 0;
  for (const auto& family : families) {
    for (const Command& command : family) count += 1 + command.subcommands.size();
  }
  ENSURE(count < kFree);
  entries_.reserve(count);  // entries point at each other
  for (const auto& family : families) {
    for (const Command& command : family) {
      if (const Bytes name = names.of(command); !name.empty()) add(command, name, nullptr);
    }
  }
  top_level_ = entries_.size();
  for (size_t i = 0; i < top_level_; ++i) {
    const size_t first = entries_.size();
    for (const Command& command : entries_[i].command->subcommands) {
      add(command, command.name, &entries_[i]);
    }
    entries_[i].subcommands = {entries_.data() + first, entries_.size() - first};
  }
  index_entries();
}

void CommandTable::add(const Command& command, Bytes name, const CommandEntry* parent) {
  CommandEntry entry;
  entry.command = &command;
  entry.parent = parent;
  entry.name = name;
  if (parent != nullptr) entry.full_name.append(parent->full_name).append(1, '|');
  entry.full_name.append(command.name);
  entry.index = static_cast<uint16_t>(entries_.size());
  entry.movable_keys = has_movable_keys(command);
  entry.categories = categories_of(command);
  entries_.push_back(std::move(entry));
}

void CommandTable::index_entries() {
  slots_.resize(std::bit_ceil(entries_.size() * 2 + 1));
  mask_ = slots_.size() - 1;
  for (const CommandEntry& entry : entries_) {
    const Bytes name = entry.name;
    const auto parent =
        static_cast<uint16_t>(entry.parent == nullptr ? 0 : entry.parent->index + 1);
    ENSURE(!name.empty() && name.size() <= kNameMax);
    ENSURE(find_in(parent, name) == nullptr);
    const Name key = name_of(parent, name);
    size_t at = hash(key) & mask_;
    while (slots_[at].entry != kFree) at = (at + 1) & mask_;
    slots_[at] = {.name = key, .entry = entry.index};
  }
}

// REQUIRES: a text of 1 to kNameMax bytes.
CommandTable::Name CommandTable::name_of(uint16_t parent, Bytes text) {
  const size_t size = text.size();
  Name name{.parent = parent, .size = static_cast<uint16_t>(size)};
  if (size < 8) {
    name.head = lower_case(load_short(text.data(), size));
  } else {
    name.head = lower_case(load(text.data()));
    if (size > 8) name.tail = lower_case(load(text.data() + size - 8));
  }
  return name;
}

size_t CommandTable::hash(const Name& name) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  const uint64_t mixed = name.head ^ std::rotl(name.tail, 29) ^ (uint64_t{name.parent} << 48);
  return (mixed * kOdd) >> 32;
}

const CommandEntry* CommandTable::find_in(uint16_t parent, Bytes text) const {
  if (text.empty() || text.size() > kNameMax) return nullptr;
  const Name name = name_of(parent, text);
  for (size_t at = hash(name) & mask_; slots_[at].entry != kFree; at = (at + 1) & mask_) {
    if (slots_[at].name != name) continue;
    const CommandEntry& entry = entries_[slots_[at].entry];
    if (text.size() <= 16 || equals_nocase(entry.name, text)) return &entry;
  }
  return nullptr;
}

const CommandEntry* CommandTable::find_full(Bytes full_name) const {
  const size_t bar = full_name.find('|');
  const CommandEntry* entry = find(full_name.substr(0, bar));
  if (entry == nullptr || bar == Bytes::npos) return entry;
  return find_subcommand(*entry, full_name.substr(bar + 1));
}

const CommandEntry* CommandTable::find_call(std::span<const Bytes> args) const {
  if (args.empty()) return nullptr;
  const CommandEntry* entry = find(args[0]);
  if (entry == nullptr || entry->subcommands.empty() || args.size() == 1) return entry;
  return find_subcommand(*entry, args[1]);
}

std::string unknown_error(const CommandTable& table, std::span<const Bytes> args) {
  constexpr size_t kQuotedMax = 128;
  const CommandEntry* container = table.find(args[0]);
  if (container != nullptr) {
    return "ERR unknown subcommand '" + one_line(args[1], kQuotedMax) + "'. Try " +
           upper_case(container->name) + " HELP.";
  }
  std::string shown;
  for (size_t i = 1; i < args.size() && shown.size() < kQuotedMax; ++i) {
    shown += '\'' + one_line(args[i], kQuotedMax - shown.size()) + "' ";
  }
  return "ERR unknown command '" + one_line(args[0], kQuotedMax) +
         "', with args beginning with: " + shown;
}

std::string wrong_arity_error(const CommandEntry& entry) {
  return "ERR wrong number of arguments for '" + entry.full_name + "' command";
}

}  // namespace tidemark::server
