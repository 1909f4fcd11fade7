#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "storage/base/ids.hpp"
#include "storage/keyspace/books.hpp"
#include "storage/keyspace/database.hpp"
#include "storage/keyspace/eviction.hpp"
#include "storage/keyspace/key_use.hpp"
#include "storage/keyspace/past_keys.hpp"

namespace tidemark::storage {

struct KeyspaceOptions {
  uint16_t databases = 16;
  EvictionOptions eviction;
  // For LFU's coin and for random picks; tests give a fixed one.
  uint64_t seed = 0x9e3779b97f4a7c15;
};

// What one call of expire_slice() may cost.
struct ExpiryBudget {
  // Bucket lines to visit at most, and at least where there is as much to visit.
  size_t buckets_max = 4096;
  size_t buckets_min = 64;
  // Asked every few buckets; true ends the slice. None: only the counts bound it.
  std::function<bool()> should_stop;
};

// The numbered databases of one partition and what they share: time, recency, byte counts, expiry,
// eviction, deferred frees and the hook. Owned by one thread.
class Keyspace {
 public:
  explicit Keyspace(const KeyspaceOptions& options = {});
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  size_t database_count() const { return databases_.size(); }
  // REQUIRES: index < database_count().
  Database& database(DbIndex index) { return *databases_[index.value()]; }
  const Database& database(DbIndex index) const { return *databases_[index.value()]; }
  // SWAPDB. Nothing is announced. A reference to a Database follows the data; its index() is the
  // new one.
  void swap_databases(DbIndex one, DbIndex other);
  void flush_all(Free how = Free::now);

  // Once per turn of the loop, and before a command that must see time stand still.
  void set_time(int64_t now_ms);
  int64_t now_ms() const { return books_.now_ms; }
  // REQUIRES: no key is written while they are hidden; random_key() and lookups may be used.
  void set_expiry(Expiry expiry) { books_.expiry = expiry; }
  // One subscriber or none; the server's hook passes on to whoever listens.
  void set_hook(ChangeHook* hook) { books_.hook = hook; }
  // Shared with the read states of this partition.
  RecencyClock& clock() { return books_.clock; }
  // For picks, not for secrets.
  uint64_t next_random() { return books_.next_random(); }

  // Everything held, as the allocator counts: entries, values, tables, and what waits to be freed.
  size_t used_bytes() const;
  const KeyspaceStats& stats() const { return books_.stats; }
  void reset_stats();
  const Disposal& disposal() const { return books_.disposal; }
  // Frees an object from make_object() that is no key's: at once where it is small, else in slices.
  template <typename T>
  void dispose(T* object) {
    books_.disposal.add(T::kType, object);
  }

  // Removes keys whose time is up: a bit of each database in turn; goes on beyond buckets_min while
  // more than a tenth of what it meets has expired.
  void expire_slice(const ExpiryBudget& budget = {});
  // Whether a part of a value (a field of a hash) has come to its end and may be removed.
  bool anything_to_shed() const {
    return books_.now_ms >= books_.next_shed_ms && books_.expiry == Expiry::removes;
  }
  // Removes such parts, about `budget` of them. False where none is left.
  bool shed(size_t budget);
  // Frees about `budget` of what waits to be freed, and lets the recency clock catch up. False when
  // there is nothing left to free.
  bool slice(size_t budget);
  // Only frees; for every turn of the loop while something waits. False when nothing is left.
  bool free_some(size_t budget) { return books_.disposal.slice(budget); }

  // What the policy knows of an entry with this stamp.
  KeyUse use(const Entry& entry, uint16_t stamp) const;
  // As if the key had been used like that; what the policy does not want to know is ignored.
  // REQUIRES: present.
  void set_use(DbIndex db, const HashedKey& key, const KeyUse& use);

  // Eviction. The best cache key to evict under the policy, or none. A candidate ages: use it at
  // once. The partition compares its age with that of the best user of the read states (same clock)
  // and evicts the older one.
  void configure(const EvictionOptions& options);
  std::optional<Candidate> eviction_candidate();
  // False where the candidate is no longer there: ask for another one.
  bool evict(const Candidate& candidate);
  // For a candidate that is not evicted after all: it goes on being one.
  void put_back(const Candidate& candidate) { pool_.put_back(candidate); }
  // Tells the listener of every key as it is now, while they change: in slices, of about so many
  // keys each, until that returns false. Between the two the listener must stay where it is, or be
  // muted: then what is left is gone through all the same. REQUIRES: no earlier one is under way.
  void begin_past(PastListener& listener) {
    past_ = std::make_unique<PastKeys>(*this, listener);
    books_.past = past_.get();
  }
  bool tell_past(size_t keys);
  void mute_past() { past_->mute(); }
  bool past_under_way() const { return past_ != nullptr; }

  const EvictionOptions& eviction() const { return pool_.options(); }
  // Keys that the policy may evict.
  size_t evictable() const;

 private:
  bool expire_some(Database& database, const ExpiryBudget& budget, size_t& buckets_left);

  friend class PastKeys;

  Books books_;
  std::vector<std::unique_ptr<Database>> databases_;
  EvictionPool pool_;
  size_t expiry_turn_ = 0;
  std::unique_ptr<PastKeys> past_;  // gives what it holds back to the books
};

}  // namespace tidemark::storage
