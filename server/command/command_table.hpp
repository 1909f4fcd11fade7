#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/command/command.hpp"
#include "server/command/command_names.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// A place in the table: a declaration and what follows from it.
struct CommandEntry {
  const Command* command = nullptr;
  const CommandEntry* parent = nullptr;  // the container, of a subcommand
  std::string name;                      // what it is called: its own name, or what it was renamed
  std::string full_name;                 // its own, with the container's: "get", "config|get"
  uint16_t index = 0;                    // from 0 without gaps: for arrays of one row per command
  bool movable_keys = false;             // COMMAND INFO's first key, last key and step are not all
  Category categories = Category::none;  // the declared ones, and those of flags and group
  std::span<const CommandEntry> subcommands;

  // How many words the name takes up among the arguments: the `skip` of ArgReader.
  size_t words() const { return parent == nullptr ? 1 : 2; }
};

// The positions of the keys as Redis told them before there were specifications; all 0 where there
// are none at fixed places.
struct KeyRange {
  int first = 0;
  int last = 0;
  int step = 0;
};
KeyRange key_range_of(const Command& command);

// Every command by its name. Built once at start, then constant: any thread may read it.
// Lookup is by open addressing, eight letters at a time: hash and comparison see the first and the
// last eight bytes in lower case, which is the whole name up to sixteen.
class CommandTable {
 public:
  // The declarations must outlive the table. ENSUREs that no name comes twice. Commands without a
  // name are left out.
  explicit CommandTable(std::span<const std::span<const Command>> families,
                        const CommandNames& names = {});
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  // The longest name there may be.
  static constexpr size_t kNameMax = 0xffff;

  // By what it is called, in any case of letters; nullptr where there is none.
  const CommandEntry* find(Bytes name) const { return find_in(0, name); }
  const CommandEntry* find_subcommand(const CommandEntry& parent, Bytes name) const {
    return find_in(static_cast<uint16_t>(parent.index + 1), name);
  }
  // As COMMAND INFO is asked: "get", "config|get".
  const CommandEntry* find_full(Bytes full_name) const;
  // What `args` call: the command, or the subcommand where a container has words after it.
  // nullptr where the command or the subcommand is unknown: see unknown_error().
  const CommandEntry* find_call(std::span<const Bytes> args) const;

  // In the order of the families; a container's subcommands stand in its entry.
  std::span<const CommandEntry> commands() const { return {entries_.data(), top_level_}; }
  // With the subcommands, by index.
  std::span<const CommandEntry> all() const { return entries_; }

 private:
  // What a lookup compares at once: the ends of a name in lower case tell nearly all names apart.
  struct Name {
    uint64_t head = 0;    // the first eight bytes, or all and zeros
    uint64_t tail = 0;    // of more than eight: the last eight
    uint16_t parent = 0;  // 0, or 1 + the index of the container
    uint16_t size = 0;
    friend bool operator==(const Name&, const Name&) = default;
  };
  struct Slot {
    Name name;
    uint16_t entry = kFree;
  };
  static constexpr uint16_t kFree = 0xffff;

  static Name name_of(uint16_t parent, Bytes text);
  static size_t hash(const Name& name);

  void add(const Command& command, Bytes name, const CommandEntry* parent);
  void index_entries();
  const CommandEntry* find_in(uint16_t parent, Bytes name) const;

  std::vector<CommandEntry> entries_;  // the top level first, then the subcommands
  size_t top_level_ = 0;
  std::vector<Slot> slots_;  // a power of two, at most half full
  size_t mask_ = 0;
};

// The errors of what is wrong before a command runs, to the letter those of Redis.
// Where the command, or a container's subcommand, does not exist.
std::string unknown_error(const CommandTable& table, std::span<const Bytes> args);
std::string wrong_arity_error(const CommandEntry& entry);

}  // namespace tidemark::server
