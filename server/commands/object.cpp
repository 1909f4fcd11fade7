// OBJECT: how a value is kept, and how it is used.

#include <cstdint>
#include <limits>

#include "server/command/arg_reader.hpp"
#include "server/command/command_table.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/encoding_name.hpp"
#include "server/commands/families.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;

Reply object_encoding(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const Entry* entry = ctx.find_to_describe(key);
  return entry != nullptr ? Reply::bulk(encoding_name(ctx.settings(), *entry)) : Reply::null();
}

constexpr Command kObjectEncoding{
    .name = "encoding",
    .summary = "Tells how a value is encoded.",
    .since = "2.2.3",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(3),
    .flags = Flag::readonly,
    .categories = Category::keyspace,
    .keys = {key_at(2, Access::inspect)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output"},
    .run = object_encoding,
};

bool counts_frequency(const storage::RecencyClock& clock) {
  return clock.recency() == storage::Recency::lfu;
}

Reply object_freq(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  const Entry* entry = ctx.find_to_describe(key);
  if (entry == nullptr) return Reply::null();
  const storage::RecencyClock& clock = ctx.keyspace(key).clock();
  if (!counts_frequency(clock)) {
    return Reply::error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  }
  return Reply::integer(clock.frequency(ctx.database(key).stamp(ctx.hashed(key))));
}

constexpr Command kObjectFreq{
    .name = "freq",
    .summary = "Tells the logarithmic count of how often a key is used.",
    .since = "4.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(3),
    .flags = Flag::readonly,
    .categories = Category::keyspace,
    .keys = {key_at(2, Access::inspect)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output"},
    .run = object_freq,
};

Reply object_idletime(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  const Entry* entry = ctx.find_to_describe(key);
  if (entry == nullptr) return Reply::null();
  if (counts_frequency(ctx.keyspace(key).clock())) {
    return Reply::error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  const int64_t idle_seconds = ctx.now_ms() / 1000 - int64_t{entry->access_seconds()};
  return Reply::integer(idle_seconds > 0 ? idle_seconds : 0);
}

constexpr Command kObjectIdletime{
    .name = "idletime",
    .summary = "Tells how many seconds ago a key was last used.",
    .since = "2.2.3",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(3),
    .flags = Flag::readonly,
    .categories = Category::keyspace,
    .keys = {key_at(2, Access::inspect)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output"},
    .run = object_idletime,
};

// Redis has one object for each of these and answers that everybody refers to it, unless a policy
// wants to know of each key when or how often it was used. Programs look for that; here no value is
// shared, and a small integer takes no memory of its own either.
constexpr int64_t kSharedIntegers = 10000;
constexpr int64_t kSharedReferences = std::numeric_limits<int32_t>::max();

bool policy_wants_recency(const Settings& settings) {
  using Policy = MaxmemoryPolicy;
  const auto policy = settings.maxmemory_policy;
  return settings.maxmemory > 0 &&
         (policy == Policy::allkeys_lru || policy == Policy::allkeys_lfu ||
          policy == Policy::volatile_lru || policy == Policy::volatile_lfu);
}

Reply object_refcount(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const Entry* entry = ctx.find_to_describe(key);
  if (entry == nullptr) return Reply::null();
  const bool small = entry->type() == storage::ValueType::string && entry->is_integer() &&
                     entry->integer() >= 0 && entry->integer() < kSharedIntegers;
  return Reply::integer(small && !policy_wants_recency(ctx.settings()) ? kSharedReferences : 1);
}

constexpr Command kObjectRefcount{
    .name = "refcount",
    .summary = "Tells the number of references to a value.",
    .since = "2.2.3",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(3),
    .flags = Flag::readonly,
    .categories = Category::keyspace,
    .keys = {key_at(2, Access::inspect)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output"},
    .run = object_refcount,
};

Reply object_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kObjectHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::keyspace,
    .scope = Scope::home,
    .run = object_help,
};

constexpr Command kObjectCommands[] = {kObjectEncoding, kObjectFreq, kObjectHelp, kObjectIdletime,
                                       kObjectRefcount};

constexpr Command kObject{
    .name = "object",
    .summary = "A container for commands about how values are kept.",
    .since = "2.2.3",
    .complexity = "Depends on the subcommand.",
    .group = Group::generic,
    .arity = at_least(2),
    .subcommands = kObjectCommands,
};

constexpr Command kCommands[] = {kObject};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> object_commands() { return kCommands; }

}  // namespace tidemark::server
