// XCLAIM and XAUTOCLAIM: entries that are pending for one consumer become another's.

#include <algorithm>
#include <limits>
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
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::PendingEntry;
using storage::StreamConsumer;
using storage::StreamCursor;
using storage::StreamGroup;
using storage::StreamId;

// How an entry is claimed, and how it is answered.
struct ClaimOptions {
  int64_t idle_min_ms = 0;
  bool force = false;    // also what is not pending
  bool just_id = false;  // neither returns the entry nor counts as a delivery
  int64_t delivered_ms = 0;
  std::optional<int64_t> deliveries;
  StreamId last_id;
};

// What a claim has come to.
class Claims {
 public:
  Claims(storage::Stream& stream, StreamGroup& group, StreamConsumer& consumer,
         const ClaimOptions& options, int64_t now_ms)
      : stream_(stream), group_(group), consumer_(consumer), options_(options), now_ms_(now_ms) {}

  enum class Outcome : uint8_t { claimed, refused, deleted };
  // REQUIRES: `pending` is what is pending under the id, if anything.
  Outcome claim(StreamId id, PendingEntry* pending) {
    const StreamCursor entry = stream_.find(id);
    // Nobody can work on what has been erased from the stream.
    if (!entry) return group_.acknowledge(id) ? Outcome::deleted : Outcome::refused;
    if (pending == nullptr) {
      if (!options_.force) return Outcome::refused;
      pending = group_.add_pending(id, consumer_);
      pending = group_.set_delivery(*pending, now_ms_, 1);
    } else if (now_ms_ - pending->delivered_ms() < options_.idle_min_ms) {
      return Outcome::refused;
    }
    group_.claim(*pending, consumer_);
    uint64_t deliveries = pending->deliveries() + (options_.just_id ? 0 : 1);
    if (options_.deliveries) deliveries = static_cast<uint64_t>(*options_.deliveries);
    group_.set_delivery(*pending, options_.delivered_ms, deliveries);
    consumer_.active_ms = now_ms_;
    if (options_.just_id) {
      write_id(reply_.out(), id);
    } else {
      write_entry(reply_.out(), entry);
    }
    ++count_;
    return Outcome::claimed;
  }

  Reply reply() { return reply_.close_array(count_); }

 private:
  storage::Stream& stream_;
  StreamGroup& group_;
  StreamConsumer& consumer_;
  const ClaimOptions& options_;
  int64_t now_ms_;
  OpenReply reply_;
  size_t count_ = 0;
};

// When an entry was delivered last, if that is so many milliseconds ago: not in the future, nor
// before there was time.
int64_t delivered_ago(int64_t idle_ms, int64_t now_ms) {
  return idle_ms < 0 || idle_ms > now_ms ? now_ms : now_ms - idle_ms;
}

// Any of the words, after the ids. Returns false where it is none.
bool accept_claim_option(ArgReader& args, ClaimOptions& options, int64_t now_ms) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHigh = std::numeric_limits<int64_t>::max();
  if (args.accept("force")) {
    options.force = true;
  } else if (args.accept("justid")) {
    options.just_id = true;
  } else if (args.accept_with("idle", 1)) {
    const int64_t idle_ms =
        args.next_integer(kLow, kHigh, "ERR Invalid IDLE option argument for XCLAIM");
    options.delivered_ms = delivered_ago(idle_ms, now_ms);
  } else if (args.accept_with("time", 1)) {
    const int64_t time_ms =
        args.next_integer(kLow, kHigh, "ERR Invalid TIME option argument for XCLAIM");
    options.delivered_ms = time_ms < 0 || time_ms > now_ms ? now_ms : time_ms;
  } else if (args.accept_with("retrycount", 1)) {
    const int64_t count =
        args.next_integer(kLow, kHigh, "ERR Invalid RETRYCOUNT option argument for XCLAIM");
    options.deliveries = count < 0 ? std::nullopt : std::optional(count);
  } else if (args.accept_with("lastid", 1)) {
    options.last_id = read_stream_id(args, 0);
  } else {
    return false;
  }
  return true;
}

// The arguments that spell ids, up to the first that does not.
std::vector<StreamId> read_ids_to_claim(ArgReader& args) {
  std::vector<StreamId> ids;
  while (!args.empty() && !args.failed()) {
    const auto id = storage::parse_stream_id(args.peek(), 0);
    if (!id) break;
    ids.push_back(*id);
    args.next();
  }
  return ids;
}

