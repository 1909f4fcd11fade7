// READSTATE: what moves and reads marks. What is about memory and the store is in
// read_state_keeping.cpp.

#include <string>
#include <utility>
#include <vector>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/read_state_args.hpp"
#include "server/commands/read_state_reply.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

using storage::ReadStates;
using storage::Row;

// For Command::check: the arguments are read as the command will read them.
template <auto read>
std::optional<Reply> check_with(ArgReader& args) {
  (void)read(args);
  if (args.failed()) return args.error();
  return std::nullopt;
}

ReadStates& states(Context& ctx, Bytes user) { return ctx.data(user).read_states; }

Reply too_many_channels(const Context& ctx) {
  return Reply::error("ERR too many channels for this user (limit " +
                      std::to_string(ctx.settings().readstate_max_channels) + ")");
}

// ---- Changes.

Reply ack(Context& ctx, ArgReader& args) {
  const AckArgs read = read_ack(args);
  if (args.failed()) return args.error();

  ReadStates& all = states(ctx, read.user);
  const Result<int64_t> version = all.ack(ctx.user(), read.pairs.all(), read.options, ctx.now_us());
  return version ? Reply::integer(*version) : too_many_channels(ctx);
}

constexpr Command kAck{
    .name = "readstate.ack",
    .summary = "Moves marks forward and clears the counters of what is read.",
    .since = "0.1.0",
    .complexity = "O(N*log(M)) for N channels given of M the user has",
    .group = Group::read_state,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast | Flag::loads_user | Flag::writes_user,
    .keys = {key_at(1, Access::access_update)},
    .syntax =
        "key:key [TYPE type:integer] [MENTIONS mentions:integer] [UNREAD unread:integer] "
        "[FLAGS flags:integer] data:(channel:integer message-id<id>:integer)...",
    .check = check_with<read_ack>,
    .run = ack,
};

Reply set(Context& ctx, ArgReader& args) {
  const SetArgs read = read_set(args);
  if (args.failed()) return args.error();

  ReadStates& all = states(ctx, read.user);
  const auto version = all.set(ctx.user(), read.target, read.options, ctx.now_us());
  if (!version) return too_many_channels(ctx);
  return *version ? Reply::integer(**version) : Reply::null();
}

constexpr Command kSet{
    .name = "readstate.set",
    .summary = "Sets the read state of a channel, also backwards.",
    .since = "0.1.0",
    .complexity = "O(log(M)) for M channels the user has",
    .group = Group::read_state,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast | Flag::loads_user | Flag::writes_user,
    .keys = {key_at(1, Access::access_update)},
    .syntax =
        "key:key [TYPE type:integer] [MENTIONS mentions:integer] [UNREAD unread:integer] "
        "[FLAGS flags:integer] [MANUAL] [IFVERSION version:integer] channel:integer "
        "message-id<id>:integer",
    .check = check_with<read_set>,
    .run = set,
};

// A user who need not be in memory: a pending delta is kept for them. Where there is no store to
// merge it with later, they are an empty user now.
storage::UserRef find_anybody(Context& ctx, ReadStates& all, Bytes user) {
  const uint64_t hash = ctx.hashed(user).hash;
  storage::UserRef found = all.find(user, hash);
  const bool absent = found.residency() == storage::Residency::absent;
  if (!absent || ctx.data(user).write_behind != nullptr) return found;
  all.install(user, {}, ctx.now_us());
  return all.find(user, hash);
}

Reply incr(Context& ctx, ArgReader& args) {
  const IncrArgs read = read_incr(args);
  if (args.failed()) return args.error();

  ReadStates& all = states(ctx, read.user);
  storage::UserRef user = find_anybody(ctx, all, read.user);
  const Result<bool> counted = all.incr(user, read.target, read.options, ctx.now_us());
  return counted ? Reply::integer(*counted ? 1 : 0) : too_many_channels(ctx);
}

// Does not wait for the load: a pending delta is kept for a user who is not in memory.
constexpr Command kIncr{
    .name = "readstate.incr",
    .summary = "Adds to the counters of a channel, unless the message is read already.",
    .since = "0.1.0",
    .complexity = "O(log(M)) for M channels the user has",
    .group = Group::read_state,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast | Flag::writes_user,
    .keys = {key_at(1, Access::access_update)},
    .syntax =
        "key:key [TYPE type:integer] [MENTIONS mentions:integer] [UNREAD unread:integer] "
        "channel:integer message-id<id>:integer",
    .run = incr,
};

// Runs on each owner with the users it has. A user with too many channels is not counted; the
// others are, since the command is atomic for each of them and not over them.
Reply fanout(Context& ctx, ArgReader& args) {
  const FanoutArgs read = read_fanout(args);
  if (args.failed()) return args.error();

  int64_t counted = 0;
  for (const Bytes key : read.users) {
    ReadStates& all = states(ctx, key);
    storage::UserRef user = find_anybody(ctx, all, key);
    const Result<bool> done = all.incr(user, read.target, read.options, ctx.now_us());
    if (done && *done) ++counted;
  }
  return Reply::integer(counted);
}

