#include "server/commands/sorted_set_erase.hpp"

#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

using storage::SortedSet;

void erase_ranks(storage::Database& database, const storage::HashedKey& key, const SortedSet& set,
                 const storage::RankRange& range) {
  if (range.size() == 0) return;
  if (range.size() == set.size()) {
    database.unlink_emptied(key);
    return;
  }
  auto edit = database.edit<SortedSet>(key, storage::IfAbsent::leave);
  auto* const cut_off = storage::make_object<SortedSet>();
  (*edit)->cut(range, *cut_off);
  edit->dispose(cut_off);
}

}  // namespace tidemark::server
