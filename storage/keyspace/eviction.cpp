#include "storage/keyspace/eviction.hpp"

#include <algorithm>

namespace tidemark::storage {
namespace {

// Lines are looked at in runs that serve several evictions: the first line of a run is a cache
// miss, the next ones are fetched ahead by the processor. maxmemory-samples 5 makes runs of 10.
constexpr unsigned kLinesPerSample = 2;
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

size_t EvictionPool::eligible(const Databases& databases) const {
  size_t keys = 0;
  for (const auto& database : databases) keys += eligible(*database);
  return keys;
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

// Offers what lies in a run of lines from a random place.
void EvictionPool::sample(Database& database, const RecencyClock& clock) {
  const Sweep which = evicts_volatile_only() ? Sweep::marked : Sweep::all;
  const bool at_random = is_random(options_.policy);
  const unsigned lines = at_random ? 1 : options_.samples * kLinesPerSample;
  uint64_t cursor = next_random() >> 16;
  unsigned fruitful = 0;
  for (unsigned visited = 0; fruitful < lines && visited < lines + kBarrenLinesMax; ++visited) {
    bool any = false;
    const uint64_t here = cursor;
    cursor = database.table_.sweep_step(here, which, [&](const Slot& slot) {
      any = true;
      const uint64_t age = at_random ? next_random() >> 1 : age_of(slot, clock);
      // Most are too young, and go no further.
      if (pool_count_ == kPoolSize && age <= pool_[0].age) return;
      offer({.age = age,
             .db = database.index(),
             .cursor = here,
             .entry = EntryTable::entry_of(slot),
             .stamp = slot.stamp()});
    });
    fruitful += static_cast<unsigned>(any);
  }
}

// Puts it in its place by age; the youngest falls out of a full pool.
void EvictionPool::offer(const Candidate& candidate) {
  for (size_t i = 0; i < pool_count_; ++i) {
    if (pool_[i].entry == candidate.entry) return;
  }
  size_t place = pool_count_;
  if (pool_count_ == kPoolSize) {
    place = 0;
    for (; place + 1 < kPoolSize && pool_[place + 1].age <= candidate.age; ++place) {
      pool_[place] = pool_[place + 1];
    }
  } else {
    for (; place > 0 && pool_[place - 1].age > candidate.age; --place) {
      pool_[place] = pool_[place - 1];
    }
    ++pool_count_;
  }
  pool_[place] = candidate;
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
    if (pool_count_ < kSampleBelow) {
      const size_t eligible_keys = eligible(databases);
      if (eligible_keys == 0) return std::nullopt;
      sample(*pick_database(databases, eligible_keys), clock);
    }
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
