#include "storage/persist/rocksdb_database.hpp"

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/persist/rocksdb_format.hpp"
#include "storage/persist/rocksdb_logger.hpp"
#include "storage/persist/rocksdb_operators.hpp"

namespace tidemark::storage {
namespace {

namespace fs = std::filesystem;

constexpr const char* kReadStatesFamily = "read_states";
constexpr const char* kFormatKey = "format";

// Hears of what fails in the background. And keeps RocksDB from recovering by itself: it would poll
// for space at its own pace, and refuse our attempts as long as that lasts.
class FailureListener final : public rocksdb::EventListener {
 public:
  explicit FailureListener(std::shared_ptr<BackgroundErrors> errors) : errors_(std::move(errors)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    // A compaction that found no space is made again by RocksDB, and nothing else is affected.
    using Weight = BackgroundErrors::Weight;
    const bool passing = error->severity() <= rocksdb::Status::Severity::kSoftError;
    errors_->note(error->ToString(), passing ? Weight::passing : Weight::fatal);
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status error,
                            bool* auto_recovery) override {
    error.PermitUncheckedError();
    *auto_recovery = false;
  }

 private:
  const std::shared_ptr<BackgroundErrors> errors_;
};

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw StoreOpenError("the read state store in '" + path + "' " + what);
}

[[noreturn]] void fail_newer(const std::string& path, const std::string& what) {
  fail(path, "was written by a newer version of this program: " + what);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A RocksDB without its CURRENT file is created anew, and what was there is deleted. Such files
// without a CURRENT are therefore a damaged store, never an empty one.
void refuse_headless(const std::string& path) {
  if (fs::exists(fs::path(path) / "CURRENT")) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".sst") || name.starts_with("MANIFEST-")) {
      fail(path, "is corrupt: the file CURRENT is missing beside " + name);
    }
  }
}

// A store that was open and is gone must not be replaced by an empty one, in which nobody has read
// anything: its disk may not be mounted just now.
void require_store(const std::string& path) {
  std::error_code error;
  if (!fs::exists(fs::path(path) / "CURRENT", error)) fail(path, "is gone");
}

// What opening writes anew: the contents of the logs.
uintmax_t log_bytes(const std::string& path) {
  uintmax_t bytes = 0;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    if (entry.path().extension() == ".log") bytes += entry.file_size(error);
  }
  return bytes;
}

// Writes a little, and takes it back.
rocksdb::Status try_disk(rocksdb::Env& env, const std::string& path) {
  const std::string name = (fs::path(path) / "disk-probe").string();
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env.NewWritableFile(name, &file, rocksdb::EnvOptions());
  if (status.ok()) status = file->Append(std::string(4096, '\0'));
  if (status.ok()) status = file->Sync();
  if (file != nullptr) file->Close().PermitUncheckedError();
  env.DeleteFile(name).PermitUncheckedError();
  return status;
}

void prepare_directory(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_directory(status)) {
    throw StoreOpenError("store-path '" + path + "' is not a directory");
  }
  if (!fs::exists(status)) {
    fs::create_directories(path, error);
    if (error) throw StoreOpenError("cannot create store-path '" + path + "': " + error.message());
  }
  if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    throw StoreOpenError("store-path '" + path +
                         "' cannot be read and written: " + std::strerror(errno));
  }
  refuse_headless(path);
}

// Which other process holds RocksDB's lock; none where it cannot be told. Never asked about a lock
// of this process: closing the file would give that one up.
std::optional<pid_t> lock_holder(const std::string& path) {
  const int fd = ::open((fs::path(path) / "LOCK").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(fd);
  return held && lock.l_pid > 0 ? std::optional(lock.l_pid) : std::nullopt;
}

[[noreturn]] void fail_open(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (contains(text, "lock hold by current process")) {
    fail(path, "is in use by this process already");
  }
  if (status.IsIOError() && contains(text, "LOCK")) {
    const std::optional<pid_t> holder = lock_holder(path);
    if (holder) fail(path, "is in use by process " + std::to_string(*holder));
    fail(path, "cannot be locked: " + text);
  }
  // A file that the MANIFEST names and that is gone or cut short is reported as an I/O error.
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
      contains(text, "No such file")) {
    fail(path, "is corrupt: " + text);
  }
  fail(path, "cannot be opened: " + text);
}

}  // namespace

RocksDbDatabase::RocksDbDatabase(const RocksDbStore::Options& options, Access access,
                                 std::shared_ptr<BackgroundErrors> errors)
    : options_(options),
      access_(access),
      errors_(std::move(errors)),
      no_row_filter_(make_no_row_filter()) {
  if (access == Access::full) {
    prepare_directory(options.path);
  } else {
    require_store(options.path);
  }
  refuse_unknown_column_families();
  open();
  verify_format();
}

RocksDbDatabase::~RocksDbDatabase() { close(); }

void RocksDbDatabase::require_usable(const RocksDbStore::Options& options,
                                     const std::string& identity) {
  constexpr uintmax_t kSpare = 1 << 20;
  require_store(options.path);
  std::string found;
  std::getline(std::ifstream(fs::path(options.path) / "IDENTITY"), found);
  if (found != identity) fail(options.path, "is another one than was open before");
  std::error_code error;
  const fs::space_info space = fs::space(options.path, error);
  const uintmax_t needed = log_bytes(options.path) + kSpare;
  if (!error && space.available < needed) {
    fail(options.path, "has too little space to go on: " + std::to_string(needed >> 10) +
                           " KiB needed, " + std::to_string(space.available >> 10) +
                           " KiB left on the device");
  }
  rocksdb::Env& env = options.env != nullptr ? *options.env : *rocksdb::Env::Default();
  if (const rocksdb::Status status = try_disk(env, options.path); !status.ok()) {
    fail(options.path, "cannot be written: " + status.ToString());
  }
}

