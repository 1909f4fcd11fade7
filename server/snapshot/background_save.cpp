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
// At 10 rounds of cron a second.
constexpr int64_t kCronUs = 100'000;

}  // namespace

// What one core tells of.
class BackgroundSave::Part final : public storage::PastListener {
 public:
  Part(BackgroundSave& save, const Settings& settings, Pause& pause)
      : save_(save),
        settings_(settings),
        pause_(pause),
        bytes_(compression(settings)),
        records_(bytes_) {}

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
    db_.reset();
    if (bytes_.bytes().empty()) return;
    save_.chunks_->push(bytes_.take());
    if (save_.writes_must_wait(settings_)) hold_writes();
  }
  void hold_writes() {
    if (!std::exchange(holds_writes_, true)) pause_.stop_writes();
  }
  // False where it does not hold them.
  bool let_writes_go_on() {
    if (!std::exchange(holds_writes_, false)) return false;
    pause_.allow_writes();
    return true;
  }

  std::atomic<uint64_t> keys = 0;
  std::atomic<uint64_t> early_bytes = 0;
  bool done = false;
  int64_t next_key_us = 0;

 private:
  BackgroundSave& save_;
  const Settings& settings_;
  Pause& pause_;  // of its core
  bool holds_writes_ = false;
  rdb::Writer bytes_;
  rdb::FileWriter records_;
  std::optional<DbIndex> db_;
};

struct BackgroundSave::File {
  std::string path;
  std::string temporary;
  bool with_checksum;
  size_t buffer_limit;
};

BackgroundSave::BackgroundSave() = default;

BackgroundSave::~BackgroundSave() {
  if (!thread_.joinable()) return;
  (void)decide(Fate::abandoned);
  chunks_->close();
  thread_.join();
}

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
    CoreData& data = server.core(CoreId(static_cast<uint16_t>(i))).data();
    storage::Keyspace& keyspace = data.keyspace;
    for (uint16_t db = 0; db < settings.databases; ++db) {
      keys_ += keyspace.database(DbIndex(db)).size();
    }
    parts_.push_back(std::make_unique<Part>(*this, settings, data.pause));
    keyspace.begin_past(*parts_.back());
  }
  started_us_ = here.now_us();
  changes_ = server.changes();
  cores_left_ = server.core_count();
  fate_ = Fate::open;
  failed_ = walks_wait_ = writes_wait_ = false;
  running_.store(true, std::memory_order_release);
  thread_ = std::thread(
      [this, &server,
       file = File{.path = snapshot_path(settings),
                   .temporary = temporary_path(settings, "bg"),
                   .with_checksum = settings.rdbchecksum,
                   .buffer_limit = settings.snapshot_buffer_limit}] { write_file(server, file); });
  call(server);  // whoever sleeps has something to do now
  log::notice("Background saving started");
  return true;
}

void BackgroundSave::begin_if_configured(const OnCore& here) {
  const Settings& settings = here.server().settings();
  if (settings.save.empty() || settings.dir.empty()) return;
  again_ = running();
  if (!again_) (void)begin(here);
}

void BackgroundSave::begin_when_due(const OnCore& here) {
  Server& server = here.server();
  const Settings& settings = server.settings();
  const SnapshotState& state = server.snapshots();
  if (settings.save.empty() || settings.dir.empty() || server.loading()) return;
  if (asked_ || running()) return;
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
    asked_ = true;
    server.exclusives().run(server.router().every_core(), [this](OnCore& on) {
      asked_ = false;
      (void)begin(on);
    });
    return;
  }
}

// Something has changed: each core looks what it is to do now.
void BackgroundSave::call(Server& server) {
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    server.core(CoreId(static_cast<uint16_t>(i)))
        .post(std::make_unique<WorkMessage>([this](OnCore& here) {
          if (writes_must_wait(here.server().settings())) return;
          if (parts_[here.id().value()]->let_writes_go_on()) here.data().pause.release(here);
        }));
  }
}

bool BackgroundSave::is_too_much(size_t bytes_max, std::atomic<bool>& waits) {
  if (chunks_->waiting_bytes() <= bytes_max) return false;
  waits = true;
  // What the thread has taken since, it took without a look at who waits.
  return chunks_->waiting_bytes() > bytes_max;
}

bool BackgroundSave::writes_must_wait(const Settings& settings) {
  return is_too_much(settings.snapshot_buffer_limit, writes_wait_);
}

