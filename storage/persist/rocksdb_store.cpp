#include "storage/persist/rocksdb_store.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "storage/base/ensure.hpp"
#include "storage/base/mutex.hpp"
#include "storage/persist/rocksdb_database.hpp"
#include "storage/persist/rocksdb_format.hpp"

namespace tidemark::storage {
namespace {

namespace format = rocksdb_format;

Bytes bytes_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

StoreStatus failure(const rocksdb::Status& status) { return {.reason = status.ToString()}; }

StoreStatus refusal(const std::string& what) { return {.reason = what, .permanent = true}; }

// User keys may be any bytes; in a reason they are named printable.
std::string printable(Bytes user) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "'";
  for (const char c : user.substr(0, 64)) {
    if (c >= ' ' && c <= '~' && c != '\\' && c != '\'') {
      out.push_back(c);
    } else {
      const auto byte = static_cast<uint8_t>(c);
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out + (user.size() > 64 ? "...'" : "'");
}

bool valid(RowId id) { return id.type <= format::kTypeMax && id.channel >= 0; }

bool valid(const Row& row) {
  return valid(row.id) && row.mark >= 0 && row.mentions >= 0 && row.unread >= 0 && row.version > 0;
}

bool valid(const Delta& delta) {
  return valid(delta.id) && delta.message_id >= 0 && delta.version > 0;
}

bool valid_key(Bytes user) { return !user.empty() && user.size() <= format::kUserBytesMax; }

// What is written is verified before: a row that could not be read back must not get in.
StoreStatus verify(const UserCommit& commit) {
  if (!valid_key(commit.user)) return refusal("a user key must have 1 to 512 bytes");
  const bool good =
      commit.version >= 0 && commit.last_deletion >= 0 &&
      std::ranges::all_of(commit.erased, [](RowId id) { return valid(id); }) &&
      std::ranges::all_of(commit.rows, [](const Row& row) { return valid(row); }) &&
      std::ranges::all_of(commit.deltas, [](const Delta& delta) { return valid(delta); });
  return good ? StoreStatus()
              : refusal("a change of user " + printable(commit.user) + " is invalid");
}

int64_t highest_version(const UserCommit& commit) {
  int64_t version = std::max(commit.version, commit.last_deletion);
  for (const Row& row : commit.rows) version = std::max(version, row.version);
  for (const Delta& delta : commit.deltas) version = std::max(version, delta.version);
  return version;
}

// Builds the one batch that a commit() is. RocksDB's batch can only fail by a bad merge operator or
// family, which would be our mistake.
class BatchBuilder {
 public:
  explicit BatchBuilder(const RocksDbDatabase& database) : database_(database) {}

  void add(const UserCommit& commit) {
    add_erased_types(commit);
    for (const RowId id : commit.erased) {
      require(batch_.Delete(database_.read_states(), format::row_key(commit.user, id)));
    }
    for (const Row& row : commit.rows) {
      require(batch_.Put(database_.read_states(), format::row_key(commit.user, row.id),
                         format::encode(row)));
    }
    add_deltas(commit);
    add_user(commit);
    ceiling_ = std::max(ceiling_, highest_version(commit));
  }

  rocksdb::WriteBatch& finish() {
    if (ceiling_ > 0) {
      require(batch_.Merge(database_.meta(), RocksDbDatabase::kCeilingKey,
                           format::encode_ceiling(ceiling_)));
    }
    return batch_;
  }

 private:
  // Neighbouring types are one range.
  void add_erased_types(const UserCommit& commit) {
    for (uint8_t first = 0; first < kTypes; ++first) {
      uint8_t end = first;
      while (end < kTypes && (commit.erased_types >> end & 1) != 0) ++end;
      if (end == first) continue;
      const format::KeyRange range = format::row_range(commit.user, first, end);
      require(batch_.DeleteRange(database_.read_states(), range.begin, range.end));
      first = end;
    }
  }

  // Neighbours that concern one row make one operand.
  void add_deltas(const UserCommit& commit) {
    const std::span<const Delta> deltas = commit.deltas;
    for (size_t begin = 0; begin < deltas.size();) {
      size_t end = begin + 1;
      while (end < deltas.size() && deltas[end].id == deltas[begin].id) ++end;
      require(batch_.Merge(database_.read_states(), format::row_key(commit.user, deltas[begin].id),
                           format::encode(deltas.subspan(begin, end - begin))));
      begin = end;
    }
  }

  // Deltas alone leave the record as it is: the rows that they change carry their versions.
  void add_user(const UserCommit& commit) {
    if (commit.version == 0 && commit.last_deletion == 0) return;
    const format::UserRecord record{.version = commit.version,
                                    .last_deletion = commit.last_deletion};
    require(batch_.Merge(database_.read_states(), format::user_key(commit.user),
                         format::encode(record)));
  }

  static void require(const rocksdb::Status& status) { ENSURE(status.ok()); }

  const RocksDbDatabase& database_;
  rocksdb::WriteBatch batch_;
  int64_t ceiling_ = 0;
};

// RocksDB slows writers down while compactions lag behind, which is well, and stops them while all
// memtables are full, which a flush ends soon. But where none succeeds, as on a disk that is nearly
// full, the thread must not wait for long: loads are its work, too.
rocksdb::Status write(const RocksDbDatabase& database, rocksdb::WriteBatch& batch) {
  constexpr std::chrono::milliseconds kLook(2);
  constexpr int kLooks = 500;
  rocksdb::WriteOptions at_once;
  at_once.no_slowdown = true;
  for (int look = 0; look < kLooks; ++look) {
    rocksdb::Status status = database.db().Write(at_once, &batch);
    if (!status.IsIncomplete()) return status;
    uint64_t stopped = 0;
    database.db().GetIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &stopped);
    if (stopped == 0) return database.db().Write({}, &batch);
    std::this_thread::sleep_for(kLook);
  }
  return rocksdb::Status::Incomplete("flushes and compactions lag behind",
                                     database.errors().last());
}

// Reads all of one user from where `it` is put.
StoreStatus read_user(rocksdb::Iterator& it, Bytes user, LoadedUser& loaded) {
  for (it.Seek(format::user_key(user)); it.Valid(); it.Next()) {
    const Bytes key = bytes_of(it.key());
    const std::optional<RowId> id = format::row_id_of(key);
    if (id) {
      Result<std::optional<Row>> row = format::decode_row(*id, bytes_of(it.value()));
      if (!row) {
        return refusal("row (" + std::to_string(id->type) + ", " + std::to_string(id->channel) +
                       ") of user " + printable(user) + " is corrupt");
      }
      if (row->has_value()) loaded.rows.push_back(**row);
    } else {
      const Result<format::UserRecord> record = format::decode_user(bytes_of(it.value()));
      if (!record) return refusal("the record of user " + printable(user) + " is corrupt");
      loaded.version = record->version;
      loaded.last_deletion = record->last_deletion;
    }
  }
  if (it.status().IsCorruption()) {
    return refusal("user " + printable(user) + " is corrupt: " + it.status().ToString());
  }
  if (!it.status().ok()) return failure(it.status());
  for (const Row& row : loaded.rows) loaded.version = std::max(loaded.version, row.version);
  return {};
}

}  // namespace

// The database, and what it takes to get it going again after it failed. Calls share it; only a
// recovery, which may have to replace it, has it alone.
//
// Once the disk takes writes again, the database is closed and opened: what was committed is in its
// log, and goes to new files. Not by DB::Resume(), which waits for flushes, and for ever where one
// failed before in a way that RocksDB has forgotten (github.com/facebook/rocksdb/issues/15030, and
// seen here on a disk that was full for a while). Until then what is open is read.
class RocksDbStore::Database {
 public:
  explicit Database(const Options& options)
      : options_(options),
        open_(std::make_unique<RocksDbDatabase>(options, RocksDbDatabase::Access::full,
                                                background_errors_)),
        identity_(open_->identity()),
        is_new_(open_->is_new()) {}

