#include "storage/keyspace/eviction.hpp"

#include <algorithm>

namespace tidemark::storage {
namespace {

// How many times maxmemory-samples an eviction looks for, to begin with, so that a cold cache does
// not have to rely on one handful of lines.
constexpr unsigned kFirstSamples = 4;
// Lines without an eligible entry that are passed over before a sample is given up.
constexpr unsigned kBarrenLinesMax = 512;
// Samples that may all turn out to be barren.
constexpr unsigned kAttempts = 8;

bool is_random(EvictionPolicy policy) {
  return policy == EvictionPolicy::allkeys_random || policy == EvictionPolicy::volatile_random;
}

}  // namespace

EvictionPool::EvictionPool(uint64_t seed) : random_(seed | 1) {}

void EvictionPool::configure(const EvictionOptions& options) {
  options_ = options;
  options_.samples = std::max(options_.samples, 1U);
  pool_count_ = 0;
}

bool EvictionPool::evicts_volatile_only() const {
  switch (options_.policy) {
    case EvictionPolicy::volatile_lru:
    case EvictionPolicy::volatile_lfu:
    case EvictionPolicy::volatile_random:
    case EvictionPolicy::volatile_ttl:
      return true;
    case EvictionPolicy::noeviction:
    case EvictionPolicy::allkeys_lru:
    case EvictionPolicy::allkeys_lfu:
    case EvictionPolicy::allkeys_random:
      return false;
  }
  return false;
}

size_t EvictionPool::eligible(const Database& database) const {
  return evicts_volatile_only() ? database.expiring() : database.size();
}

// Each with the chance of its share of the eligible keys.
Database* EvictionPool::pick_database(const Databases& databases, size_t eligible_keys) {
  uint64_t lot = next_random() % eligible_keys;
  for (const auto& database : databases) {
    const size_t keys = eligible(*database);
    if (lot < keys) return database.get();
    lot -= keys;
  }
  return nullptr;
}

uint64_t EvictionPool::age_of(const Slot& slot, const RecencyClock& clock) const {
  if (options_.policy == EvictionPolicy::volatile_ttl) {
    // The sooner it expires, the older.
    return ~static_cast<uint64_t>(EntryTable::entry_of(slot)->expire_at_ms());
  }
  return clock.age(slot.stamp());
}

// Consecutive lines from a random place: one cache miss for the first, the others are fetched ahead
// by the processor.
void EvictionPool::sample(Database& database, const RecencyClock& clock) {
  const Sweep which = evicts_volatile_only() ? Sweep::marked : Sweep::all;
  const unsigned lines = options_.samples * (pool_count_ == 0 ? kFirstSamples : 1);
  uint64_t cursor = next_random() >> 16;
  unsigned fruitful = 0;
  for (unsigned visited = 0; fruitful < lines && visited < lines + kBarrenLinesMax; ++visited) {
    bool any = false;
    const uint64_t here = cursor;
    cursor = database.table_.sweep_step(here, which, [&](const Slot& slot) {
      any = true;
      offer({.age = is_random(options_.policy) ? next_random() >> 1 : age_of(slot, clock),
             .db = database.index(),
             .cursor = here,
             .entry = EntryTable::entry_of(slot),
             .stamp = slot.stamp()});
    });
    fruitful += static_cast<unsigned>(any);
  }
}

void EvictionPool::offer(const Candidate& candidate) {
  if (pool_count_ == kPoolSize && candidate.age <= pool_[0].age) return;
  for (size_t i = 0; i < pool_count_; ++i) {
    if (pool_[i].entry == candidate.entry) return;
  }
  if (pool_count_ == kPoolSize) {
    std::move(pool_.begin() + 1, pool_.end(), pool_.begin());
    --pool_count_;
  }
  auto* end = pool_.begin() + pool_count_;
  auto* place = std::upper_bound(
      pool_.begin(), end, candidate,
      [](const Candidate& one, const Candidate& other) { return one.age < other.age; });
  std::move_backward(place, end, end + 1);
  *place = candidate;
  ++pool_count_;
}

// None where the key is gone, has been used, or may not be evicted any more.
std::optional<uint64_t> EvictionPool::age_now(const Candidate& candidate,
                                              const Databases& databases,
                                              const RecencyClock& clock) const {
  const Database& database = *databases[candidate.db.value()];
  const Slot* slot = database.table_.find_near(candidate.cursor, candidate.entry);
  if (slot == nullptr || slot->stamp() != candidate.stamp) return std::nullopt;
  if (evicts_volatile_only() && !slot->marked()) return std::nullopt;
  return is_random(options_.policy) ? candidate.age : age_of(*slot, clock);
}

std::optional<Candidate> EvictionPool::take_best(const Databases& databases,
                                                 const RecencyClock& clock) {
  if (options_.policy == EvictionPolicy::noeviction) return std::nullopt;
  // Of random picks none is better than another: nothing is kept.
  if (is_random(options_.policy)) pool_count_ = 0;
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    size_t eligible_keys = 0;
    for (const auto& database : databases) eligible_keys += eligible(*database);
    if (eligible_keys == 0) return std::nullopt;
    sample(*pick_database(databases, eligible_keys), clock);
    while (pool_count_ > 0) {
      Candidate best = pool_[--pool_count_];
      if (const auto age = age_now(best, databases, clock)) {
        best.age = *age;
        return best;
      }
    }
  }
  return std::nullopt;
}

uint64_t EvictionPool::next_random() {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return random_ * 0x2545f4914f6cdd1dULL;
}

}  // namespace tidemark::storage
