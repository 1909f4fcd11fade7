#include "server/snapshot/background_save.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "server/commands/rdb_options.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/core/work_message.hpp"
#include "server/log/log.hpp"
#include "server/server.hpp"
#include "server/snapshot/save.hpp"
#include "storage/rdb/file_sink.hpp"
#include "storage/rdb/file_writer.hpp"

namespace tidemark::server {

namespace {

namespace rdb = storage::rdb;

// How long a core walks between two looks at its sockets, and keys between two looks at the clock.
constexpr int64_t kSliceUs = 500;
constexpr size_t kKeysAtOnce = 16;
// Records go to the thread in pieces of about so many bytes.
constexpr size_t kChunkBytes = size_t{64} << 10;
// While more than this waits for the disk, nobody walks on.
constexpr size_t kWaitingMax = size_t{16} << 20;
// After a failure, `save` tries again no sooner.
constexpr int64_t kRetrySeconds = 5;

}  // namespace

// What one core tells of.
class BackgroundSave::Part final : public storage::PastListener {
 public:
  Part(ChunkQueue& chunks, rdb::Compression compression)
      : chunks_(chunks), bytes_(compression), records_(bytes_) {}

  void on_key(DbIndex db, const storage::Entry& entry, const storage::KeyUse& use,
              Why why) override {
    const size_t before = bytes_.bytes().size();
    if (db_ != db) records_.select(db);
    db_ = db;
    records_.put_key(entry, use);
    ++keys;
    if (why == Why::change) early_bytes += bytes_.bytes().size() - before;
    if (bytes_.bytes().size() >= kChunkBytes) flush();
  }
  // Records of other cores come next: they begin with their database again.
  void flush() {
    if (!bytes_.bytes().empty()) chunks_.push(bytes_.take());
    db_.reset();
  }

  std::atomic<uint64_t> keys = 0;
  std::atomic<uint64_t> early_bytes = 0;
  bool done = false;
  int64_t next_key_us = 0;

 private:
  ChunkQueue& chunks_;
  rdb::Writer bytes_;
  rdb::FileWriter records_;
  std::optional<DbIndex> db_;
};

struct BackgroundSave::File {
  std::string path;
  std::string temporary;
  bool with_checksum;
};

BackgroundSave::BackgroundSave() = default;

BackgroundSave::~BackgroundSave() { stop_thread(); }

bool BackgroundSave::begin(const OnCore& here) {
  if (running()) return false;
  Server& server = here.server();
  const Settings& settings = server.settings();
  server.snapshots().last_attempt = here.now_ms() / 1000;
  chunks_ = std::make_unique<ChunkQueue>();
  rdb::Writer bytes(compression(settings));
  rdb::FileWriter records(bytes);
  begin_snapshot(records, server, here.now_ms());
  chunks_->push(bytes.take());

  keys_ = 0;
  parts_.clear();
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    storage::Keyspace& keyspace = server.core(CoreId(static_cast<uint16_t>(i))).data().keyspace;
    for (uint16_t db = 0; db < settings.databases; ++db) {
      keys_ += keyspace.database(DbIndex(db)).size();
    }
    parts_.push_back(std::make_unique<Part>(*chunks_, compression(settings)));
    keyspace.begin_past(*parts_.back());
  }
  started_us_ = here.now_us();
  changes_ = server.changes();
  cores_left_ = server.core_count();
  failed_ = abandoned_ = throttled_ = false;
  running_.store(true, std::memory_order_release);
  thread_ = std::thread(
      [this, &server,
       file = File{.path = snapshot_path(settings),
                   .temporary = temporary_path(settings, "bg"),
                   .with_checksum = settings.rdbchecksum}] { write_file(server, file); });
  // Whoever sleeps has something to do now.
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    server.core(CoreId(static_cast<uint16_t>(i))).post(std::make_unique<WorkMessage>([](OnCore&) {
    }));
  }
  log::notice("Background saving started");
  return true;
}

void BackgroundSave::begin_if_configured(const OnCore& here) {
  const Settings& settings = here.server().settings();
  if (!settings.save.empty() && !settings.dir.empty()) (void)begin(here);
}

