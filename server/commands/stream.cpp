// Streams: adding and removing entries. Reading, groups and what is told of them have files of
// their own.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/stream_args.hpp"
#include "server/commands/stream_reply.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::StreamId;

constexpr Bytes kIdTooSmall =
    "ERR The ID specified in XADD is equal or smaller than the target stream top item";
constexpr Bytes kIdsExhausted =
    "ERR The stream has exhausted the last possible ID, unable to add more items";

// The id of a new entry: "*", "ms-*" or the whole of it.
struct NewId {
  enum class Given : uint8_t { nothing, ms, all };
  Given given = Given::nothing;
  StreamId id;
};

NewId read_new_id(ArgReader& args) {
  const Bytes text = args.peek();
  if (args.accept("*")) return {};
  if (text.ends_with("-*")) {
    const auto ms = storage::parse_stream_number(text.substr(0, text.size() - 2));
    if (ms) {
      args.next();
      return {.given = NewId::Given::ms, .id = {.ms = *ms}};
    }
  }
  return {.given = NewId::Given::all, .id = read_stream_id(args, 0)};
}

// Null where the stream has no such id to give; `error` says why.
std::optional<StreamId> next_id(const storage::Stream& stream, const NewId& wanted, int64_t now_ms,
                                Bytes& error) {
  const StreamId last = stream.last_id();
  const auto following = last.next();
  error = kIdsExhausted;
  if (!following) return std::nullopt;
  StreamId id = wanted.id;
  if (wanted.given == NewId::Given::nothing) {
    const StreamId now{.ms = static_cast<uint64_t>(now_ms)};
    id = now > last ? now : *following;
  } else if (wanted.given == NewId::Given::ms && id.ms == last.ms && following->ms == id.ms) {
    id = *following;
  }
  error = kIdTooSmall;
  if (id <= last) return std::nullopt;
  return id;
}

struct AddOptions {
  bool only_if_present = false;
  NewId id;
  std::optional<storage::StreamTrim> trim;
};

AddOptions read_add_options(const Context& ctx, ArgReader& args) {
  AddOptions options;
  TrimOption trim;
  while (!args.failed()) {
    if (accept_trim(args, trim)) continue;
    if (!args.accept("nomkstream")) break;
    options.only_if_present = true;
  }
  if (!args.empty()) options.id = read_new_id(args);
  options.trim = finish_trim(ctx, args, trim);
  if (args.empty() || args.remaining() % 2 != 0) {
    args.fail("ERR wrong number of arguments for 'xadd' command");
  }
  if (options.id.given == NewId::Given::all && options.id.id == StreamId()) {
    args.fail("ERR The ID specified in XADD must be greater than 0-0");
  }
  return options;
}

// Adds an entry; `trimmed` becomes how many others went for it.
Reply add_entry(Context& ctx, Bytes key, const AddOptions& options, std::span<const Bytes> pairs,
                size_t& trimmed) {
  auto edit = ctx.database(key).edit<storage::Stream>(
      ctx.hashed(key), options.only_if_present ? IfAbsent::leave : IfAbsent::create);
  if (!edit) return error_reply(edit.error());
  if (!*edit) return Reply::null();
  storage::Stream& stream = **edit;
  Bytes error;
  const auto id = next_id(stream, options.id, ctx.now_ms(), error);
  if (!id) {
    edit->nothing_changed();
    return Reply::error(std::string(error));
  }
  stream.append(*id, pairs, node_limits(ctx));
  if (options.trim) trimmed = trim_stream(*edit, *options.trim);
  protocol::Output out;
  write_id(out, *id);
  return Reply::encoded(std::move(out));
}

Reply xadd(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const AddOptions options = read_add_options(ctx, args);
  const auto pairs = args.rest();
  if (args.failed()) return args.error();
  if (!storage::Stream::can_hold(pairs)) {
    return Reply::error("ERR Elements are too large to be stored");
  }
  size_t trimmed = 0;
  Reply reply = add_entry(ctx, key, options, pairs, trimmed);
  if (trimmed > 0) ctx.note_event(key, "xtrim", storage::Stream::kType);
  return reply;
}

