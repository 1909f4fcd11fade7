#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

#include "protocol/reply.hpp"
#include "server/command/key_spec.hpp"
#include "server/command/syntax.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

class ArgReader;
class Context;
class FoundKeys;

using protocol::Reply;

// How a command may be used; the names of COMMAND INFO.
enum class Flag : uint64_t {
  none = 0,
  write = 1U << 0,
  readonly = 1U << 1,
  deny_oom = 1U << 2,  // refused when memory is short
  admin = 1U << 3,
  pubsub = 1U << 4,
  no_script = 1U << 5,
  blocking = 1U << 6,
  loading = 1U << 7,  // allowed while data is loaded at start
  stale = 1U << 8,
  skip_monitor = 1U << 9,
  skip_slowlog = 1U << 10,
  asking = 1U << 11,
  fast = 1U << 12,
  no_auth = 1U << 13,  // allowed before AUTH
  may_replicate = 1U << 14,
  no_async_loading = 1U << 15,
  no_multi = 1U << 16,
  allow_busy = 1U << 17,
  no_mandatory_keys = 1U << 18,
  is_protected = 1U << 19,  // needs enable-debug-command or the like
  sentinel = 1U << 20,
  only_sentinel = 1U << 21,
  system = 1U << 22,  // of no use to people: COMMAND DOCS says syscmd
  touches_arbitrary_keys = 1U << 23,
  // Ours; COMMAND INFO does not show these.
  hidden_args = 1U << 24,       // arguments are secrets: MONITOR and SLOWLOG redact them
  loads_user = 1U << 25,        // the user at the first key must be in memory before it runs
  writes_user = 1U << 26,       // adds to what the read-state store has yet to take
  ignores_pause = 1U << 27,     // runs under CLIENT PAUSE
  rewrites_session = 1U << 28,  // may change how later commands of the pipeline are parsed
  at_once = 1U << 29,           // runs when it comes, also between MULTI and EXEC
  runs_queue = 1U << 30,        // EXEC: is what the queued commands are, and shown behind them
  // Waits for the store, and changes nothing that others see: in a transaction it is done when the
  // rest has run.
  after_transaction = uint64_t{1} << 31,
  tells_health = uint64_t{1} << 32,     // PING: fails where writes do because the last snapshot did
  may_write = uint64_t{1} << 33,        // a script: what it writes is known when it does
  for_subscribers = uint64_t{1} << 34,  // of the few that a RESP2 client with subscriptions may use
};

constexpr Flag operator|(Flag a, Flag b) {
  return static_cast<Flag>(static_cast<uint64_t>(a) | static_cast<uint64_t>(b));
}
constexpr bool has(Flag set, Flag flag) {
  return (static_cast<uint64_t>(set) & static_cast<uint64_t>(flag)) != 0;
}

// ACL categories that do not follow from flags and group.
enum class Category : uint32_t {
  none = 0,
  keyspace = 1U << 0,
  read = 1U << 1,
  write = 1U << 2,
  set = 1U << 3,
  sorted_set = 1U << 4,
  list = 1U << 5,
  hash = 1U << 6,
  string = 1U << 7,
  bitmap = 1U << 8,
  hyperloglog = 1U << 9,
  geo = 1U << 10,
  stream = 1U << 11,
  pubsub = 1U << 12,
  admin = 1U << 13,
  fast = 1U << 14,
  slow = 1U << 15,
  blocking = 1U << 16,
  dangerous = 1U << 17,
  connection = 1U << 18,
  transaction = 1U << 19,
  scripting = 1U << 20,
  read_state = 1U << 21,
};

