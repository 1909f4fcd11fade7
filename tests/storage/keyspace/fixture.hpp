#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/keyspace.hpp"

namespace tidemark::storage {

inline constexpr int64_t kNow = 1'700'000'000'000;

// Remembers what it was told, as "kind key".
class RecordingHook : public ChangeHook {
 public:
  void on_change(const Change& change) override {
    static constexpr const char* kNames[] = {"written", "expiry",  "deleted", "emptied",
                                             "expired", "evicted", "flushed", "shed"};
    std::string line = kNames[static_cast<size_t>(change.kind)];
    if (change.origin == Origin::created) line += "(new)";
    if (!change.key.empty()) line += " " + std::string(change.key);
    lines.push_back(line);
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
};

// One partition at a fixed time.
struct Partition {
  explicit Partition(const KeyspaceOptions& options = {}) : keyspace(options) {
    keyspace.set_time(kNow);
    keyspace.set_hook(&hook);
  }
  ~Partition() {
    for (size_t i = 0; i < keyspace.database_count(); ++i) {
      keyspace.database(DbIndex(static_cast<uint16_t>(i))).check();
    }
  }

  Database& db(uint16_t index = 0) { return keyspace.database(DbIndex(index)); }
  void set(Bytes key, Bytes text, Ttl ttl = Ttl::clear()) {
    db().set_string(hash_key(key), text, ttl);
  }
  std::string get(Bytes key) {
    const auto entry = db().find_string(hash_key(key));
    if (!entry || *entry == nullptr) return "(none)";
    IntegerText scratch;
    return std::string((*entry)->text(scratch));
  }
  std::string encoding(Bytes key) { return std::string(db().find(hash_key(key))->encoding_name()); }

  RecordingHook hook;
  Keyspace keyspace;
};

inline uint64_t seed_of_this_run() {
  const char* given = std::getenv("TIDEMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  MESSAGE("TIDEMARK_SEED=" << seed);
  return seed;
}

}  // namespace tidemark::storage
