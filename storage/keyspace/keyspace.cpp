#include "storage/keyspace/keyspace.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {
namespace {

// Lines between two questions whether to stop.
constexpr size_t kBucketsPerQuestion = 16;
// A slice goes on while more than one in this many of the keys that it meets has expired.
constexpr size_t kStaleShare = 10;
// How much one slice says about the average time to live and about the share of the stale.
constexpr int64_t kTtlInertia = 50;
constexpr double kStaleWeight = 0.05;
// Lines that the recency clock may visit in one slice.
constexpr size_t kClockBuckets = 512;
constexpr size_t kEntriesInLine = 7;

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

Keyspace::~Keyspace() = default;

void Keyspace::swap_databases(DbIndex one, DbIndex other) {
  auto& first = databases_[one.value()];
  auto& second = databases_[other.value()];
  std::swap(first, second);
  std::swap(first->index_, second->index_);
}

void Keyspace::flush_all() {
  for (const auto& database : databases_) database->flush();
}

void Keyspace::set_time(int64_t now_ms) {
  books_.now_ms = now_ms;
  const auto now_seconds = static_cast<uint32_t>(now_ms / 1000);
  if (now_seconds == books_.now_seconds) return;
  books_.now_seconds = now_seconds;
  books_.clock.set_time(now_ms);
}

size_t Keyspace::used_bytes() const {
  size_t bytes = books_.entry_bytes + books_.disposal.pending_bytes();
  for (const auto& database : databases_) bytes += database->table_bytes();
  return bytes;
}

void Keyspace::expire_slice(const ExpiryBudget& budget) {
  size_t buckets_left = budget.buckets_max;
  for (size_t i = 0; i < databases_.size(); ++i) {
    expiry_turn_ = (expiry_turn_ + 1) % databases_.size();
    if (!expire_some(*databases_[expiry_turn_], budget, buckets_left)) return;
  }
}

bool Keyspace::expire_some(Database& database, const ExpiryBudget& budget, size_t& buckets_left) {
  size_t met = 0;
  size_t stale = 0;
  int64_t ttl_sum_ms = 0;
  bool go_on = true;
  const size_t once_round = database.table_.core().bucket_count();
  for (size_t visited = 0; database.expiring() > 0 && visited < once_round; ++visited) {
    if (visited >= budget.buckets_min && stale * kStaleShare <= met) break;
    if (buckets_left == 0) go_on = false;
    if (visited % kBucketsPerQuestion == 0 && budget.should_stop && budget.should_stop()) {
      go_on = false;
    }
    if (!go_on) break;
    --buckets_left;

    std::array<Entry*, kEntriesInLine> entries;
    size_t count = 0;
    database.expiry_cursor_ =
        database.table_.sweep_step(database.expiry_cursor_, Sweep::marked, [&](const Slot& slot) {
          entries[count++] = EntryTable::entry_of(slot);
          __builtin_prefetch(entries[count - 1]);
        });
    met += count;
    for (size_t i = 0; i < count; ++i) {
      const int64_t ttl_ms = entries[i]->expire_at_ms() - books_.now_ms;
      if (ttl_ms > 0) {
        ttl_sum_ms += ttl_ms;
        continue;
      }
      ++stale;
      const uint64_t hash = EntryTraits::hash(*entries[i]);
      database.drop(hash, database.table_.find_entry(hash, entries[i]), ChangeKind::expired,
                    Free::in_slices);
    }
  }
  if (met > stale) {
    const int64_t mean_ms = ttl_sum_ms / static_cast<int64_t>(met - stale);
    int64_t& average_ms = database.average_ttl_ms_;
    average_ms = average_ms == 0 ? mean_ms : average_ms + (mean_ms - average_ms) / kTtlInertia;
  }
  if (database.expiring() == 0) database.average_ttl_ms_ = 0;
  if (met > 0) {
    const double percent = 100.0 * static_cast<double>(stale) / static_cast<double>(met);
    double& share = books_.stats.expired_stale_percent;
    share += (percent - share) * kStaleWeight;
  }
  return go_on;
}

bool Keyspace::slice(size_t budget) {
  books_.clock.sweep(kClockBuckets);
  return books_.disposal.slice(budget);
}

void Keyspace::configure(const EvictionOptions& options) {
  pool_.configure(options);
  books_.clock.configure(recency_of(options.policy), options.lfu);
}

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
