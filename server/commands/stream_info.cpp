// XINFO.

#include <algorithm>
#include <limits>
#include <optional>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/commands/stream_args.hpp"
#include "server/commands/stream_reply.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using protocol::Output;
using protocol::RespVersion;
using storage::PendingEntry;
using storage::PendingTree;
using storage::StreamConsumer;
using storage::StreamCursor;
using storage::StreamGroup;

// Writes maps of names and values.
class InfoWriter {
 public:
  explicit InfoWriter(RespVersion version) : version_(version) {}

  Output& out() { return out_; }
  RespVersion version() const { return version_; }
  void begin_map(size_t pairs) { protocol::write_map_header(out_, version_, pairs); }
  // The name of a field whose value is written next.
  Output& name(Bytes name) {
    protocol::write_bulk(out_, name);
    return out_;
  }
  void text(Bytes name, Bytes value) { protocol::write_bulk(this->name(name), value); }
  void id(Bytes name, storage::StreamId value) { write_id(this->name(name), value); }
  void number(Bytes name, int64_t value) { protocol::write_integer(this->name(name), value); }
  void count(Bytes name, size_t value) { number(name, static_cast<int64_t>(value)); }
  void number(Bytes name, const std::optional<int64_t>& value) {
    if (value) return number(name, *value);
    protocol::write_null(this->name(name), version_);
  }
  Reply reply() { return Reply::encoded(std::move(out_)); }

 private:
  RespVersion version_;
  Output out_;
};

void write_pending(Output& out, const PendingTree& pending, size_t count,
                   void (*write)(Output& out, const PendingEntry& entry)) {
  protocol::write_array_header(out, std::min(count, pending.size()));
  for (auto at = pending.first(); at && count > 0; at = at.next(), --count) write(out, *at);
}

void write_delivery(Output& out, const PendingEntry& entry) {
  protocol::write_integer(out, entry.delivered_ms());
  protocol::write_integer(out, static_cast<int64_t>(entry.deliveries()));
}

void write_consumer_in_full(InfoWriter& info, const StreamConsumer& consumer, size_t count) {
  info.begin_map(5);
  info.text("name", consumer.name());
  info.number("seen-time", consumer.seen_ms);
  info.number("active-time", consumer.active_ms);
  info.count("pel-count", consumer.pending().size());
  write_pending(info.name("pending"), consumer.pending(), count,
                [](Output& out, const PendingEntry& entry) {
                  protocol::write_array_header(out, 3);
                  write_id(out, entry.id());
                  write_delivery(out, entry);
                });
}

void write_group_in_full(InfoWriter& info, const storage::Stream& stream, const StreamGroup& group,
                         size_t count) {
  info.begin_map(7);
  info.text("name", group.name());
  info.id("last-delivered-id", group.last_id);
  info.number("entries-read", group.entries_read);
  info.number("lag", stream.lag(group));
  info.count("pel-count", group.pending().size());
  write_pending(info.name("pending"), group.pending(), count,
                [](Output& out, const PendingEntry& entry) {
                  protocol::write_array_header(out, 4);
                  write_id(out, entry.id());
                  protocol::write_bulk(out, entry.consumer().name());
                  write_delivery(out, entry);
                });
  protocol::write_array_header(info.name("consumers"), group.consumers().size());
  for (auto at = group.consumers().first(); at; at = at.next()) {
    write_consumer_in_full(info, *at, count);
  }
}

// What both forms of XINFO STREAM begin with.
void write_stream(InfoWriter& info, const storage::Stream& stream) {
  info.count("length", stream.length());
  // Here the nodes are not in a radix tree. Programs look at the first number to tell how well a
  // stream is packed; the second would be one more for the root.
  info.count("radix-tree-keys", stream.nodes().size());
  info.count("radix-tree-nodes", stream.nodes().size() + 1);
  info.id("last-generated-id", stream.last_id());
  info.id("max-deleted-entry-id", stream.max_deleted_id());
  info.count("entries-added", stream.entries_added());
  info.id("recorded-first-entry-id", stream.first_id());
}

Reply stream_in_brief(const storage::Stream& stream, RespVersion version) {
  InfoWriter info(version);
  info.begin_map(10);
  write_stream(info, stream);
  info.count("groups", stream.groups().size());
  write_entry_or_null(info.name("first-entry"), version, stream.first());
  write_entry_or_null(info.name("last-entry"), version, stream.last());
  return info.reply();
}

// With up to `count` entries, of the stream and of each list of what is pending.
Reply stream_in_full(const storage::Stream& stream, size_t count, RespVersion version) {
  InfoWriter info(version);
  info.begin_map(9);
  write_stream(info, stream);
  protocol::write_array_header(info.name("entries"), std::min(count, stream.length()));
  StreamCursor cursor = stream.first();
  for (size_t left = count; cursor && left > 0; --left, cursor.next()) {
    write_entry(info.out(), cursor);
  }
  protocol::write_array_header(info.name("groups"), stream.groups().size());
  for (auto at = stream.groups().first(); at; at = at.next()) {
    write_group_in_full(info, stream, *at, count);
  }
  return info.reply();
}