std::string RocksDbDatabase::identity() const {
  std::string identity;
  db_->GetDbIdentity(identity).PermitUncheckedError();
  return identity;
}

rocksdb::Status RocksDbDatabase::sync() const {
  rocksdb::WriteBatch nothing;
  if (rocksdb::Status status = nothing.PutLogData("sync"); !status.ok()) return status;
  rocksdb::WriteOptions options;
  options.sync = true;
  return db_->Write(options, &nothing);
}

void RocksDbDatabase::close() {
  if (!db_) return;
  // Failures leave nothing to do: what was committed is in the log.
  if (writable()) sync().PermitUncheckedError();
  db_->DestroyColumnFamilyHandle(meta_).PermitUncheckedError();
  db_->DestroyColumnFamilyHandle(read_states_).PermitUncheckedError();
  db_->Close().PermitUncheckedError();
  db_.reset();
}

void RocksDbDatabase::refuse_unknown_column_families() const {
  if (!fs::exists(fs::path(options_.path) / "CURRENT")) return;
  std::vector<std::string> names;
  const rocksdb::Status status =
      rocksdb::DB::ListColumnFamilies(db_options(), options_.path, &names);
  if (!status.ok()) fail_open(options_.path, status);
  for (const std::string& name : names) {
    if (name != rocksdb::kDefaultColumnFamilyName && name != kReadStatesFamily) {
      fail_newer(options_.path, "column family '" + name + "' is unknown");
    }
  }
}

rocksdb::DBOptions RocksDbDatabase::db_options() const {
  rocksdb::DBOptions db;
  if (options_.env != nullptr) db.env = options_.env;
  db.create_if_missing = access_ == Access::full;
  db.create_missing_column_families = access_ == Access::full;
  db.listeners.push_back(std::make_shared<FailureListener>(errors_));
  db.db_write_buffer_size = options_.memtable_bytes;
  // The family of the ceiling hardly ever fills a memtable, and would hold every log back.
  db.max_total_wal_size = 4 * options_.memtable_bytes;
  db.max_background_jobs = options_.background_threads;
  db.max_open_files = 512;
  db.bytes_per_sync = 1 << 20;
  db.info_log = make_rocksdb_logger(options_.log);
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

rocksdb::ColumnFamilyOptions RocksDbDatabase::read_state_options() const {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache_;
  table.cache_index_and_filter_blocks = true;  // else they would be memory without a bound
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = false;  // rows are only ever read user by user
  table.block_size = 8 << 10;
  table.format_version = 5;

  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.merge_operator = make_read_state_merge_operator();
  family.prefix_extractor = make_user_prefix();
  family.compaction_filter = no_row_filter_.get();
  family.memtable_prefix_bloom_size_ratio = 0.02;
  family.write_buffer_size = std::max<size_t>(options_.memtable_bytes / 2, 64 << 10);
  family.level_compaction_dynamic_level_bytes = true;
  const std::vector<rocksdb::CompressionType> compressions = rocksdb::GetSupportedCompressions();
  const bool has_lz4 =
      std::ranges::find(compressions, rocksdb::kLZ4Compression) != compressions.end();
  family.compression = has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return family;
}

void RocksDbDatabase::open() {
  cache_ = rocksdb::NewLRUCache(options_.cache_bytes);
  rocksdb::BlockBasedTableOptions meta_table;
  meta_table.block_cache = cache_;
  rocksdb::ColumnFamilyOptions meta;
  meta.table_factory.reset(rocksdb::NewBlockBasedTableFactory(meta_table));
  meta.merge_operator = make_read_state_merge_operator();
  meta.write_buffer_size = 64 << 10;

  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, meta}, {kReadStatesFamily, read_state_options()}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  is_new_ = !fs::exists(fs::path(options_.path) / "CURRENT");
  const rocksdb::Status status =
      writable()
          ? rocksdb::DB::Open(db_options(), options_.path, families, &handles, &db)
          : rocksdb::DB::OpenForReadOnly(db_options(), options_.path, families, &handles, &db);
  if (!status.ok()) fail_open(options_.path, status);
  db_.reset(db);
  meta_ = handles[0];
  read_states_ = handles[1];
}

void RocksDbDatabase::verify_format() {
  const std::string ours = std::to_string(rocksdb_format::kFormat);
  std::string format;
  rocksdb::Status status = db_->Get({}, meta_, kFormatKey, &format);
  if (status.IsNotFound() && writable()) {
    rocksdb::WriteOptions write;
    write.sync = true;
    status = db_->Put(write, meta_, kFormatKey, ours);
    format = ours;
  }
  // The destructor does not run for what a constructor leaves by an exception.
  if (!status.ok()) {
    close();
    fail_open(options_.path, status);
  }
  if (format != ours) {
    close();
    fail_newer(options_.path, "its format is " + format + ", this program knows " + ours);
  }
}

}  // namespace tidemark::storage