constexpr Command kXadd{
    .name = "xadd",
    .summary = "Adds an entry to a stream, creating the stream when the key is absent.",
    .since = "5.0.0",
    .complexity = "O(1), and O(N) in the entries that are trimmed",
    .group = Group::stream,
    .arity = at_least(5),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "xadd",
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key [NOMKSTREAM] [trim:(strategy:{MAXLEN|MINID} [operator:{equal==|approximately=~}] "
        "threshold [LIMIT count:integer])] id-selector:{auto-id=*|id} data:(field value)...",
    .tips = {"nondeterministic_output"},
    .run = xadd,
};

Reply xdel(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  auto edit = ctx.database(key).edit<storage::Stream>(ctx.hashed(key), IfAbsent::leave);
  if (!edit) return error_reply(edit.error());
  if (!*edit) return Reply::integer(0);
  const std::vector<StreamId> ids = read_stream_ids(args);

  int64_t erased = 0;
  if (!args.failed()) {
    for (const StreamId id : ids) erased += (*edit)->erase(id) ? 1 : 0;
  }
  if (erased == 0) edit->nothing_changed();
  return args.failed() ? args.error() : Reply::integer(erased);
}

constexpr Command kXdel{
    .name = "xdel",
    .summary = "Removes entries from a stream.",
    .since = "5.0.0",
    .complexity = "O(log N) for each entry",
    .group = Group::stream,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast,
    .event = "xdel",
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key id...",
    .run = xdel,
};

Reply xlen(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const auto stream = ctx.find_to_read_as<storage::Stream>(key);
  if (!stream) return error_reply(stream.error());
  return Reply::integer(*stream == nullptr ? 0 : static_cast<int64_t>((*stream)->length()));
}

constexpr Command kXlen{
    .name = "xlen",
    .summary = "Returns the number of entries in a stream.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::stream,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .run = xlen,
};

struct SetIdOptions {
  StreamId last_id;
  std::optional<int64_t> entries_added;
  StreamId max_deleted_id;
};

SetIdOptions read_set_id_options(ArgReader& args) {
  SetIdOptions options;
  options.last_id = read_stream_id(args, 0);
  while (!args.empty() && !args.failed()) {
    if (args.accept_with("entriesadded", 1)) {
      options.entries_added = args.next_integer();
      if (*options.entries_added < 0) args.fail("ERR entries_added must be positive");
    } else if (args.accept_with("maxdeletedid", 1)) {
      options.max_deleted_id = read_stream_id(args, 0);
      if (options.last_id < options.max_deleted_id) {
        args.fail(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      }
    } else {
      args.fail_syntax();
    }
  }
  return options;
}

Reply xsetid(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const SetIdOptions options = read_set_id_options(args);
  if (args.failed()) return args.error();

  auto edit = ctx.database(key).edit<storage::Stream>(ctx.hashed(key), IfAbsent::leave);
  if (!edit) return error_reply(edit.error());
  if (!*edit) return Reply::error("ERR no such key");
  storage::Stream& stream = **edit;
  const auto refuse = [&edit](const char* error) {
    edit->nothing_changed();
    return Reply::error(error);
  };
  if (stream.length() > 0 && options.last_id < stream.last().id()) {
    return refuse("ERR The ID specified in XSETID is smaller than the target stream top item");
  }
  if (options.entries_added && static_cast<uint64_t>(*options.entries_added) < stream.length()) {
    return refuse(
        "ERR The entries_added specified in XSETID is smaller than the target stream length");
  }
  stream.set_last_id(options.last_id);
  if (options.entries_added) {
    stream.set_entries_added(static_cast<uint64_t>(*options.entries_added));
  }
  if (options.max_deleted_id != StreamId()) stream.set_max_deleted_id(options.max_deleted_id);
  return Reply::ok();
}

constexpr Command kXsetid{
    .name = "xsetid",
    .summary = "Sets what a stream remembers of the ids and entries it had.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::stream,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "xsetid",
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key last-id [ENTRIESADDED entries-added:integer] [MAXDELETEDID max-deleted-id]",
    .run = xsetid,
};

Reply xtrim(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  TrimOption option;
  while (!args.empty() && !args.failed()) {
    if (!accept_trim(args, option)) args.fail_syntax();
  }
  const auto trim = finish_trim(ctx, args, option);
  if (args.failed()) return args.error();

  auto edit = ctx.database(key).edit<storage::Stream>(ctx.hashed(key), IfAbsent::leave);
  if (!edit) return error_reply(edit.error());
  if (!*edit) return Reply::integer(0);
  const size_t gone = trim_stream(*edit, *trim);
  if (gone == 0) edit->nothing_changed();
  return Reply::integer(static_cast<int64_t>(gone));
}

constexpr Command kXtrim{
    .name = "xtrim",
    .summary = "Removes the oldest entries of a stream.",
    .since = "5.0.0",
    .complexity = "O(N) in the entries removed, at a small cost for each",
    .group = Group::stream,
    .arity = at_least(4),
    .flags = Flag::write,
    .event = "xtrim",
    .keys = {key_at(1, Access::erase)},
    .syntax =
        "key:key trim:(strategy:{MAXLEN|MINID} [operator:{equal==|approximately=~}] threshold "
        "[LIMIT count:integer])",
    .tips = {"nondeterministic_output"},
    .run = xtrim,
};

constexpr Command kCommands[] = {kXadd, kXdel, kXlen, kXsetid, kXtrim};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> stream_commands() { return kCommands; }

}  // namespace tidemark::server
