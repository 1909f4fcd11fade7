#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "storage/base/bytes.hpp"
#include "storage/readstate/held_users.hpp"
#include "storage/readstate/packed_user.hpp"
#include "storage/readstate/user_table.hpp"
#include "storage/table/recency_clock.hpp"

namespace tidemark::storage {

// The users who should go first, of those seen so far: each time somebody has to go, a few more
// lines of the table are looked at and the best of old and new are kept. As for the keys of the
// cache (keyspace/eviction.hpp), whose rivals they are, that is nearly as good as an exact order;
// and of all the users looked at, only those proposed are touched.
class UserPool {
 public:
  struct Best {
    const PackedUser* user = nullptr;
    uint32_t age = 0;
  };
  // The oldest clean user, or where none is seen the oldest dirty one, who is then forgotten: the
  // caller hurries the commit, and others are seen meanwhile. Who is spared is passed over.
  struct Spared {
    Bytes user;
    const HeldUsers& held;
    bool contains(Bytes key) const { return key == user || held.contains(key); }
  };
  std::optional<Best> best(const UserTable& users, const RecencyClock& clock, const Spared& spared);

 private:
  static constexpr size_t kSize = 16;
  // A pool that is emptier than this is replenished first.
  static constexpr size_t kSampleBelow = 13;

  struct Candidate {
    uint32_t age = 0;
    uint16_t stamp = 0;
    uint64_t cursor = 0;  // where it was seen
    const PackedUser* user = nullptr;
  };

  void sample(const UserTable& users, const RecencyClock& clock);
  void offer(const Candidate& candidate);
  void drop_used(const UserTable& users, const RecencyClock& clock);
  uint64_t next_random();

  std::array<Candidate, kSize> pool_;  // by age, oldest last
  size_t count_ = 0;
  uint64_t random_ = 0x2545f4914f6cdd1d;
};

}  // namespace tidemark::storage
