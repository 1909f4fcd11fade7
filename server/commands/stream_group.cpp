// XGROUP: consumer groups and their consumers.

#include <optional>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/commands/stream_args.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using storage::Edit;
using storage::IfAbsent;
using storage::StreamConsumer;
using storage::StreamGroup;
using storage::StreamId;

constexpr Bytes kKeyRequired =
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
    "the MKSTREAM option to create an empty stream automatically.";

// A stream that is there, and a group of it; or the error that answers.
struct OpenGroup {
  std::optional<Edit<storage::Stream>> edit;
  StreamGroup* group = nullptr;
  Reply error;

  storage::Stream& stream() { return **edit; }
};

OpenGroup open_group(const Context& ctx, Bytes key, Bytes name) {
  OpenGroup open;
  auto edit = ctx.database(key).edit<storage::Stream>(ctx.hashed(key), IfAbsent::leave);
  if (!edit) {
    open.error = error_reply(edit.error());
  } else if (!*edit) {
    open.error = Reply::error(std::string(kKeyRequired));
  } else {
    open.group = (*edit)->find_group(name);
    if (open.group == nullptr) {
      edit->nothing_changed();
      open.error = no_group_of_key(key, name);
    }
    open.edit.emplace(std::move(*edit));
  }
  return open;
}

std::optional<int64_t> read_entries_read(ArgReader& args) {
  const int64_t count = args.next_integer();
  if (count < -1) args.fail("ERR value for ENTRIESREAD must be positive or -1");
  return count < 0 ? std::nullopt : std::optional(count);
}

// Whether "-" and "+", for before and behind everything, are ids of a group.
enum class GroupEnds : uint8_t { refused, allowed };

// "$" is the last id of the stream.
StreamId read_group_id(ArgReader& args, Bytes text, const storage::Stream* stream, GroupEnds ends) {
  if (text == "$") return stream == nullptr ? StreamId() : stream->last_id();
  if (ends == GroupEnds::allowed && text == "-") return StreamId::min();
  if (ends == GroupEnds::allowed && text == "+") return StreamId::max();
  const auto id = storage::parse_stream_id(text, 0);
  if (!id) args.fail(kInvalidStreamId);
  return id.value_or(StreamId());
}

struct CreateOptions {
  bool make_stream = false;
  std::optional<int64_t> entries_read;
};

// False where there is something else among the options.
bool read_create_options(ArgReader& args, CreateOptions& options) {
  while (!args.empty() && !args.failed()) {
    if (args.accept("mkstream")) {
      options.make_stream = true;
    } else if (args.accept_with("entriesread", 1)) {
      options.entries_read = read_entries_read(args);
    } else {
      return false;
    }
  }
  return true;
}

Reply xgroup_create(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes name = args.next();
  const Bytes id_text = args.next();
  constexpr size_t kOptionWords = 3;
  const bool too_many = args.remaining() > kOptionWords;
  CreateOptions options;
  if (!read_create_options(args, options)) return wrong_subcommand(args);
  if (args.failed()) return args.error();

  storage::Database& database = ctx.database(key);
  const auto present = database.find_as<storage::Stream>(ctx.hashed(key), ctx.touch());
  if (!present) return error_reply(present.error());
  if (*present == nullptr && !options.make_stream) return Reply::error(std::string(kKeyRequired));
  // Options that are given twice are noticed late, as in Redis.
  if (too_many) return wrong_subcommand(args);
  const StreamId id = read_group_id(args, id_text, *present, GroupEnds::refused);
  if (args.failed()) return args.error();
  if (*present != nullptr && (*present)->find_group(name) != nullptr) {
    return Reply::error("BUSYGROUP Consumer Group name already exists");
  }
  auto edit = database.edit<storage::Stream>(ctx.hashed(key), IfAbsent::create);
  (*edit)->add_group(name, id, options.entries_read);
  return Reply::ok();
}

constexpr Command kXgroupCreate{
    .name = "create",
    .summary = "Adds a consumer group to a stream.",
    .since = "5.0.0",
    .complexity = "O(log N) in the groups",
    .group = Group::stream,
    .arity = at_least(5),
    .flags = Flag::write | Flag::deny_oom,
    .event = "xgroup-create",
    .keys = {key_at(2, Access::insert)},
    .syntax =
        "key:key group id-selector:{id|new-id=$} [MKSTREAM] [ENTRIESREAD "
        "entriesread<entries-read>:integer]",
    .run = xgroup_create,
};

Reply xgroup_createconsumer(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes name = args.next();
  const Bytes consumer = args.next();
  if (args.failed()) return args.error();

  OpenGroup open = open_group(ctx, key, name);
  if (open.group == nullptr) return std::move(open.error);
  if (open.group->find_consumer(consumer) != nullptr) {
    open.edit->nothing_changed();
    return Reply::integer(0);
  }
  open.group->add_consumer(consumer, ctx.now_ms());
  return Reply::integer(1);
}

