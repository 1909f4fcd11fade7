// Parts of strings, and their length.

#include <algorithm>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/string_edit.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;
using storage::IfAbsent;
using storage::String;
using storage::ValueType;

size_t length_max(const Context& ctx) {
  return static_cast<size_t>(ctx.settings().proto_max_bulk_len);
}

Reply append(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes tail = args.next();
  if (args.failed()) return args.error();

  auto string = ctx.database(key).edit<String>(ctx.hashed(key), IfAbsent::create);
  if (!string) return error_reply(string.error());
  if ((*string)->origin() == storage::Origin::created) {
    (*string)->assign(tail);
    return Reply::integer(static_cast<int64_t>(tail.size()));
  }
  const Result<size_t> length = (*string)->append(tail, length_max(ctx));
  return length ? Reply::integer(static_cast<int64_t>(*length)) : error_reply(length.error());
}

constexpr Command kAppend{
    .name = "append",
    .summary = "Appends to a string, creating it when the key is absent.",
    .since = "2.0.0",
    .complexity = "O(N) in the bytes appended",
    .group = Group::string,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "append",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key value",
    .run = append,
};

Reply getrange(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  int64_t start = args.next_integer();
  int64_t end = args.next_integer();
  if (args.failed()) return args.error();

  Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return Reply::bulk({});
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  IntegerText scratch;
  const Bytes text = entry->text(scratch);
  const auto length = static_cast<int64_t>(text.size());
  if (start < 0 && end < 0 && start > end) return Reply::bulk({});
  if (start < 0) start = std::max<int64_t>(start + length, 0);
  if (end < 0) end = std::max<int64_t>(end + length, 0);
  end = std::min(end, length - 1);
  if (start > end || length == 0) return Reply::bulk({});
  const Bytes part = text.substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1));
  // An integer's text is in this function's own scratch.
  return entry->is_integer() ? Reply::bulk_copy(part) : Reply::bulk(part);
}

constexpr Command kGetrange{
    .name = "getrange",
    .summary = "Returns part of a string.",
    .since = "2.4.0",
    .complexity = "O(N) in the bytes returned",
    .group = Group::string,
    .arity = exactly(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key start:integer end:integer",
    .run = getrange,
};

Reply setrange(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t offset = args.next_integer();
  const Bytes value = args.next();
  if (args.failed()) return args.error();
  if (offset < 0) return error_reply(Errc::out_of_range);

  // Writing nothing creates nothing, however far out.
  auto string = ctx.database(key).edit<String>(ctx.hashed(key),
                                               value.empty() ? IfAbsent::leave : IfAbsent::create);
  if (!string) return error_reply(string.error());
  if (!*string) return Reply::integer(0);
  const Result<size_t> length =
      (*string)->set_range(static_cast<size_t>(offset), value, length_max(ctx));
  return length ? Reply::integer(static_cast<int64_t>(*length)) : error_reply(length.error());
}

constexpr Command kSetrange{
    .name = "setrange",
    .summary = "Overwrites part of a string from an offset on.",
    .since = "2.2.0",
    .complexity = "O(N) in the bytes given",
    .group = Group::string,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "setrange",
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key offset:integer value",
    .run = setrange,
};

Reply strlen(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return Reply::integer(0);
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  return Reply::integer(static_cast<int64_t>(entry->text_length()));
}

constexpr Command kStrlen{
    .name = "strlen",
    .summary = "Tells the length of a string.",
    .since = "2.2.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .run = strlen,
};

constexpr Command kSubstr{
    .name = "substr",
    .summary = "Returns part of a string.",
    .since = "1.0.0",
    .complexity = "O(N) in the bytes returned",
    .deprecated = {.since = "2.0.0", .instead = "`GETRANGE`"},
    .group = Group::string,
    .arity = exactly(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key start:integer end:integer",
    .run = getrange,
};

constexpr Command kCommands[] = {kAppend, kGetrange, kSetrange, kStrlen, kSubstr};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> string_part_commands() { return kCommands; }

}  // namespace tidemark::server