constexpr Category operator|(Category a, Category b) {
  return static_cast<Category>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr bool has(Category set, Category category) {
  return (static_cast<uint32_t>(set) & static_cast<uint32_t>(category)) != 0;
}

// What COMMAND DOCS calls the group.
enum class Group : uint8_t {
  generic,
  string,
  list,
  set,
  sorted_set,
  hash,
  pubsub,
  transactions,
  connection,
  server,
  scripting,
  hyperloglog,
  cluster,
  sentinel,
  geo,
  stream,
  bitmap,
  read_state,
};

// Where a command runs.
enum class Scope : uint8_t {
  keys,  // on the owner of its keys; with every owner's partition at hand where there are several
  home,  // on the core of the client's connection
  all_cores,  // with every core stopped at one point of the order
  script,     // as `keys`, or as `all_cores` while scripts may use any key:
              // Router::scripts_use_any_key
};

// How the parts of a command that is split over the owners of its keys become one reply.
enum class Merge : uint8_t {
  none,  // it is not split: keys on several cores are reached together, atomically
  sum,   // each owner runs it with its own keys; the integers are added
};

// The number of arguments, the name included, as Redis counts: at least n is -n.
struct Arity {
  int16_t value = -1;
  constexpr bool accepts(size_t count) const {
    return value >= 0 ? count == static_cast<size_t>(value) : count >= static_cast<size_t>(-value);
  }
};
constexpr Arity exactly(int16_t n) { return {n}; }
constexpr Arity at_least(int16_t n) { return {static_cast<int16_t>(-n)}; }

// Short lists inside a declaration.
template <typename T, size_t kMax>
class Few {
 public:
  constexpr Few() = default;
  constexpr Few(std::initializer_list<T> items) : size_(items.size()) {
    size_t i = 0;
    for (const T& item : items) items_[i++] = item;
  }
  constexpr std::span<const T> all() const { return {items_.data(), size_}; }

 private:
  std::array<T, kMax> items_{};
  size_t size_ = 0;
};

struct Deprecation {
  Bytes since;
  Bytes instead;
};

// One command or subcommand: all that is known of it, declared once, under its function.
struct Command {
  Bytes name;  // lower case; a subcommand's without its parent's
  Bytes summary;
  Bytes since;
  Bytes complexity;
  Deprecation deprecated;
  Group group = Group::generic;
  Arity arity;
  Flag flags = Flag::none;
  Category categories = Category::none;
  // What notifications of the keyspace call the changes that it makes to values; empty where they
  // do not tell of them. A command that has several names for them says so as it goes
  // (Context::name_changes()).
  Bytes event;
  KeySpecs keys;
  // Where `keys` alone cannot tell the keys or what is done to them: finds them all. Returns false
  // where the arguments make no sense.
  bool (*find_keys)(std::span<const Bytes> args, FoundKeys& found) = nullptr;
  // The arguments, in the notation of server/command/syntax.hpp.
  Bytes syntax;
  Few<Bytes, 3> tips;
  Scope scope = Scope::keys;
  Merge merge = Merge::none;
  // Whether a call may touch keys that it does not name (SORT's patterns): it runs with every core
  // stopped. Null: it never does.
  bool (*reaches_beyond)(std::span<const Bytes> args) = nullptr;
  // Refuses a call for what its arguments say: before any part of it runs (Merge::sum), so that a
  // command that fails changes nothing; before its user is loaded (Flag::loads_user).
  std::optional<Reply> (*check)(ArgReader&) = nullptr;
  // For commands without keys that belong to one core: which one, for these arguments.
  uint32_t (*owner)(std::span<const Bytes> args, uint32_t cores) = nullptr;
  // With Flag::hidden_args: whether the argument at this position is a secret. Null: all behind the
  // name are.
  bool (*is_secret)(std::span<const Bytes> args, size_t position) = nullptr;
  Reply (*run)(Context&, ArgReader&) = nullptr;
  std::span<const Command> subcommands;
};

// As far as the compiler can tell: with sanitizers, GCC will not say of a function declared
// elsewhere that it has an address (gcc.gnu.org/PR71962).
constexpr bool is_null(Reply (*run)(Context&, ArgReader&)) {
  return __builtin_constant_p(run == nullptr) && run == nullptr;
}
constexpr bool is_null(std::optional<Reply> (*check)(ArgReader&)) {
  return __builtin_constant_p(check == nullptr) && check == nullptr;
}

// What a family's declarations must hold; checked where they stand, at compile time.
constexpr bool well_formed(std::span<const Command> commands) {
  for (const Command& command : commands) {
    if (command.name.empty() || command.summary.empty() || command.since.empty()) return false;
    for (const char c : command.name) {
      if (c >= 'A' && c <= 'Z') return false;
    }
    if (is_null(command.run) && command.subcommands.empty()) return false;
    if (command.arity.value == 0) return false;
    if (has(command.flags, Flag::write) && has(command.flags, Flag::readonly)) return false;
    if (!check_syntax(command.syntax, command.keys.all().size())) return false;
    if (command.merge != Merge::none && is_null(command.check)) return false;
    if (!well_formed(command.subcommands)) return false;
  }
  return true;
}

}  // namespace tidemark::server
