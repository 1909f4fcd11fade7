#include "server/commands/sorted_set_pop.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "protocol/encode.hpp"
#include "server/commands/sorted_set_reply.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

using storage::Direction;
using storage::RankRange;
using storage::SortedSet;

RankRange end_of(const SortedSet& set, size_t count, Direction direction) {
  count = std::min(count, set.size());
  return direction == Direction::ascending
             ? RankRange{.first = 0, .last = count}
             : RankRange{.first = set.size() - count, .last = set.size()};
}

void erase_ranks(storage::Database& database, const storage::HashedKey& key, const SortedSet& set,
                 const RankRange& range) {
  if (range.size() == 0) return;
  if (range.size() == set.size()) {
    database.unlink(key);
    return;
  }
  auto edit = database.edit<SortedSet>(key, storage::IfAbsent::leave);
  (*edit)->erase(range);
}

ManyPop read_many_pop(ArgReader& args) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const int64_t keys = args.next_integer(1, kMax, "ERR numkeys should be greater than 0");
  ManyPop pop{.keys = args.take(static_cast<size_t>(keys))};
  if (args.accept("max")) {
    pop.direction = Direction::descending;
  } else if (!args.accept("min")) {
    args.fail_syntax();
  }
  if (args.accept_with("count", 1)) {
    pop.count =
        static_cast<size_t>(args.next_integer(1, kMax, "ERR count should be greater than 0"));
  }
  args.finish();
  return pop;
}

Reply pop_many(Context& ctx, Bytes key, const SortedSet& set, const ManyPop& pop) {
  const RankRange range = end_of(set, pop.count, pop.direction);
  protocol::Output wire;
  protocol::write_array_header(wire, 2);
  protocol::write_bulk(wire, key);
  ScoredReply popped(ctx.session().resp, ScoredLayout::pairs, range.size());
  popped.add(set, range, pop.direction);
  wire.append(std::move(popped).finish_wire().view());
  erase_ranks(ctx.database(key), ctx.hashed(key), set, range);
  return Reply::encoded(std::move(wire));
}

}  // namespace tidemark::server
