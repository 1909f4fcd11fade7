// XRANGE and XREVRANGE.

#include <limits>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/stream_args.hpp"
#include "server/commands/stream_reply.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using storage::StreamCursor;

enum class Direction : uint8_t { up, down };

// COUNT as it is given; below zero is zero, which is answered by nothing at all.
int64_t read_range_count(ArgReader& args) {
  int64_t count = std::numeric_limits<int64_t>::max();
  while (!args.empty() && !args.failed()) {
    if (args.accept_with("count", 1)) {
      count = args.next_integer();
    } else {
      args.fail_syntax();
    }
  }
  return count;
}

Reply range(Context& ctx, ArgReader& args, Direction direction) {
  const bool up = direction == Direction::up;
  const Bytes key = args.next();
  const Bytes first = args.next();
  const Bytes second = args.next();
  const auto [start, end] = read_id_range(args, up ? first : second, up ? second : first);
  const int64_t count = read_range_count(args);
  if (args.failed()) return args.error();

  const auto found = ctx.find_to_read_as<storage::Stream>(key);
  if (!found) return error_reply(found.error());
  if (*found == nullptr) return Reply::empty_array();
  if (count <= 0) return Reply::null_array();
  const storage::Stream& stream = **found;
  OpenReply reply;
  int64_t written = 0;
  StreamCursor cursor = up ? stream.at_or_after(start) : stream.at_or_before(end);
  while (cursor && written < count && (up ? cursor.id() <= end : cursor.id() >= start)) {
    write_entry(reply.out(), cursor);
    ++written;
    if (up) {
      cursor.next();
    } else {
      cursor.previous();
    }
  }
  return reply.close_array(static_cast<size_t>(written));
}

Reply xrange(Context& ctx, ArgReader& args) { return range(ctx, args, Direction::up); }

constexpr Command kXrange{
    .name = "xrange",
    .summary = "Returns the entries of a stream within a range of ids.",
    .since = "5.0.0",
    .complexity = "O(log N) and O(M) in the entries returned",
    .group = Group::stream,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key start end [COUNT count:integer]",
    .run = xrange,
};

Reply xrevrange(Context& ctx, ArgReader& args) { return range(ctx, args, Direction::down); }

constexpr Command kXrevrange{
    .name = "xrevrange",
    .summary = "Returns the entries of a stream within a range of ids, the latest first.",
    .since = "5.0.0",
    .complexity = "O(log N) and O(M) in the entries returned",
    .group = Group::stream,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key end start [COUNT count:integer]",
    .run = xrevrange,
};

constexpr Command kCommands[] = {kXrange, kXrevrange};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> stream_range_commands() { return kCommands; }

}  // namespace tidemark::server
