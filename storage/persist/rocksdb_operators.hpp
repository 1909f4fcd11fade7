#pragma once

#include <memory>

namespace rocksdb {
class CompactionFilter;
class MergeOperator;
class SliceTransform;
}  // namespace rocksdb

namespace tidemark::storage {

// Merges deltas into rows, and user records and ceilings as maxima: rocksdb_format::merge().
std::shared_ptr<rocksdb::MergeOperator> make_read_state_merge_operator();
// Maps every key to the part that names its user, for the filters that spare a user who is not in a
// file the reading of it.
std::shared_ptr<const rocksdb::SliceTransform> make_user_prefix();
// Removes what deltas left behind that brought no row into existence.
std::unique_ptr<const rocksdb::CompactionFilter> make_no_row_filter();

}  // namespace tidemark::storage
