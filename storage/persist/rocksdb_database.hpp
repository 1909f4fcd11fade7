#pragma once

#include <memory>
#include <string>

#include "storage/persist/background_errors.hpp"
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
  enum class Access : uint8_t {
    full,       // the store is made where there is none
    again,      // a store that was open before: none is made in its stead
    read_only,  // what there is of it, to be read; nothing is written, not even a lock taken
  };

  RocksDbDatabase(const RocksDbStore::Options& options, Access access,
                  std::shared_ptr<BackgroundErrors> errors);
  // Throws where the store with this identity is not there, or its disk would not let it be opened
  // again: before it is closed for that.
  static void require_usable(const RocksDbStore::Options& options, const std::string& identity);
  ~RocksDbDatabase();
  RocksDbDatabase(const RocksDbDatabase&) = delete;
  RocksDbDatabase& operator=(const RocksDbDatabase&) = delete;

  rocksdb::DB& db() const { return *db_; }
  // User records and rows.
  rocksdb::ColumnFamilyHandle* read_states() const { return read_states_; }
  // Format and version ceiling.
  rocksdb::ColumnFamilyHandle* meta() const { return meta_; }
  bool writable() const { return access_ != Access::read_only; }
  // Whether opening made it.
  bool is_new() const { return is_new_; }
  // What failed in the background.
  const BackgroundErrors& errors() const { return *errors_; }
  // What tells this store from every other, for as long as it exists.
  std::string identity() const;

  // Puts the log on disk, by a synced write of nothing. Not by SyncWAL(): that one, alone of all
  // calls, does not look whether the log failed before, and aborts the process where it did.
  rocksdb::Status sync() const;

  // Key of the version ceiling in meta().
  static constexpr const char* kCeilingKey = "version-ceiling";

 private:
  void refuse_unknown_column_families() const;
  void open();
  void verify_format();
  rocksdb::DBOptions db_options() const;
  rocksdb::ColumnFamilyOptions read_state_options() const;
  void close();

  const RocksDbStore::Options options_;
  const Access access_;
  const std::shared_ptr<BackgroundErrors> errors_;
  bool is_new_ = false;
  std::unique_ptr<const rocksdb::CompactionFilter> no_row_filter_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  rocksdb::ColumnFamilyHandle* read_states_ = nullptr;
};

}  // namespace tidemark::storage
