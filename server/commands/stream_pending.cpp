// XACK and XPENDING: what was delivered to the consumers of a group and is not acknowledged.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/stream_args.hpp"
#include "server/commands/stream_reply.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::PendingTree;
using storage::StreamConsumer;
using storage::StreamGroup;
using storage::StreamId;

Reply xack(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes name = args.next();
  auto edit = ctx.database(key).edit<storage::Stream>(ctx.hashed(key), IfAbsent::leave);
  if (!edit) return error_reply(edit.error());
  if (!*edit) return Reply::integer(0);
  StreamGroup* group = (*edit)->find_group(name);
  // Without the group nothing is wrong with the ids either.
  std::vector<StreamId> ids;
  if (group != nullptr) ids = read_stream_ids(args);

  int64_t acknowledged = 0;
  if (!args.failed()) {
    for (const StreamId id : ids) acknowledged += group->acknowledge(id) ? 1 : 0;
  }
  if (acknowledged == 0) edit->nothing_changed();
  return args.failed() ? args.error() : Reply::integer(acknowledged);
}

constexpr Command kXack{
    .name = "xack",
    .summary = "Acknowledges entries that were delivered to the consumers of a group.",
    .since = "5.0.0",
    .complexity = "O(log N) for each id",
    .group = Group::stream,
    .arity = at_least(4),
    .flags = Flag::write | Flag::fast,
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key group id...",
    .run = xack,
};

// How much is pending, from where to where, and for whom.
Reply summary(const StreamGroup& group) {
  const PendingTree& pending = group.pending();
  if (pending.empty()) {
    std::vector<Reply> nothing;
    nothing.push_back(Reply::integer(0));
    nothing.push_back(Reply::null());
    nothing.push_back(Reply::null());
    nothing.push_back(Reply::null_array());
    return Reply::array(std::move(nothing));
  }
  OpenReply consumers;
  size_t count = 0;
  for (auto at = group.consumers().first(); at; at = at.next()) {
    if (at->pending().empty()) continue;
    protocol::write_array_header(consumers.out(), 2);
    protocol::write_bulk(consumers.out(), at->name());
    protocol::write_bulk_integer(consumers.out(), static_cast<int64_t>(at->pending().size()));
    ++count;
  }
  std::vector<Reply> fields;
  fields.push_back(Reply::integer(static_cast<int64_t>(pending.size())));
  for (const auto end : {pending.first(), pending.last()}) {
    protocol::Output id;
    write_id(id, end->id());
    fields.push_back(Reply::encoded(std::move(id)));
  }
  fields.push_back(consumers.close_array(count));
  return Reply::array(std::move(fields));
}

struct PendingQuery {
  IdRange range;
  int64_t count = 0;
  int64_t idle_min_ms = 0;
  std::optional<Bytes> consumer;
};

// [IDLE min-idle-time] start end count [consumer], where the count is looked at before the ids.
PendingQuery read_query(ArgReader& args) {
  PendingQuery query;
  if (args.remaining() < 3 || args.remaining() > 6) args.fail_syntax();
  if (args.accept("idle")) {
    query.idle_min_ms = args.next_integer();
    if (args.remaining() < 3) args.fail_syntax();
  }
  const auto ends = args.take(2);
  query.count = args.next_integer();
  if (!args.empty()) query.consumer = args.next();
  if (!args.failed()) query.range = read_id_range(args, ends[0], ends[1]);
  return query;
}

Reply matches(const StreamGroup& group, const PendingQuery& query, int64_t now_ms) {
  const PendingTree* pending = &group.pending();
  if (query.consumer) {
    const StreamConsumer* consumer = group.find_consumer(*query.consumer);
    if (consumer == nullptr) return Reply::empty_array();
    pending = &consumer->pending();
  }
  OpenReply reply;
  int64_t found = 0;
  auto at = pending->at_or_after(query.range.start);
  for (; at && at->id() <= query.range.end && found < query.count; at = at.next()) {
    const int64_t idle_ms = std::max<int64_t>(0, now_ms - at->delivered_ms());
    if (idle_ms < query.idle_min_ms) continue;
    protocol::write_array_header(reply.out(), 4);
    write_id(reply.out(), at->id());
    protocol::write_bulk(reply.out(), at->consumer().name());
    protocol::write_integer(reply.out(), idle_ms);
    protocol::write_integer(reply.out(), static_cast<int64_t>(at->deliveries()));
    ++found;
  }
  return reply.close_array(static_cast<size_t>(found));
}

Reply xpending(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes name = args.next();
  std::optional<PendingQuery> query;
  if (!args.empty()) query = read_query(args);
  if (args.failed()) return args.error();

  const auto stream = ctx.find_to_read_as<storage::Stream>(key);
  if (!stream) return error_reply(stream.error());
  const StreamGroup* group = *stream == nullptr ? nullptr : (*stream)->find_group(name);
  if (group == nullptr) return no_such_group(key, name);
  return query ? matches(*group, *query, ctx.now_ms()) : summary(*group);
}

constexpr Command kXpending{
    .name = "xpending",
    .summary = "Tells what is pending for a group or for one of its consumers.",
    .since = "5.0.0",
    .complexity =
        "O(log N) and O(M) in the entries looked at; O(N) in the consumers without a range",
    .group = Group::stream,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key group [filters:([IDLE min-idle-time:integer] start end count:integer [consumer])]",
    .tips = {"nondeterministic_output"},
    .run = xpending,
};

constexpr Command kCommands[] = {kXack, kXpending};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> stream_pending_commands() { return kCommands; }

}  // namespace tidemark::server
