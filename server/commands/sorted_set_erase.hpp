#pragma once

#include "storage/keyspace/database.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

// Removes a range of the set at the key, all of it with the key. Most of it is freed in slices.
void erase_ranks(storage::Database& database, const storage::HashedKey& key,
                 const storage::SortedSet& set, const storage::RankRange& range);

}  // namespace tidemark::server
