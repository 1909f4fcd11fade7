// Lists: what is changed within them.

#include <limits>
#include <optional>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/index_range.hpp"
#include "server/commands/list_value.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::List;
using storage::ListEnd;
using storage::PackedElement;

std::optional<size_t> index_of(const List& list, Bytes text) {
  size_t index = 0;
  bool found = false;
  list.visit(ListEnd::front, 0, list.size(), [&](const PackedElement& element) {
    IntegerText scratch;
    found = element.text(scratch) == text;
    index += found ? 0 : 1;
    return !found;
  });
  return found ? std::optional(index) : std::nullopt;
}

Reply linsert(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const bool after = args.accept("after");
  if (!after && !args.accept("before")) args.fail_syntax();
  const Bytes pivot = args.next();
  const Bytes element = args.next();
  check_list_elements(args, {&element, 1});
  if (args.failed()) return args.error();

  auto list = ctx.database(key).edit<List>(ctx.hashed(key), IfAbsent::leave);
  if (!list) return error_reply(list.error());
  if (!*list) return Reply::integer(0);
  const auto index = index_of(**list, pivot);
  if (!index) {
    list->nothing_changed();
    return Reply::integer(-1);
  }
  (*list)->insert(*index + (after ? 1 : 0), element, list_limits(ctx));
  return Reply::integer(static_cast<int64_t>((*list)->size()));
}

constexpr Command kLinsert{
    .name = "linsert",
    .summary = "Adds an element before or after another one of a list.",
    .since = "2.2.0",
    .complexity = "O(N) in the elements before the one that is looked for",
    .group = Group::list,
    .arity = exactly(5),
    .flags = Flag::write | Flag::deny_oom,
    .event = "linsert",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key where:{BEFORE|AFTER} pivot element",
    .run = linsert,
};

Reply lrem(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t count = args.next_integer();
  const Bytes element = args.next();
  if (args.failed()) return args.error();

  auto list = ctx.database(key).edit<List>(ctx.hashed(key), IfAbsent::leave);
  if (!list) return error_reply(list.error());
  if (!*list) return Reply::integer(0);
  const uint64_t most = count > 0   ? static_cast<uint64_t>(count)
                        : count < 0 ? 0 - static_cast<uint64_t>(count)
                                    : std::numeric_limits<uint64_t>::max();
  const size_t removed = (*list)->erase_equal(
      element, most, count < 0 ? ListEnd::back : ListEnd::front, list_limits(ctx));
  if (removed == 0) list->nothing_changed();
  return Reply::integer(static_cast<int64_t>(removed));
}

constexpr Command kLrem{
    .name = "lrem",
    .summary = "Removes elements of a list that equal a given one, from either end.",
    .since = "1.0.0",
    .complexity = "O(N) in the length of the list",
    .group = Group::list,
    .arity = exactly(4),
    .flags = Flag::write,
    .event = "lrem",
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key count:integer element",
    .run = lrem,
};

Reply lset(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto found = find_list(ctx, key);
  if (!found) return error_reply(found.error());
  if (*found == nullptr) return Reply::error("ERR no such key");
  // Asked for only where there is a list to change.
  const auto index = index_within(args.next_integer(), (*found)->size());
  const Bytes element = args.next();
  check_list_elements(args, {&element, 1});
  if (args.failed()) return args.error();
  if (!index) return Reply::error("ERR index out of range");

  auto list = *ctx.database(key).edit<List>(ctx.hashed(key), IfAbsent::leave);
  list->replace(*index, element, list_limits(ctx));
  return Reply::ok();
}

constexpr Command kLset{
    .name = "lset",
    .summary = "Replaces an element of a list by its index.",
    .since = "1.0.0",
    .complexity = "O(N) in the pieces between the element and the nearer end",
    .group = Group::list,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "lset",
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key index:integer element",
    .run = lset,
};

Reply ltrim(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t start = args.next_integer();
  const int64_t stop = args.next_integer();
  if (args.failed()) return args.error();

  auto list = ctx.database(key).edit<List>(ctx.hashed(key), IfAbsent::leave);
  if (!list) return error_reply(list.error());
  if (!*list) return Reply::ok();
  const storage::ListLimits limits = list_limits(ctx);
  const size_t size = (*list)->size();
  const IndexRange kept = index_range(start, stop, size);
  const size_t behind = kept.first + kept.count;
  list->dispose((*list)->cut(behind, size - behind, limits));
  list->dispose((*list)->cut(0, kept.first, limits));
  return Reply::ok();
}

constexpr Command kLtrim{
    .name = "ltrim",
    .summary = "Removes all elements of a list but a range of them.",
    .since = "1.0.0",
    .complexity = "O(N) in the pieces that are removed",
    .group = Group::list,
    .arity = exactly(4),
    .flags = Flag::write,
    .event = "ltrim",
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key start:integer stop:integer",
    .run = ltrim,
};

constexpr Command kCommands[] = {kLinsert, kLrem, kLset, kLtrim};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> list_change_commands() { return kCommands; }

}  // namespace tidemark::server
