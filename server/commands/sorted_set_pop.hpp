#pragma once

#include <cstddef>
#include <span>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "storage/value/sorted_set.hpp"

// Popping members of sorted sets: what ZPOPMIN, ZMPOP and those that wait share.
namespace tidemark::server {

// The first `count` elements in the direction, as ascending ranks.
storage::RankRange end_of(const storage::SortedSet& set, size_t count,
                          storage::Direction direction);

// Removes a range of the set at the key. All of it goes with the key, and is freed in slices.
void erase_ranks(storage::Database& database, const storage::HashedKey& key,
                 const storage::SortedSet& set, const storage::RankRange& range);

// What ZMPOP and BZMPOP ask for.
struct ManyPop {
  std::span<const Bytes> keys;
  storage::Direction direction = storage::Direction::ascending;
  size_t count = 1;
};
// From the number of keys on to the end.
ManyPop read_many_pop(ArgReader& args);
// The key, and the members popped from the set there with their scores.
Reply pop_many(Context& ctx, Bytes key, const storage::SortedSet& set, const ManyPop& pop);

}  // namespace tidemark::server