  bool is_new() const { return is_new_; }

  // Runs `operation` on the database, which is recovered first if something failed before.
  template <typename Operation>
  StoreStatus write(Operation operation) EXCLUDES(mutex_) {
    if (StoreStatus status = recover(); !status) return status;
    ReaderLock lock(mutex_);
    // Another thread may have failed to recover it meanwhile.
    if (!open_ || !open_->writable()) return {.reason = reopen_error_};
    const rocksdb::Status status = operation(*open_);
    if (status.ok()) return {};
    // Incomplete: RocksDB is well, and asks for time.
    if (!status.IsIncomplete()) write_failed_.store(true);
    return failure(status);
  }

  template <typename Operation>
  StoreStatus read(Operation operation) EXCLUDES(mutex_) {
    {
      ReaderLock lock(mutex_);
      if (open_) return operation(*open_);
    }
    StoreStatus status = recover();
    ReaderLock lock(mutex_);
    return open_ ? operation(*open_) : status;
  }

 private:
  StoreStatus recover() EXCLUDES(mutex_) {
    if (!write_failed_.load() && !background_errors_->fatal()) return {};
    WriterLock lock(mutex_);
    // What fails from here on is told anew.
    const bool in_background = background_errors_->take_fatal();
    if (!write_failed_.load() && !in_background) return {};  // another thread was faster
    StoreStatus status = try_recover();
    write_failed_.store(!status);
    return status;
  }