bool BackgroundSave::walk_must_wait(const Settings& settings) {
  return is_too_much(std::min<size_t>(kWaitingMax, settings.snapshot_buffer_limit / 2),
                     walks_wait_);
}

bool BackgroundSave::step(const OnCore& here) {
  Part& part = *parts_[here.id().value()];
  const Settings& settings = here.server().settings();
  // Also where the others' walks go on, so that no write to several cores slips through.
  if (writes_must_wait(settings)) part.hold_writes();
  if (part.done || walk_must_wait(settings)) return false;
  storage::Keyspace& keyspace = here.data().keyspace;
  if (failed_.load(std::memory_order_relaxed)) keyspace.mute_past();
  const int64_t now_us = wall_clock_us();
  const bool in_vain = failed_ || fate_ == Fate::abandoned;
  const int64_t delay_us = in_vain ? 0 : settings.rdb_key_save_delay;
  if (delay_us > 0) {
    // For tests: a key now and then. Cron comes by often enough for longer delays.
    if (now_us < part.next_key_us) return delay_us < kCronUs;
    part.next_key_us = now_us + delay_us;
  }
  bool more = true;
  do {
    more = keyspace.tell_past(delay_us > 0 ? 1 : kKeysAtOnce);
  } while (more && delay_us <= 0 && wall_clock_us() < now_us + kSliceUs);
  if (more) return true;
  part.flush();
  part.done = true;
  if (cores_left_.fetch_sub(1) == 1) chunks_->close();
  return false;
}

// ---- The thread.

void BackgroundSave::write_file(Server& server, const File& file) {
  rdb::FileSink sink(file.path, file.temporary);
  rdb::Writer writer(rdb::Compression::none, sink);
  while (const auto chunk = chunks_->pop()) {
    if (fate_ == Fate::open) writer.put_raw(*chunk);
    if (writer.failed()) failed_ = true;
    const size_t waiting = chunks_->waiting_bytes();
    const bool walks_go_on =
        waiting <= std::min(kWaitingMax, file.buffer_limit) / 4 && walks_wait_.exchange(false);
    const bool writes_go_on = waiting <= file.buffer_limit / 2 && writes_wait_.exchange(false);
    if (walks_go_on || writes_go_on) call(server);
  }
  if (fate_ == Fate::open) rdb::FileWriter(writer).end(file.with_checksum);
  if (fate_ == Fate::open && (writer.failed() || !put_in_place(sink))) {
    failed_ = true;
    log::warning(fmt::format("Error saving the snapshot {}: {}", file.path, sink.error()));
  }
  server.exclusives().run(server.router().every_core(), [this](OnCore& here) { finish(here); });
}

// True as well where it is not to be there after all.
bool BackgroundSave::put_in_place(rdb::FileSink& sink) {
  return sink.sync() && (!decide(Fate::kept) || sink.commit());
}

bool BackgroundSave::decide(Fate fate) {
  Fate open = Fate::open;
  return fate_.compare_exchange_strong(open, fate);
}

// All cores and the thread are done.
void BackgroundSave::finish(const OnCore& here) {
  if (thread_.joinable()) thread_.join();
  SnapshotState& state = here.server().snapshots();
  state.early_bytes = early_bytes();
  if (fate_ == Fate::abandoned) {
    log::notice("Background saving abandoned");
  } else {
    state.last_save_failed = failed_;
    state.background_seconds = (here.now_us() - started_us_) / 1'000'000;
    if (!failed_) state.note_save(here.now_ms() / 1000, changes_);
    if (failed_) {
      log::warning("Background saving error");
    } else {
      log::notice("Background saving terminated with success");
    }
  }
  for (const CoreId core : here.server().router().every_core()) {
    if (!parts_[core.value()]->let_writes_go_on()) continue;
    here.server().core(core).post(
        std::make_unique<WorkMessage>([](OnCore& on) { on.data().pause.release(on); }));
  }
  running_.store(false, std::memory_order_release);
  if (std::exchange(again_, false)) (void)begin(here);
}

void BackgroundSave::await_file() {
  if (fate_ == Fate::kept && thread_.joinable()) thread_.join();
}

void BackgroundSave::abandon(const OnCore& here) {
  if (!running() || !decide(Fate::abandoned)) return;
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    storage::Keyspace& keyspace =
        here.server().core(CoreId(static_cast<uint16_t>(i))).data().keyspace;
    if (keyspace.past_under_way()) keyspace.mute_past();
  }
  call(here.server());  // the rest of the keys is gone through in silence
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
