#include "server/tracking/tracking_table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/core/core.hpp"
#include "server/server.hpp"
#include "server/tracking/invalidation.hpp"

namespace tidemark::server {

namespace {

using storage::ChangeKind;

// Counts one key less, unless there are not too many: several cores may be giving up keys.
bool claim_one(std::atomic<int64_t>& keys, int64_t limit) {
  int64_t present = keys.load(std::memory_order_relaxed);
  while (present > limit) {
    if (keys.compare_exchange_weak(present, present - 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

// What a slice gives up, and what it frees.
constexpr size_t kGivenUpAtOnce = 256;
constexpr size_t kFreedAtOnce = 1024;

}  // namespace

TrackingTable::~TrackingTable() {
  if (listening_) changes_.remove(*this);
  forgotten_.push_back(std::move(read_keys_));
  for (ReadKeys& keys : forgotten_) {
    while (keys.drain(std::numeric_limits<size_t>::max(), [](ReadKey* key) { delete key; })) {
    }
  }
}

void TrackingTable::listen() {
  if (!std::exchange(listening_, true)) changes_.add(*this);
}

void TrackingTable::stop_listening() {
  if (!read_keys_.empty() || !prefixes_.empty()) return;
  if (std::exchange(listening_, false)) changes_.remove(*this);
}

TrackingTable::ReadKey& TrackingTable::remembered(const storage::HashedKey& key, int64_t keys_max) {
  if (const storage::Slot* const slot = read_keys_.find(key.hash, key.bytes)) {
    return *ReadKeys::entry_of(*slot);
  }
  auto added = std::make_unique<ReadKey>(
      ReadKey{.name = std::string(key.bytes), .hash = key.hash, .readers = {}});
  read_keys_.insert(key.hash, added.get());
  const int64_t before = keys_of_all_->fetch_add(1, std::memory_order_relaxed);
  over_ = over_ || (keys_max > 0 && before >= keys_max);
  return *added.release();
}

void TrackingTable::remember(Bytes key, const Session& session, int64_t keys_max) {
  listen();
  std::vector<Tracker>& readers = remembered(storage::hash_key(key), keys_max).readers;
  const auto place =
      std::lower_bound(readers.begin(), readers.end(), session.client_id,
                       [](const Tracker& reader, uint64_t id) { return reader.client_id < id; });
  if (place != readers.end() && place->client_id == session.client_id) return;
  readers.insert(place, {.client_id = session.client_id, .home = session.home});
  ++items_;
}

std::unique_ptr<TrackingTable::ReadKey> TrackingTable::take(const storage::HashedKey& key,
                                                            storage::Slot* slot) {
  std::unique_ptr<ReadKey> taken(read_keys_.erase(key.hash, slot));
  items_ -= taken->readers.size();
  return taken;
}

void TrackingTable::add_prefix(const std::string& prefix, const Tracker& tracker, bool no_loop) {
  listen();
  const auto [place, added] = prefixes_.try_emplace(prefix);
  if (added) ++prefix_lengths_[prefix.size()];
  place->second.listeners.push_back({.tracker = tracker, .no_loop = no_loop});
}

void TrackingTable::remove_prefix(const std::string& prefix, uint64_t client_id) {
  const auto found = prefixes_.find(prefix);
  if (found == prefixes_.end()) return;
  std::erase_if(found->second.listeners, [client_id](const Listener& listener) {
    return listener.tracker.client_id == client_id;
  });
  if (!found->second.listeners.empty()) return;
  prefixes_.erase(found);
  const auto length = prefix_lengths_.find(prefix.size());
  if (--length->second == 0) prefix_lengths_.erase(length);
  stop_listening();
}

void TrackingTable::on_change(const storage::Change& change) {
  if (change.kind == ChangeKind::flushed) return;
  if (prefixes_.empty() &&
      read_keys_.find(storage::hash_bytes(change.key), change.key) == nullptr) {
    return;
  }
  changed_.push_back(
      {.key = std::string(change.key), .by_command = storage::is_by_command(change.kind)});
  changes_.set_noted();
}

void TrackingTable::note_flush(Flushed what, const Session& writer) {
  flushed_ = flushed_ || !clients_.empty();
  flushed_by_ = 0;
  if (writer.hears_behind && clients_.contains(writer.client_id)) {
    flushed_by_ = writer.client_id;
    const Tracker to{.client_id = writer.client_id, .home = writer.home};
    behind_reply_.push_back({.to = to, .key = std::nullopt});
  }
  if (what == Flushed::one_database || read_keys_.empty()) return;
  keys_of_all_->fetch_sub(static_cast<int64_t>(read_keys_.size()), std::memory_order_relaxed);
  items_ = 0;
  hand_ = 0;
  forgotten_.push_back(std::exchange(read_keys_, ReadKeys()));
  stop_listening();
}

void TrackingTable::tell_readers(const OnCore& here, const Session* writer) {
  for (const Changed& changed : std::exchange(changed_, {})) {
    const uint64_t writer_id = writer == nullptr ? 0 : writer->client_id;
    note_for_prefixes(changed, changed.by_command ? writer_id : 0);
    const storage::HashedKey key = storage::hash_key(changed.key);
    storage::Slot* const slot = read_keys_.find(key.hash, key.bytes);
    if (slot == nullptr) continue;
    const std::unique_ptr<ReadKey> taken = take(key, slot);
    keys_of_all_->fetch_sub(1, std::memory_order_relaxed);
    for (const Tracker& reader : taken->readers) {
      const bool is_writer = reader.client_id == writer_id;
      if (is_writer && writer->no_loop && changed.by_command) continue;
      if (is_writer) {
        behind_reply_.push_back({.to = reader, .key = changed.key});
      } else {
        invalidate(here, reader, changed.key);
      }
    }
  }
  stop_listening();
}

// A look for each length that there is, however many prefixes have it.
void TrackingTable::note_for_prefixes(const Changed& changed, uint64_t writer_id) {
  const Bytes key = changed.key;
  for (const auto& [length, count] : prefix_lengths_) {
    if (length > key.size()) return;
    const auto found = prefixes_.find(key.substr(0, length));
    if (found == prefixes_.end()) continue;
    found->second.changed[changed.key] = writer_id;
    prefixes_noted_ = true;
  }
}

void TrackingTable::take_behind_reply(const Session& writer, protocol::Output& out) {
  std::erase_if(behind_reply_, [&](const Message& message) {
    if (message.to.client_id != writer.client_id) return false;
    write_invalidation(out, message.key);
    return true;
  });
}

void TrackingTable::tell_the_rest(const OnCore& here) {
  for (const Message& message : std::exchange(behind_reply_, {})) {
    if (message.key) {
      invalidate(here, message.to, *message.key);
    } else {
      invalidate_all(here, message.to);
    }
  }
  if (std::exchange(prefixes_noted_, false)) tell_listeners(here);
  if (std::exchange(flushed_, false)) tell_of_flush(here);
}

void TrackingTable::tell_listeners(const OnCore& here) {
  for (auto& [prefix, listening] : prefixes_) {
    const auto changed = std::exchange(listening.changed, {});
    if (changed.empty()) continue;
    for (const Listener& listener : listening.listeners) {
      std::vector<std::string> keys;
      for (const auto& [key, writer_id] : changed) {
        if (listener.no_loop && writer_id == listener.tracker.client_id) continue;
        keys.push_back(key);
      }
      if (!keys.empty()) invalidate_prefix(here, listener.tracker, std::move(keys));
    }
  }
}

void TrackingTable::tell_of_flush(const OnCore& here) {
  for (const uint64_t client_id : clients_) {
    if (client_id == flushed_by_) continue;
    invalidate_all(here, {.client_id = client_id, .home = here.id()});
  }
}

void TrackingTable::apply_limit(const OnCore& here) {
  over_ = true;
  (void)work_off(here);
}

bool TrackingTable::work_off(const OnCore& here) {
  over_ = over_ && give_up_some(here);
  if (!forgotten_.empty() && !free_some()) forgotten_.pop_back();
  return anything_to_work_off();
}

bool TrackingTable::give_up_some(const OnCore& here) {
  const int64_t limit = here.server().settings().tracking_table_max_keys;
  for (size_t i = 0; i < kGivenUpAtOnce; ++i) {
    if (limit == 0 || read_keys_.empty()) return false;
    if (!claim_one(*keys_of_all_, limit)) return false;
    const ReadKey* found = nullptr;
    while (found == nullptr) {
      hand_ = read_keys_.sweep_step(
          hand_, storage::Sweep::all,
          [&found](const storage::Slot& slot) { found = ReadKeys::entry_of(slot); });
    }
    const std::unique_ptr<ReadKey> given_up = take({.bytes = found->name, .hash = found->hash},
                                                   read_keys_.find_entry(found->hash, found));
    for (const Tracker& reader : given_up->readers) invalidate(here, reader, given_up->name);
  }
  return true;
}

// True where there is more of the last of them.
bool TrackingTable::free_some() {
  return forgotten_.back().drain(kFreedAtOnce, [](ReadKey* key) { delete key; });
}

}  // namespace tidemark::server