  StoreStatus try_recover() REQUIRES(mutex_) {
    try {
      RocksDbDatabase::require_usable(options_, identity_);
      open_.reset();
      open_ = open_as(RocksDbDatabase::Access::again);
      return {};
    } catch (const StoreOpenError& error) {
      reopen_error_ = error.what();
    }
    if (!open_) read_only();
    return {.reason = reopen_error_};
  }

  void read_only() REQUIRES(mutex_) {
    try {
      open_ = open_as(RocksDbDatabase::Access::read_only);
    } catch (const StoreOpenError&) {
      // reopen_error_ has said why it cannot be opened.
    }
  }

  std::unique_ptr<RocksDbDatabase> open_as(RocksDbDatabase::Access access) const {
    return std::make_unique<RocksDbDatabase>(options_, access, background_errors_);
  }

  const Options options_;
  // Shared with RocksDB's threads.
  const std::shared_ptr<BackgroundErrors> background_errors_ = std::make_shared<BackgroundErrors>();
  std::atomic<bool> write_failed_ = false;  // stays set until the database is recovered
  SharedMutex mutex_;
  // Null, or good for reading only, where it could be closed and not be opened again.
  std::unique_ptr<RocksDbDatabase> open_ GUARDED_BY(mutex_);
  std::string reopen_error_ GUARDED_BY(mutex_);
  const std::string identity_;
  const bool is_new_;
};

std::unique_ptr<RocksDbStore> RocksDbStore::open(const Options& options) {
  return std::unique_ptr<RocksDbStore>(new RocksDbStore(std::make_unique<Database>(options)));
}

RocksDbStore::RocksDbStore(std::unique_ptr<Database> database)
    : database_(std::move(database)), is_new_(database_->is_new()) {}

RocksDbStore::~RocksDbStore() = default;

StoreStatus RocksDbStore::commit(std::span<const UserCommit> commits) {
  for (const UserCommit& commit : commits) {
    if (StoreStatus status = verify(commit); !status) return status;
  }
  return database_->write([commits](const RocksDbDatabase& database) {
    BatchBuilder batch(database);
    for (const UserCommit& commit : commits) batch.add(commit);
    return write(database, batch.finish());
  });
}

StoreStatus RocksDbStore::load(std::span<const std::string> users,
                               std::vector<LoadedUser>& loaded) {
  loaded.assign(users.size(), {});
  if (!std::ranges::all_of(users, valid_key)) return refusal("a user key must have 1 to 512 bytes");
  return database_->read([users, &loaded](const RocksDbDatabase& database) -> StoreStatus {
    rocksdb::ReadOptions options;
    options.prefix_same_as_start = true;  // the iterator ends with the user, and uses the filters
    const std::unique_ptr<rocksdb::Iterator> it(
        database.db().NewIterator(options, database.read_states()));
    for (size_t i = 0; i < users.size(); ++i) {
      if (StoreStatus status = read_user(*it, users[i], loaded[i]); !status) return status;
    }
    return {};
  });
}

StoreStatus RocksDbStore::sync() {
  return database_->write([](const RocksDbDatabase& database) { return database.sync(); });
}

StoreStatus RocksDbStore::version_ceiling(int64_t& ceiling) {
  return database_->read([&ceiling](const RocksDbDatabase& database) -> StoreStatus {
    ceiling = 0;
    std::string value;
    const rocksdb::Status status =
        database.db().Get({}, database.meta(), RocksDbDatabase::kCeilingKey, &value);
    if (status.IsNotFound()) return {};
    if (!status.ok()) return failure(status);
    const Result<int64_t> decoded = format::decode_ceiling(value);
    if (!decoded) return {.reason = "the version ceiling is corrupt"};
    ceiling = *decoded;
    return {};
  });
}

StoreStatus RocksDbStore::compact() {
  return database_->write([](const RocksDbDatabase& database) {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    return database.db().CompactRange(options, database.read_states(), nullptr, nullptr);
  });
}

}  // namespace tidemark::storage
