#include "server/snapshot/load.hpp"

#include <utility>

#include <fmt/format.h>

#include "server/commands/rdb_options.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/log/log.hpp"
#include "server/server.hpp"
#include "server/snapshot/save.hpp"
#include "storage/rdb/value_skipper.hpp"

namespace tidemark::server {

namespace {

using storage::EntryOwner;
using storage::rdb::FileReader;
using storage::rdb::FileSource;

// Keys between two looks at the clock.
constexpr int kKeysAtOnce = 8;

// How many are named in the log.
constexpr uint64_t kEmptyKeysLogged = 10;

// One reader is enough to tell that a byte is wrong.
bool sums(const Settings& settings, const SnapshotLoader::Options& options) {
  return settings.rdbchecksum && options.only.value_or(CoreId(0)) == CoreId(0);
}

}  // namespace

std::unique_ptr<SnapshotLoader> SnapshotLoader::open(Server& server, const Options& options) {
  auto source = FileSource::open(snapshot_path(server.settings()), sums(server.settings(), options)
                                                                       ? FileSource::Summed::yes
                                                                       : FileSource::Summed::no);
  if (source == nullptr) return nullptr;
  return std::unique_ptr<SnapshotLoader>(new SnapshotLoader(server, options, std::move(source)));
}

SnapshotLoader::SnapshotLoader(Server& server, const Options& options,
                               std::unique_ptr<FileSource> source)
    : server_(server),
      options_(options),
      limits_(value_limits(server.settings())),
      source_(std::move(source)),
      reader_(*source_, sums(server.settings(), options) ? FileReader::Verify::yes
                                                         : FileReader::Verify::no) {}

SnapshotLoader::State SnapshotLoader::step(int64_t until_us) {
  // For tests: a key now and then.
  if (const int64_t delay_us = server_.settings().key_load_delay; delay_us > 0) {
    if (wall_clock_us() < next_key_us_) return state_;
    next_key_us_ = wall_clock_us() + delay_us;
    step_once();
    return state_;
  }
  do {
    for (int i = 0; i < kKeysAtOnce && !ended(); ++i) step_once();
  } while (!ended() && wall_clock_us() < until_us);
  return state_;
}

SnapshotLoader::State SnapshotLoader::finish() {
  while (!ended()) step_once();
  return state_;
}

void SnapshotLoader::step_once() {
  switch (reader_.next()) {
    case FileReader::Record::key:
      return load_key();
    case FileReader::Record::function:
      functions_.emplace_back(reader_.function());
      return;
    case FileReader::Record::end:
      state_ = State::done;
      return;
    case FileReader::Record::failed:
      state_ = State::failed;
      return;
  }
}

void SnapshotLoader::load_key() {
  const CoreId owner = server_.router().owner(reader_.key());
  if (options_.only && owner != *options_.only) {
    if (!storage::rdb::skip_value(reader_.values(), reader_.type())) {
      reader_.refuse(fmt::format("no value of type {}", reader_.type()));
    }
    return;
  }
  const auto databases = server_.settings().databases;
  if (reader_.db().value() >= databases) {
    return reader_.refuse(
        fmt::format("Data file was created with a Redis server configured to "
                    "handle more than {} databases",
                    databases));
  }
  Result<EntryOwner> entry =
      storage::rdb::read_value(reader_.values(), reader_.type(), reader_.key(), limits_);
  if (!entry) {
    return reader_.refuse(
        std::string(storage::rdb::what_is_wrong(reader_.values(), reader_.type())));
  }
  if (*entry == nullptr) {
    if (counts_.empty++ < kEmptyKeysLogged) {
      log::notice(fmt::format("skipping empty key: {}", reader_.key()));
    }
    return;
  }
  put(server_.core(owner).data().keyspace, *std::move(entry));
}

void SnapshotLoader::put(storage::Keyspace& keyspace, EntryOwner entry) {
  const auto expire_at_ms = reader_.expire_at_ms();
  if (expire_at_ms && *expire_at_ms <= keyspace.now_ms()) {
    ++counts_.expired;
    return;
  }
  storage::Database& database = keyspace.database(reader_.db());
  const storage::HashedKey key = storage::hash_key(reader_.key());
  if (options_.present == Present::refuse && database.peek(key) != nullptr) {
    return reader_.refuse(
        fmt::format("RDB has duplicated key '{}' in DB {}", reader_.key(), reader_.db().value()));
  }
  if (expire_at_ms) entry.reset(storage::Entry::set_expiry(entry.release(), expire_at_ms));
  database.put(key, std::move(entry));
  keyspace.set_use(reader_.db(), key, reader_.use());
  ++counts_.loaded;
}

std::string SnapshotLoader::error() const {
  return fmt::format("Internal error in RDB reading offset {}: {}", reader_.failed_at(),
                     reader_.error());
}

}  // namespace tidemark::server
