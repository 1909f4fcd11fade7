// Lists: elements that go from one list to another, in one step, at once or when there are any.

#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/list_value.hpp"
#include "server/commands/timeout_arg.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::List;
using storage::ListEnd;

// From which end of which list an element goes to which end of which.
struct Move {
  Bytes source;
  Bytes destination;
  ListEnd from = ListEnd::back;
  ListEnd to = ListEnd::front;
};

// REQUIRES: the source is a list; the destination is one, or is absent.
Reply move_element(Context& ctx, const Move& move) {
  const List& source = **find_list(ctx, move.source);
  IntegerText scratch;
  const size_t index = move.from == ListEnd::front ? 0 : source.size() - 1;
  std::string element(source.get(index).text(scratch));
  const storage::ListLimits limits = list_limits(ctx);
  const auto edit = [&ctx](Bytes key, IfAbsent if_absent) {
    return *ctx.database(key).edit<List>(ctx.hashed(key), if_absent);
  };
  ctx.name_changes(move.destination, push_event(move.to));
  if (move.source == move.destination) {
    {
      auto list = edit(move.source, IfAbsent::leave);
      list->erase(index, 1, limits);
      list->push(move.to, element, limits);
    }
    ctx.note_event(move.source, pop_event(move.from), List::kType);
    return Reply::bulk_copy(std::move(element));
  }
  edit(move.destination, IfAbsent::create)->push(move.to, element, limits);
  ctx.name_changes(move.source, pop_event(move.from));
  edit(move.source, IfAbsent::leave)->erase(index, 1, limits);
  return Reply::bulk_copy(std::move(element));
}

Reply move_if_any(Context& ctx, const Move& move) {
  const auto source = find_list(ctx, move.source);
  if (!source) return error_reply(source.error());
  if (*source == nullptr) return Reply::null();
  const auto destination = find_list(ctx, move.destination);
  if (!destination) return error_reply(destination.error());
  return move_element(ctx, move);
}

Move read_move(ArgReader& args) {
  Move move;
  move.source = args.next();
  move.destination = args.next();
  move.from = read_list_end(args);
  move.to = read_list_end(args);
  return move;
}

Reply lmove(Context& ctx, ArgReader& args) {
  const Move move = read_move(args);
  if (args.failed()) return args.error();
  return move_if_any(ctx, move);
}

constexpr Command kLmove{
    .name = "lmove",
    .summary = "Moves an element from one end of a list to an end of another, and returns it.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::list,
    .arity = exactly(5),
    .flags = Flag::write | Flag::deny_oom,
    .keys = {key_at(1, Access::access_delete), key_at(2, Access::insert)},
    .syntax = "source:key destination:key1 wherefrom:{LEFT|RIGHT} whereto:{LEFT|RIGHT}",
    .run = lmove,
};

Reply rpoplpush(Context& ctx, ArgReader& args) {
  Move move;
  move.source = args.next();
  move.destination = args.next();
  if (args.failed()) return args.error();
  return move_if_any(ctx, move);
}

constexpr Command kRpoplpush{
    .name = "rpoplpush",
    .summary = "Moves the last element of a list to the front of another, and returns it.",
    .since = "1.2.0",
    .complexity = "O(1)",
    .deprecated = {.since = "6.2.0", .instead = "`LMOVE` with the `RIGHT` and `LEFT` arguments"},
    .group = Group::list,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom,
    .keys = {key_at(1, Access::access_delete), key_at(2, Access::insert)},
    .syntax = "source:key destination:key1",
    .run = rpoplpush,
};

// Moves an element, or waits until there is one.
Reply move_or_wait(Context& ctx, const Move& move, int64_t timeout_ms) {
  Reply moved = move_if_any(ctx, move);
  // Where it may not wait it answers as LMOVE does; its time being over is another reply.
  if (moved.kind() != Reply::Kind::null || !ctx.session().may_wait) return moved;
  return ctx.wait_for_keys(
      {.keys = {&move.source, 1},
       .timeout_ms = timeout_ms,
       .type = List::kType,
       .serve =
           [to = std::string(move.destination), from_end = move.from, to_end = move.to](Context& on,
                                                                                        Bytes key) {
             return move_if_any(on,
                                {.source = key, .destination = to, .from = from_end, .to = to_end});
           },
       .on_timeout = Reply::null_array,
       .destination = move.destination});
}

Reply blmove(Context& ctx, ArgReader& args) {
  const Move move = read_move(args);
  const int64_t timeout_ms = timeout_of(ctx, args, args.next());
  if (args.failed()) return args.error();
  return move_or_wait(ctx, move, timeout_ms);
}

constexpr Command kBlmove{
    .name = "blmove",
    .summary =
        "Moves an element from one end of a list to an end of another, and returns it; waits "
        "until there is one.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::list,
    .arity = exactly(6),
    .flags = Flag::write | Flag::deny_oom | Flag::blocking,
    .keys = {key_at(1, Access::access_delete), key_at(2, Access::insert)},
    .syntax =
        "source:key destination:key1 wherefrom:{LEFT|RIGHT} whereto:{LEFT|RIGHT} "
        "timeout:double",
    .run = blmove,
};

Reply brpoplpush(Context& ctx, ArgReader& args) {
  Move move;
  move.source = args.next();
  move.destination = args.next();
  const int64_t timeout_ms = timeout_of(ctx, args, args.next());
  if (args.failed()) return args.error();
  return move_or_wait(ctx, move, timeout_ms);
}

constexpr Command kBrpoplpush{
    .name = "brpoplpush",
    .summary =
        "Moves the last element of a list to the front of another, and returns it; waits "
        "until there is one.",
    .since = "2.2.0",
    .complexity = "O(1)",
    .deprecated = {.since = "6.2.0", .instead = "`BLMOVE` with the `RIGHT` and `LEFT` arguments"},
    .group = Group::list,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom | Flag::blocking,
    .keys = {key_at(1, Access::access_delete), key_at(2, Access::insert)},
    .syntax = "source:key destination:key1 timeout:double",
    .run = brpoplpush,
};

constexpr Command kCommands[] = {kBlmove, kBrpoplpush, kLmove, kRpoplpush};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> list_move_commands() { return kCommands; }

}  // namespace tidemark::server
