// LPOS: where in a list an element is.

#include <limits>
#include <optional>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/list_value.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using storage::List;
using storage::ListEnd;
using storage::PackedElement;

struct PositionOptions {
  ListEnd from = ListEnd::front;
  uint64_t rank = 1;              // the first match that counts
  std::optional<uint64_t> count;  // how many to return, 0 for all; none: one, not in an array
  uint64_t compare_max = 0;       // 0 for all
};

void read_rank(ArgReader& args, PositionOptions& options) {
  const int64_t rank = args.next_integer();
  if (rank == std::numeric_limits<int64_t>::min()) {
    args.fail(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
  }
  if (rank == 0) {
    args.fail(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
        "negative to start from the end of the list");
  }
  options.from = rank < 0 ? ListEnd::back : ListEnd::front;
  options.rank = rank < 0 ? 0 - static_cast<uint64_t>(rank) : static_cast<uint64_t>(rank);
}

PositionOptions read_options(ArgReader& args) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  PositionOptions options;
  while (!args.empty() && !args.failed()) {
    if (args.accept_with("rank", 1)) {
      read_rank(args, options);
    } else if (args.accept_with("count", 1)) {
      options.count =
          static_cast<uint64_t>(args.next_integer(0, kMax, "ERR COUNT can't be negative"));
    } else if (args.accept_with("maxlen", 1)) {
      options.compare_max =
          static_cast<uint64_t>(args.next_integer(0, kMax, "ERR MAXLEN can't be negative"));
    } else {
      args.fail_syntax();
    }
  }
  return options;
}

// Calls found(index) for the matches that the options ask for.
template <typename Found>
void find_matches(const List& list, Bytes text, const PositionOptions& options, Found&& found) {
  const size_t size = list.size();
  size_t compared_max = size;
  if (options.compare_max > 0 && options.compare_max < size) compared_max = options.compare_max;
  const uint64_t wanted = options.count.value_or(1);
  const bool forwards = options.from == ListEnd::front;
  uint64_t matches = 0;
  size_t compared = 0;
  list.visit(options.from, forwards ? 0 : size - 1, compared_max,
             [&](const PackedElement& element) {
               IntegerText scratch;
               const size_t index = forwards ? compared : size - 1 - compared;
               ++compared;
               if (element.text(scratch) != text || ++matches < options.rank) return true;
               found(index);
               return wanted == 0 || matches - options.rank + 1 < wanted;
             });
}

Reply lpos(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes element = args.next();
  const PositionOptions options = read_options(args);
  if (args.failed()) return args.error();

  const auto list = find_list_to_read(ctx, key);
  if (!list) return error_reply(list.error());
  std::vector<size_t> found;
  if (*list != nullptr) {
    find_matches(**list, element, options, [&found](size_t index) { found.push_back(index); });
  }
  if (!options.count) {
    return found.empty() ? Reply::null() : Reply::integer(static_cast<int64_t>(found.front()));
  }
  protocol::Output out;
  protocol::write_array_header(out, found.size());
  for (const size_t index : found) protocol::write_integer(out, static_cast<int64_t>(index));
  return Reply::encoded(std::move(out));
}

constexpr Command kLpos{
    .name = "lpos",
    .summary = "Returns the index of an element of a list, or the indices of several that match.",
    .since = "6.0.6",
    .complexity = "O(N) in the elements compared",
    .group = Group::list,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]",
    .run = lpos,
};

constexpr Command kCommands[] = {kLpos};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> list_position_commands() { return kCommands; }

}  // namespace tidemark::server