Reply xclaim(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes group_name = args.next();
  const Bytes consumer_name = args.next();
  const auto present = ctx.find_to_read_as<storage::Stream>(key);
  if (!present) return error_reply(present.error());
  if (*present == nullptr || (*present)->find_group(group_name) == nullptr) {
    return no_such_group(key, group_name);
  }
  ClaimOptions options{.delivered_ms = ctx.now_ms()};
  options.idle_min_ms =
      args.next_integer(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                        "ERR Invalid min-idle-time argument for XCLAIM");
  const std::vector<StreamId> ids = read_ids_to_claim(args);
  while (!args.empty() && !args.failed()) {
    if (!accept_claim_option(args, options, ctx.now_ms())) {
      return Reply::error("ERR Unrecognized XCLAIM option '" + std::string(args.peek()) + "'");
    }
  }
  if (args.failed()) return args.error();

  auto edit = ctx.database(key).edit<storage::Stream>(ctx.hashed(key), IfAbsent::leave);
  StreamGroup& group = *(*edit)->find_group(group_name);
  const bool known = group.find_consumer(consumer_name) != nullptr;
  if (!known) ctx.name_changes(key, kConsumerCreated);
  bool changed = !known || options.last_id > group.last_id;
  group.last_id = std::max(group.last_id, options.last_id);
  StreamConsumer& consumer = group.see_consumer(consumer_name, ctx.now_ms());
  Claims claims(**edit, group, consumer, options, ctx.now_ms());
  for (const StreamId id : ids) {
    if (claims.claim(id, group.find_pending(id)) != Claims::Outcome::refused) changed = true;
  }
  if (!changed) edit->nothing_changed();
  return claims.reply();
}

constexpr Command kXclaim{
    .name = "xclaim",
    .summary = "Makes a consumer the owner of entries that are pending, perhaps for another.",
    .since = "5.0.0",
    .complexity = "O(log N) for each id",
    .group = Group::stream,
    .arity = at_least(6),
    .flags = Flag::write | Flag::fast,
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key group consumer min-idle-time id... [IDLE ms:integer] [TIME "
        "unix-time-milliseconds:unix-time] [RETRYCOUNT count:integer] [FORCE] [JUSTID] [LASTID "
        "lastid]",
    .tips = {"nondeterministic_output"},
    .run = xclaim,
};

// A claim looks at so many pending entries for each that it may return.
constexpr int64_t kLookedAtForEach = 10;
constexpr int64_t kClaimedByDefault = 100;
// As many as Redis has room for.
constexpr int64_t kClaimedAtMost = std::numeric_limits<int64_t>::max() / 16;

struct AutoclaimOptions {
  ClaimOptions claim;
  StreamId start;
  int64_t count = kClaimedByDefault;
};

AutoclaimOptions read_autoclaim(ArgReader& args, int64_t now_ms) {
  AutoclaimOptions options{.claim = {.delivered_ms = now_ms}};
  options.claim.idle_min_ms =
      args.next_integer(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                        "ERR Invalid min-idle-time argument for XAUTOCLAIM");
  options.start = read_range_start(args);
  while (!args.empty() && !args.failed()) {
    if (args.accept_with("count", 1)) {
      options.count = args.next_integer(1, kClaimedAtMost, "ERR COUNT must be > 0");
    } else if (args.accept("justid")) {
      options.claim.just_id = true;
    } else {
      args.fail_syntax();
    }
  }
  return options;
}

Reply xautoclaim(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes group_name = args.next();
  const Bytes consumer_name = args.next();
  const AutoclaimOptions options = read_autoclaim(args, ctx.now_ms());
  if (args.failed()) return args.error();

  auto edit = ctx.database(key).edit<storage::Stream>(ctx.hashed(key), IfAbsent::leave);
  if (!edit) return error_reply(edit.error());
  StreamGroup* group = *edit ? (*edit)->find_group(group_name) : nullptr;
  if (group == nullptr) {
    if (*edit) edit->nothing_changed();
    return no_such_group(key, group_name);
  }
  const bool known = group->find_consumer(consumer_name) != nullptr;
  if (!known) ctx.name_changes(key, kConsumerCreated);
  StreamConsumer& consumer = group->see_consumer(consumer_name, ctx.now_ms());
  Claims claims(**edit, *group, consumer, options.claim, ctx.now_ms());
  OpenReply deleted_ids;
  int64_t deleted = 0;
  int64_t left = options.count;
  auto at = group->pending().at_or_after(options.start);
  for (int64_t looks = left * kLookedAtForEach; at && left > 0 && looks > 0; --looks) {
    const StreamId id = at->id();
    const Claims::Outcome outcome = claims.claim(id, &*at);
    if (outcome == Claims::Outcome::deleted) {
      write_id(deleted_ids.out(), id);
      ++deleted;
    }
    if (outcome != Claims::Outcome::refused) --left;
    // Of a group's tree a claim changes nothing, but what was deleted is gone from there.
    at = outcome == Claims::Outcome::deleted ? group->pending().at_or_after(id) : at.next();
  }
  if (known && left == options.count) edit->nothing_changed();

  protocol::Output next;
  write_id(next, at ? at->id() : StreamId());
  std::vector<Reply> parts;
  parts.push_back(Reply::encoded(std::move(next)));
  parts.push_back(claims.reply());
  parts.push_back(deleted_ids.close_array(static_cast<size_t>(deleted)));
  return Reply::array(std::move(parts));
}

constexpr Command kXautoclaim{
    .name = "xautoclaim",
    .summary = "Makes a consumer the owner of entries that have been pending for long.",
    .since = "6.2.0",
    .complexity = "O(log N) for each entry that is claimed",
    .group = Group::stream,
    .arity = at_least(6),
    .flags = Flag::write | Flag::fast,
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key group consumer min-idle-time start [COUNT count:integer] [JUSTID]",
    .tips = {"nondeterministic_output"},
    .run = xautoclaim,
};

constexpr Command kCommands[] = {kXautoclaim, kXclaim};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> stream_claim_commands() { return kCommands; }

}  // namespace tidemark::server
