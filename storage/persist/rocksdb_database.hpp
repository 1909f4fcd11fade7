#pragma once

#include <memory>
#include <string>

#include "storage/persist/rocksdb_store.hpp"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class CompactionFilter;
class DB;
struct DBOptions;
struct ColumnFamilyOptions;
class Status;
}  // namespace rocksdb

namespace tidemark::storage {

// An open RocksDB with the column families of read states. Opening makes sure that the directory is
// ours to use and holds a format that this program knows; whatever is wrong ends as a
// StoreOpenError in words that say what to do.
class RocksDbDatabase {
 public:
  explicit RocksDbDatabase(const RocksDbStore::Options& options);
  ~RocksDbDatabase();
  RocksDbDatabase(const RocksDbDatabase&) = delete;
  RocksDbDatabase& operator=(const RocksDbDatabase&) = delete;

  rocksdb::DB& db() const { return *db_; }
  // User records and rows.
  rocksdb::ColumnFamilyHandle* read_states() const { return read_states_; }
  // Format and version ceiling.
  rocksdb::ColumnFamilyHandle* meta() const { return meta_; }

  // Puts the log on disk, by a synced write of nothing. Not by SyncWAL(): that one, alone of all
  // calls, does not look whether the log failed before, and aborts the process where it did.
  rocksdb::Status sync() const;

  // Key of the version ceiling in meta().
  static constexpr const char* kCeilingKey = "version-ceiling";

 private:
  void refuse_unknown_column_families(const RocksDbStore::Options& options) const;
  void open(const RocksDbStore::Options& options);
  void verify_format(const RocksDbStore::Options& options);
  rocksdb::DBOptions db_options(const RocksDbStore::Options& options) const;
  rocksdb::ColumnFamilyOptions read_state_options(const RocksDbStore::Options& options) const;
  void close();

  std::unique_ptr<const rocksdb::CompactionFilter> no_row_filter_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  rocksdb::ColumnFamilyHandle* read_states_ = nullptr;
};

}  // namespace tidemark::storage