constexpr Command kFanout{
    .name = "readstate.fanout",
    .summary = "Adds to the counters of a channel for many users at once.",
    .since = "0.1.0",
    .complexity = "O(N*log(M)) for N users with M channels each",
    .group = Group::read_state,
    .arity = at_least(5),
    .flags = Flag::write | Flag::deny_oom | Flag::writes_user,
    .keys = {counted_keys_at(3, Access::access_update)},
    .syntax =
        "channel:integer message-id<id>:integer numkeys:integer key:key... "
        "[TYPE type:integer] [MENTIONS mentions:integer] [UNREAD unread:integer]",
    .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
    .merge = Merge::sum,
    .check = check_with<read_fanout>,
    .run = fanout,
};

Reply del(Context& ctx, ArgReader& args) {
  const DelArgs read = read_del(args);
  if (args.failed()) return args.error();

  ReadStates& all = states(ctx, read.user);
  const size_t removed = all.del(ctx.user(), read.type, read.channels.all(), ctx.now_us());
  return Reply::integer(static_cast<int64_t>(removed));
}

constexpr Command kDel{
    .name = "readstate.del",
    .summary = "Removes read states for good.",
    .since = "0.1.0",
    .complexity = "O(N*log(M)) for N channels given of M the user has, O(M) for all of them",
    .group = Group::read_state,
    .arity = at_least(2),
    .flags = Flag::write | Flag::loads_user | Flag::writes_user,
    .keys = {key_at(1, Access::remove)},
    .syntax = "key:key [TYPE type:integer] [channel:integer...]",
    .check = check_with<read_del>,
    .run = del,
};

// ---- Looks.

Reply get(Context& ctx, ArgReader& args) {
  const GetArgs read = read_get(args);
  if (args.failed()) return args.error();

  ReadStates& all = states(ctx, read.user);
  protocol::Output out;
  reserve_entries(out, read.channels.all().size());
  protocol::write_array_header(out, read.channels.all().size());
  for (const int64_t channel : read.channels.all()) {
    const auto row = all.get(ctx.user(), {.type = read.type, .channel = channel});
    if (row) {
      write_entry(out, ctx.session().resp, *row);
    } else {
      protocol::write_null(out, ctx.session().resp);
    }
  }
  return Reply::encoded(std::move(out));
}

constexpr Command kGet{
    .name = "readstate.get",
    .summary = "Returns the read states of channels.",
    .since = "0.1.0",
    .complexity = "O(N*log(M)) for N channels given of M the user has",
    .group = Group::read_state,
    .arity = at_least(3),
    .flags = Flag::readonly | Flag::fast | Flag::loads_user,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [TYPE type:integer] channel:integer...",
    .check = check_with<read_get>,
    .run = get,
};

Reply getall(Context& ctx, ArgReader& args) {
  const GetAllArgs read = read_getall(args);
  if (args.failed()) return args.error();

  ReadStates& all = states(ctx, read.user);
  RowWriter writer(ctx.session().resp);
  all.getall(ctx.user(), read.options, writer);
  return writer.reply();
}

constexpr Command kGetall{
    .name = "readstate.getall",
    .summary = "Returns all read states of a user, or those changed since a version.",
    .since = "0.1.0",
    .complexity = "O(M) for M channels the user has",
    .group = Group::read_state,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::loads_user,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key [TYPE type:integer] [SINCE version:integer] [NONZERO] "
        "[AFTER after:(type:integer channel:integer)] [COUNT count:integer]",
    .check = check_with<read_getall>,
    .run = getall,
};

Reply unread(Context& ctx, ArgReader& args) {
  const UnreadArgs read = read_unread(args);
  if (args.failed()) return args.error();

  ReadStates& all = states(ctx, read.user);
  std::vector<Row> rows;
  all.unread(ctx.user(), read.heads.all(), read.options, rows);
  protocol::Output out;
  protocol::write_array_header(out, rows.size());
  for (const Row& row : rows) write_row(out, row);
  return Reply::encoded(std::move(out));
}

constexpr Command kUnread{
    .name = "readstate.unread",
    .summary = "Tells which of the channels have something unread.",
    .since = "0.1.0",
    .complexity = "O(N*log(M)) for N channels given of M the user has",
    .group = Group::read_state,
    .arity = at_least(4),
    .flags = Flag::readonly | Flag::fast | Flag::loads_user,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key [TYPE type:integer] [DEFAULT message-id<id>:integer] "
        "data:(channel:integer head:integer)...",
    .check = check_with<read_unread>,
    .run = unread,
};

Reply total(Context& ctx, ArgReader& args) {
  const TotalArgs read = read_total(args);
  if (args.failed()) return args.error();

  ReadStates& all = states(ctx, read.user);
  const storage::Total sum = all.total(ctx.user(), read.options);
  protocol::Output out;
  protocol::write_map_header(out, ctx.session().resp, 5);
  write_field(out, "mentions", sum.mentions);
  write_field(out, "unread", sum.unread);
  write_field(out, "channels", sum.channels);
  write_field(out, "entries", sum.entries);
  write_field(out, "version", sum.version);
  return Reply::encoded(std::move(out));
}

constexpr Command kTotal{
    .name = "readstate.total",
    .summary = "Adds up the counters of a user.",
    .since = "0.1.0",
    .complexity = "O(M) for M channels the user has",
    .group = Group::read_state,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::loads_user,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [TYPE type:integer] [EXCLUDE mask:integer]",
    .check = check_with<read_total>,
    .run = total,
};

constexpr Command kCommands[] = {kAck, kSet, kIncr, kFanout, kDel, kGet, kGetall, kUnread, kTotal};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> read_state_commands() { return kCommands; }

}  // namespace tidemark::server