Reply no_such_key() { return Reply::error("ERR no such key"); }

Reply xinfo_stream(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto found = ctx.find_to_read_as<storage::Stream>(key);
  if (!found) return error_reply(found.error());
  if (*found == nullptr) return no_such_key();
  const storage::Stream& stream = **found;
  const RespVersion version = ctx.session().resp;
  if (args.empty()) return stream_in_brief(stream, version);

  constexpr int64_t kDefaultCount = 10;
  int64_t count = kDefaultCount;
  if (!args.accept("full")) return wrong_subcommand(args);
  if (args.accept_with("count", 1)) count = args.next_integer();
  // Too many arguments are told before one that is no number.
  const bool failed = args.failed();
  if (!args.empty()) return wrong_subcommand(args);
  if (failed) return args.error();
  if (count < 0) count = kDefaultCount;
  const size_t most = count == 0 ? std::numeric_limits<size_t>::max() : static_cast<size_t>(count);
  return stream_in_full(stream, most, version);
}

constexpr Command kXinfoStream{
    .name = "stream",
    .summary = "Tells about a stream, or all about it.",
    .since = "5.0.0",
    .complexity = "O(1), or O(N) in what is returned",
    .group = Group::stream,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {key_at(2, Access::read)},
    .syntax = "key:key [full-block:(FULL [COUNT count:integer])]",
    .run = xinfo_stream,
};

Reply xinfo_groups(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const auto found = ctx.find_to_read_as<storage::Stream>(key);
  if (!found) return error_reply(found.error());
  if (*found == nullptr) return no_such_key();
  const storage::Stream& stream = **found;

  InfoWriter info(ctx.session().resp);
  protocol::write_array_header(info.out(), stream.groups().size());
  for (auto at = stream.groups().first(); at; at = at.next()) {
    info.begin_map(6);
    info.text("name", at->name());
    info.count("consumers", at->consumers().size());
    info.count("pending", at->pending().size());
    info.id("last-delivered-id", at->last_id);
    info.number("entries-read", at->entries_read);
    info.number("lag", stream.lag(*at));
  }
  return info.reply();
}

constexpr Command kXinfoGroups{
    .name = "groups",
    .summary = "Tells about the consumer groups of a stream.",
    .since = "5.0.0",
    .complexity = "O(N) in the groups",
    .group = Group::stream,
    .arity = exactly(3),
    .flags = Flag::readonly,
    .keys = {key_at(2, Access::read)},
    .syntax = "key:key",
    .run = xinfo_groups,
};

Reply xinfo_consumers(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes name = args.next();
  if (args.failed()) return args.error();
  const auto found = ctx.find_to_read_as<storage::Stream>(key);
  if (!found) return error_reply(found.error());
  if (*found == nullptr) return no_such_key();
  const StreamGroup* group = (*found)->find_group(name);
  if (group == nullptr) return no_group_of_key(key, name);

  InfoWriter info(ctx.session().resp);
  protocol::write_array_header(info.out(), group->consumers().size());
  for (auto at = group->consumers().first(); at; at = at.next()) {
    info.begin_map(4);
    info.text("name", at->name());
    info.count("pending", at->pending().size());
    info.number("idle", std::max<int64_t>(0, ctx.now_ms() - at->seen_ms));
    const int64_t inactive_ms = std::max<int64_t>(0, ctx.now_ms() - at->active_ms);
    info.number("inactive", at->active_ms < 0 ? -1 : inactive_ms);
  }
  return info.reply();
}

constexpr Command kXinfoConsumers{
    .name = "consumers",
    .summary = "Tells about the consumers of a group.",
    .since = "5.0.0",
    .complexity = "O(N) in the consumers",
    .group = Group::stream,
    .arity = exactly(4),
    .flags = Flag::readonly,
    .keys = {key_at(2, Access::read)},
    .syntax = "key:key group",
    .tips = {"nondeterministic_output"},
    .run = xinfo_consumers,
};

Reply xinfo_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kXinfoHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::stream,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::stream,
    .scope = Scope::home,
    .run = xinfo_help,
};

constexpr Command kXinfoCommands[] = {kXinfoConsumers, kXinfoGroups, kXinfoHelp, kXinfoStream};

constexpr Command kXinfo{
    .name = "xinfo",
    .summary = "A container for commands that tell about streams.",
    .since = "5.0.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::stream,
    .arity = at_least(2),
    .subcommands = kXinfoCommands,
};

constexpr Command kCommands[] = {kXinfo};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> stream_info_commands() { return kCommands; }

}  // namespace tidemark::server