constexpr Command kXgroupCreateconsumer{
    .name = "createconsumer",
    .summary = "Adds a consumer to a group.",
    .since = "6.2.0",
    .complexity = "O(log N) in the consumers",
    .group = Group::stream,
    .arity = exactly(5),
    .flags = Flag::write | Flag::deny_oom,
    .event = "xgroup-createconsumer",
    .keys = {key_at(2, Access::insert)},
    .syntax = "key:key group consumer",
    .run = xgroup_createconsumer,
};

Reply xgroup_delconsumer(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes name = args.next();
  const Bytes consumer_name = args.next();
  if (args.failed()) return args.error();

  OpenGroup open = open_group(ctx, key, name);
  if (open.group == nullptr) return std::move(open.error);
  StreamConsumer* consumer = open.group->find_consumer(consumer_name);
  if (consumer == nullptr) {
    open.edit->nothing_changed();
    return Reply::integer(0);
  }
  const size_t pending = consumer->pending().size();
  auto* const cut_off = storage::make_object<storage::Stream>();
  open.stream().remove_consumer(*open.group, *consumer, *cut_off);
  open.edit->dispose(cut_off);
  return Reply::integer(static_cast<int64_t>(pending));
}

constexpr Command kXgroupDelconsumer{
    .name = "delconsumer",
    .summary = "Removes a consumer from a group, with what is pending for it.",
    .since = "5.0.0",
    .complexity =
        "O(N log M), M being what is pending for the group, and N what of it is for the consumer "
        "or for the others, whichever is less",
    .group = Group::stream,
    .arity = exactly(5),
    .flags = Flag::write,
    .event = "xgroup-delconsumer",
    .keys = {key_at(2, Access::erase)},
    .syntax = "key:key group consumer",
    .run = xgroup_delconsumer,
};

Reply xgroup_destroy(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes name = args.next();
  if (args.failed()) return args.error();

  auto edit = ctx.database(key).edit<storage::Stream>(ctx.hashed(key), IfAbsent::leave);
  if (!edit) return error_reply(edit.error());
  if (!*edit) return Reply::error(std::string(kKeyRequired));
  // The group may be large: it goes as a stream of its own goes, bit by bit.
  auto* remains = storage::make_object<storage::Stream>();
  const bool removed = (*edit)->move_group(name, *remains);
  if (!removed) edit->nothing_changed();
  ctx.keyspace(key).dispose(remains);
  return Reply::integer(removed ? 1 : 0);
}

constexpr Command kXgroupDestroy{
    .name = "destroy",
    .summary = "Removes a consumer group.",
    .since = "5.0.0",
    .complexity = "O(log N) in the groups, then O(M) in what is pending, in slices",
    .group = Group::stream,
    .arity = exactly(4),
    .flags = Flag::write,
    .event = "xgroup-destroy",
    .keys = {key_at(2, Access::erase)},
    .syntax = "key:key group",
    .run = xgroup_destroy,
};

Reply xgroup_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kXgroupHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::stream,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::stream,
    .scope = Scope::home,
    .run = xgroup_help,
};

Reply xgroup_setid(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes name = args.next();
  const Bytes id_text = args.next();
  constexpr size_t kOptionWords = 2;
  const bool too_many = args.remaining() > kOptionWords;
  std::optional<int64_t> entries_read;
  while (args.accept_with("entriesread", 1)) entries_read = read_entries_read(args);
  if (!args.failed() && !args.empty()) return wrong_subcommand(args);
  if (args.failed()) return args.error();

  OpenGroup open = open_group(ctx, key, name);
  if (open.group == nullptr) return std::move(open.error);
  const auto refuse = [&open](Reply error) {
    open.edit->nothing_changed();
    return error;
  };
  if (too_many) return refuse(wrong_subcommand(args));
  const StreamId id = read_group_id(args, id_text, &open.stream(), GroupEnds::allowed);
  if (args.failed()) return refuse(args.error());
  open.group->last_id = id;
  open.group->entries_read = entries_read;
  return Reply::ok();
}

constexpr Command kXgroupSetid{
    .name = "setid",
    .summary = "Sets up to where a group has read.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::stream,
    .arity = at_least(5),
    .flags = Flag::write,
    .event = "xgroup-setid",
    .keys = {key_at(2, Access::update)},
    .syntax =
        "key:key group id-selector:{id|new-id=$} [ENTRIESREAD "
        "entriesread<entries-read>:integer]",
    .run = xgroup_setid,
};

constexpr Command kXgroupCommands[] = {kXgroupCreate,  kXgroupCreateconsumer, kXgroupDelconsumer,
                                       kXgroupDestroy, kXgroupHelp,           kXgroupSetid};

constexpr Command kXgroup{
    .name = "xgroup",
    .summary = "A container for commands about consumer groups.",
    .since = "5.0.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::stream,
    .arity = at_least(2),
    .subcommands = kXgroupCommands,
};

constexpr Command kCommands[] = {kXgroup};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> stream_group_commands() { return kCommands; }

}  // namespace tidemark::server
