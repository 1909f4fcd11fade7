#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "storage/persist/store.hpp"

namespace rocksdb {
class Env;
}

namespace tidemark::storage {

// Thrown when a store cannot be opened; what() is a sentence for the operator.
struct StoreOpenError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Read states in an embedded RocksDB, the default store.
//
// Everything of one user is one contiguous range of keys: first the user's record (version and last
// deletion), then the rows by type and channel. A load is therefore one seek, and an erasure is one
// range delete. The layout of keys and values is described in rocksdb_format.hpp.
//
// A commit() is one write batch: absolute rows are puts, since the commits of a partition come in
// order; deltas are merge operands, blind writes that whoever reads or compacts the row applies;
// the user's version and the version ceiling are merged as maxima. A batch that failed may
// nevertheless turn up after a crash (its log record may have reached the disk), and write-behind
// makes it again. Puts and maxima do not mind. A delta is applied only to a row of a lower version,
// so a second copy changes nothing: versions make deltas happen exactly once.
//
// After an I/O error RocksDB refuses writes. The next call that finds it so resumes it, or where
// RocksDB cannot, closes and opens it again, and fails until that works: a full disk heals by
// itself once there is space. Meanwhile it is read, as it lies on the disk if need be. A store that
// was open is never made anew: one that is gone is waited for.
class RocksDbStore final : public Store {
 public:
  // Takes a line of text; any thread may call it.
  using Log = std::function<void(std::string_view)>;

  struct Options {
    std::string path;                          // `store-path`, created where missing
    size_t cache_bytes = size_t{64} << 20;     // `store-cache-bytes`: blocks, indexes and filters
    size_t memtable_bytes = size_t{32} << 20;  // `store-memtable-bytes`: all write buffers together
    int background_threads = 2;                // flushes and compactions
    Log log;                                   // for what RocksDB complains of
    rocksdb::Env* env = nullptr;               // for tests; outlives the store
  };

  // Creates the directory and the store where there is none. Throws StoreOpenError.
  static std::unique_ptr<RocksDbStore> open(const Options& options);
  ~RocksDbStore() override;

  StoreStatus commit(std::span<const UserCommit> commits) override;
  StoreStatus load(std::span<const std::string> users, std::vector<LoadedUser>& loaded) override;
  StoreStatus sync() override;
  StoreStatus version_ceiling(int64_t& ceiling) override;

  // Whether open() made it, because there was none.
  bool is_new() const { return is_new_; }

  // Writes the memtables out and compacts everything. For tests and tools.
  StoreStatus compact();

 private:
  class Database;
  explicit RocksDbStore(std::unique_ptr<Database> database);

  std::unique_ptr<Database> database_;
  bool is_new_ = false;
};

}  // namespace tidemark::storage