void BackgroundSave::begin_when_due(const OnCore& here) {
  Server& server = here.server();
  const Settings& settings = server.settings();
  const SnapshotState& state = server.snapshots();
  if (settings.save.empty() || settings.dir.empty() || server.loading() || running()) return;
  uint64_t changes = 0;
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    const CoreData& data = server.core(CoreId(static_cast<uint16_t>(i))).data();
    changes += data.published_changes.load(std::memory_order_relaxed);
  }
  // What was published may be older than what was saved.
  const uint64_t unsaved = changes - std::min(changes, state.changes_saved);
  const int64_t now = here.now_ms() / 1000;
  if (state.last_save_failed && now - state.last_attempt <= kRetrySeconds) return;
  for (const SavePoint& point : settings.save) {
    if (unsaved < static_cast<uint64_t>(point.changes)) continue;
    if (now - state.last_save <= point.seconds) continue;
    log::notice(fmt::format("{} changes in {} seconds. Saving...", point.changes, point.seconds));
    server.exclusives().run(server.router().every_core(), [this](OnCore& on) { (void)begin(on); });
    return;
  }
}

bool BackgroundSave::step(const OnCore& here) {
  Part& part = *parts_[here.id().value()];
  if (part.done) return false;
  storage::Keyspace& keyspace = here.data().keyspace;
  if (failed_.load(std::memory_order_relaxed)) keyspace.mute_past();
  if (chunks_->waiting_bytes() > kWaitingMax) {
    throttled_ = true;
    if (chunks_->waiting_bytes() > kWaitingMax) return false;
  }
  const int64_t now_us = wall_clock_us();
  const int64_t delay_us = failed_ ? 0 : here.server().settings().rdb_key_save_delay;
  if (delay_us > 0) {
    // For tests: a few keys now and then.
    if (now_us < part.next_key_us) return true;
    part.next_key_us = now_us + delay_us;
  }
  bool more = true;
  do {
    more = keyspace.tell_past(delay_us > 0 ? 1 : kKeysAtOnce);
  } while (more && delay_us <= 0 && wall_clock_us() < now_us + kSliceUs);
  if (more) return true;
  part.flush();
  part.done = true;
  if (cores_left_.fetch_sub(1) > 1) return false;
  chunks_->close();
  if (abandoned_) running_.store(false, std::memory_order_release);
  return false;
}

// ---- The thread.

void BackgroundSave::write_file(Server& server, const File& file) {
  rdb::FileSink sink(file.path, file.temporary);
  rdb::Writer writer(rdb::Compression::none, sink);
  while (const auto chunk = chunks_->pop()) {
    if (!abandoned_) writer.put_raw(*chunk);
    if (writer.failed()) failed_ = true;
    if (chunks_->waiting_bytes() > kWaitingMax / 2 || !throttled_.exchange(false)) continue;
    for (uint32_t i = 0; i < server.core_count(); ++i) {
      server.core(CoreId(static_cast<uint16_t>(i))).post(std::make_unique<WorkMessage>([](OnCore&) {
      }));
    }
  }
  if (abandoned_) return;
  rdb::FileWriter(writer).end(file.with_checksum);
  if (writer.failed() || !sink.commit()) {
    failed_ = true;
    log::warning(fmt::format("Error saving the snapshot {}: {}", file.path, sink.error()));
  }
  server.exclusives().run(server.router().every_core(), [this](OnCore& here) { finish(here); });
}

void BackgroundSave::finish(const OnCore& here) {
  if (!thread_.joinable()) return;
  thread_.join();
  SnapshotState& state = here.server().snapshots();
  state.last_save_failed = failed_;
  state.early_bytes = early_bytes();
  state.background_seconds = (here.now_us() - started_us_) / 1'000'000;
  if (failed_) {
    log::warning("Background saving error");
  } else {
    state.note_save(here.now_ms() / 1000, changes_);
    log::notice("Background saving terminated with success");
  }
  running_.store(false, std::memory_order_release);
}

void BackgroundSave::stop_thread() {
  if (!thread_.joinable()) return;
  abandoned_ = true;
  failed_ = true;
  chunks_->close();
  thread_.join();
}

void BackgroundSave::abandon(const OnCore& here) {
  if (!thread_.joinable()) return;
  stop_thread();
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    Core& core = here.server().core(CoreId(static_cast<uint16_t>(i)));
    if (core.data().keyspace.past_under_way()) core.data().keyspace.mute_past();
  }
  log::notice("Background saving abandoned");
  // Else when the last core has been through its keys, in silence.
  if (cores_left_ == 0) running_.store(false, std::memory_order_release);
}

uint64_t BackgroundSave::early_bytes() const {
  uint64_t sum = 0;
  for (const auto& part : parts_) sum += part->early_bytes.load(std::memory_order_relaxed);
  return sum;
}

uint64_t BackgroundSave::keys_done() const {
  uint64_t sum = 0;
  for (const auto& part : parts_) sum += part->keys.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace tidemark::server
