#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/keyspace/change_hook.hpp"
#include "storage/keyspace/disposal.hpp"
#include "storage/table/recency_clock.hpp"
#include "storage/value/ttl.hpp"

namespace tidemark::storage {

struct KeyspaceStats {
  uint64_t expired_keys = 0;
  uint64_t evicted_keys = 0;
  // Parts of values whose time was up: fields of hashes.
  uint64_t expired_parts = 0;
  // Changes of keys by commands.
  uint64_t changes = 0;
  // Of the keys with a time to live that the last slices of expiry met, how many per cent had
  // outlived it.
  double expired_stale_percent = 0;
};

// What becomes of a key whose time is up. Where it is hidden, nothing may be put in its place: that
// is for times at which nobody writes.
enum class Expiry : uint8_t { removes, hides };

class PastKeys;

// What the databases of one partition share. Owned by the Keyspace.
struct Books {
  explicit Books(uint64_t seed) : clock(seed), random_state(seed | 1) {}

  RecencyClock clock;
  Disposal disposal;
  ChangeHook* hook = nullptr;
  KeyspaceStats stats;
  // Milliseconds since the epoch, as of this turn of the loop (or this command, script or
  // transaction).
  int64_t now_ms = 0;
  uint32_t now_seconds = 0;
  Expiry expiry = Expiry::removes;
  // Who has to be told of what is about to change, where somebody has; and what the bit of entries
  // is that need not be told of (past_keys.hpp).
  PastKeys* past = nullptr;
  bool told = false;
  // Bytes of the entries in all databases and of their values, as the allocator counts.
  size_t entry_bytes = 0;
  // Nothing that is listed in the agenda of a database is due before.
  int64_t next_shed_ms = kForever;
  uint64_t random_state;

  void announce(const Change& change) {
    if (is_by_command(change.kind)) ++stats.changes;
    if (hook != nullptr) [[unlikely]]
      hook->on_change(change);
  }

  // For picks, not for secrets (xorshift64*).
  uint64_t next_random() {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dULL;
  }
};

}  // namespace tidemark::storage
