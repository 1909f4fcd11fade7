#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "storage/base/ids.hpp"
#include "storage/keyspace/database.hpp"

namespace tidemark::storage {

enum class EvictionPolicy : uint8_t {
  noeviction,
  allkeys_lru,
  volatile_lru,
  allkeys_lfu,
  volatile_lfu,
  allkeys_random,
  volatile_random,
  volatile_ttl,
};

struct EvictionOptions {
  EvictionPolicy policy = EvictionPolicy::noeviction;
  // maxmemory-samples: how many bucket lines (of up to seven entries) are looked at for one
  // eviction.
  unsigned samples = 5;
  LfuTuning lfu;
};

// A key that might be evicted. Holds an address, but nobody follows it before evict() has found it
// in the table again.
struct Candidate {
  // Larger goes first. Under an LRU or LFU policy this is RecencyClock::age(), comparable with that
  // of other tables of the clock; under the others it orders cache keys only.
  uint64_t age = 0;
  DbIndex db;
  uint64_t cursor = 0;  // where it was seen
  const Entry* entry = nullptr;
  uint16_t stamp = 0;
};

// The best candidates seen so far, kept between evictions: each eviction looks at a few more lines,
// takes the best of old and new, and keeps the rest. That makes sampling nearly as good as an exact
// order (tests/storage/keyspace has the figures).
class EvictionPool {
 public:
  explicit EvictionPool(uint64_t seed);

  void configure(const EvictionOptions& options);
  const EvictionOptions& options() const { return options_; }

  // Takes the best candidate, or none where the policy has nothing to evict.
  std::optional<Candidate> take_best(const std::vector<std::unique_ptr<Database>>& databases,
                                     const RecencyClock& clock);
  // For one that was taken and is still there.
  void put_back(const Candidate& candidate) { offer(candidate); }
  // Keys that the policy may evict.
  size_t eligible(const std::vector<std::unique_ptr<Database>>& databases) const;

 private:
  static constexpr size_t kPoolSize = 16;
  // A pool that is emptier than this is replenished before the next eviction.
  static constexpr size_t kSampleBelow = 13;
  using Databases = std::vector<std::unique_ptr<Database>>;

  bool evicts_volatile_only() const;
  size_t eligible(const Database& database) const;
  Database* pick_database(const Databases& databases, size_t eligible_keys);
  void sample(Database& database, const RecencyClock& clock);
  void offer(const Candidate& candidate);
  std::optional<uint64_t> age_now(const Candidate& candidate, const Databases& databases,
                                  const RecencyClock& clock) const;
  uint64_t age_of(const Slot& slot, const RecencyClock& clock) const;
  uint64_t next_random();

  EvictionOptions options_;
  std::array<Candidate, kPoolSize> pool_;  // by age, oldest last
  size_t pool_count_ = 0;
  uint64_t random_;
};

}  // namespace tidemark::storage
