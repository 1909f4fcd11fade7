#include "storage/keyspace/keyspace.hpp"

#include <algorithm>
#include <utility>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {
namespace {

// Lines between two questions whether to stop.
constexpr size_t kBucketsPerQuestion = 16;
// A slice goes on while more than one in this many of the keys that it meets has expired.
constexpr size_t kStaleShare = 10;
// How much one slice says about the share of the stale.
constexpr double kStaleWeight = 0.05;
// Lines that the recency clock may visit in one slice.
constexpr size_t kClockBuckets = 512;

Recency recency_of(EvictionPolicy policy) {
  return policy == EvictionPolicy::allkeys_lfu || policy == EvictionPolicy::volatile_lfu
             ? Recency::lfu
             : Recency::lru;
}

}  // namespace

Keyspace::Keyspace(const KeyspaceOptions& options)
    : books_(options.seed), pool_(options.seed ^ 0x5851f42d4c957f2d) {
  databases_.reserve(options.databases);
  for (uint16_t i = 0; i < options.databases; ++i) {
    databases_.push_back(std::make_unique<Database>(DbIndex(i), books_));
  }
  configure(options.eviction);
}

void Keyspace::swap_databases(DbIndex one, DbIndex other) {
  auto& first = databases_[one.value()];
  auto& second = databases_[other.value()];
  std::swap(first, second);
  std::swap(first->index_, second->index_);
}

void Keyspace::flush_all(Free how) {
  for (const auto& database : databases_) database->flush(how);
}

void Keyspace::set_time(int64_t now_ms) {
  books_.now_ms = now_ms;
  books_.clock.set_time(now_ms);
  const auto now_seconds = static_cast<uint32_t>(now_ms / 1000);
  if (now_seconds == books_.now_seconds) return;
  books_.now_seconds = now_seconds;
}

size_t Keyspace::used_bytes() const {
  size_t bytes = books_.entry_bytes + books_.disposal.pending_bytes();
  if (past_ != nullptr) bytes += past_->adopted_bytes();
  for (const auto& database : databases_) bytes += database->table_bytes();
  return bytes;
}

void Keyspace::reset_stats() {
  // What has changed since a snapshot is no statistic.
  books_.stats = {.changes = books_.stats.changes};
  books_.disposal.reset_freed_objects();
}

void Keyspace::expire_slice(const ExpiryBudget& budget) {
  if (books_.expiry == Expiry::hides) return;
  size_t buckets_left = budget.buckets_max;
  for (size_t i = 0; i < databases_.size(); ++i) {
    expiry_turn_ = (expiry_turn_ + 1) % databases_.size();
    if (!expire_some(*databases_[expiry_turn_], budget, buckets_left)) return;
  }
}

// Returns whether the slice may go on to other databases.
bool Keyspace::expire_some(Database& database, const ExpiryBudget& budget, size_t& buckets_left) {
  Database::ExpiryTally tally;
  bool go_on = true;
  const size_t once_round = database.bucket_count();
  for (size_t lines = 0; database.expiring() > 0 && lines < once_round;) {
    if (lines >= budget.buckets_min && tally.stale * kStaleShare <= tally.met) break;
    const bool ask = buckets_left % kBucketsPerQuestion == 0 && budget.should_stop;
    if (buckets_left == 0 || (ask && budget.should_stop())) {
      go_on = false;
      break;
    }
    --buckets_left;
    lines += static_cast<size_t>(database.expire_line(tally));
  }
  database.note_expiry(tally);
  if (tally.met > 0) {
    const double percent =
        100.0 * static_cast<double>(tally.stale) / static_cast<double>(tally.met);
    double& share = books_.stats.expired_stale_percent;
    share += (percent - share) * kStaleWeight;
  }
  return go_on;
}

bool Keyspace::shed(size_t budget) {
  if (!anything_to_shed()) return false;
  size_t shed = 0;
  int64_t next_ms = kForever;
  for (const auto& database : databases_) {
    if (shed < budget) shed += database->shed(budget - shed);
    if (const Schedule* first = database->agenda_.first()) {
      next_ms = std::min(next_ms, first->listed_ms);
    }
  }
  books_.next_shed_ms = next_ms;
  return anything_to_shed();
}

bool Keyspace::slice(size_t budget) {
  books_.clock.sweep(kClockBuckets);
  return books_.disposal.slice(budget);
}

KeyUse Keyspace::use(const Entry& entry, uint16_t stamp) const {
  switch (pool_.options().policy) {
    case EvictionPolicy::allkeys_lru:
    case EvictionPolicy::volatile_lru: {
      const uint32_t last = entry.access_seconds();
      return {.idle_seconds = books_.now_seconds > last ? books_.now_seconds - last : 0};
    }
    case EvictionPolicy::allkeys_lfu:
    case EvictionPolicy::volatile_lfu:
      return {.frequency = static_cast<uint8_t>(books_.clock.frequency(stamp))};
    default:
      return {};
  }
}

bool Keyspace::tell_past(size_t keys) {
  if (past_ == nullptr || past_->step(keys)) return past_ != nullptr;
  past_.reset();
  books_.past = nullptr;
  return false;
}

void Keyspace::set_use(DbIndex db, const HashedKey& key, const KeyUse& use) {
  Database& keys = database(db);
  RecencyClock& clock = books_.clock;
  if (clock.recency() == Recency::lfu) {
    // Also where it took another's place, it is a new key.
    keys.set_stamp(key,
                   use.frequency ? clock.stamp_of_frequency(*use.frequency) : clock.stamp_new());
  } else if (use.idle_seconds) {
    const auto idle =
        static_cast<uint32_t>(std::min<uint64_t>(*use.idle_seconds, books_.now_seconds));
    keys.find(key, Touch::no)->set_access_seconds(books_.now_seconds - idle);
    // Ages count uses of other keys and not seconds; both grow with the time since.
    keys.set_stamp(key, clock.stamp_of_age(idle));
  }
}

void Keyspace::configure(const EvictionOptions& options) {
  pool_.configure(options);
  books_.clock.configure(recency_of(options.policy), options.lfu);
}

size_t Keyspace::evictable() const { return pool_.eligible(databases_); }

std::optional<Candidate> Keyspace::eviction_candidate() {
  return pool_.take_best(databases_, books_.clock);
}

bool Keyspace::evict(const Candidate& candidate) {
  Database& database = *databases_[candidate.db.value()];
  Slot* slot = database.table_.find_near(candidate.cursor, candidate.entry);
  if (slot == nullptr) return false;
  const uint64_t hash = EntryTraits::hash(*candidate.entry);
  database.drop(hash, slot, ChangeKind::evicted, Free::in_slices);
  return true;
}

}  // namespace tidemark::storage
