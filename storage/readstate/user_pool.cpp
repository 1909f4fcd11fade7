#include "storage/readstate/user_pool.hpp"

#include <algorithm>

namespace tidemark::storage {

namespace {

// Lines looked at for one eviction: a run, so that only the first is a cache miss.
constexpr unsigned kLinesPerSample = 10;
// Lines without a resident user that are passed over before a sample is given up.
constexpr unsigned kBarrenLinesMax = 512;
// Samples that may all turn out to be barren.
constexpr unsigned kAttempts = 8;

}  // namespace

std::optional<UserPool::Best> UserPool::best(const UserTable& users, const RecencyClock& clock,
                                             const Spared& spared) {
  for (unsigned attempt = 0; attempt < kAttempts && users.marked() > 0; ++attempt) {
    drop_used(users, clock);
    if (count_ < kSampleBelow) sample(users, clock);
    size_t oldest_dirty = count_;
    for (size_t i = count_; i-- > 0;) {
      const PackedUser& user = *pool_[i].user;
      if (spared.contains(user.key())) continue;
      if (user.books.unsaved == nullptr) return Best{&user, pool_[i].age};
      if (oldest_dirty == count_) oldest_dirty = i;
    }
    if (oldest_dirty == count_) continue;
    const Best found{pool_[oldest_dirty].user, pool_[oldest_dirty].age};
    std::move(pool_.begin() + static_cast<ptrdiff_t>(oldest_dirty) + 1,
              pool_.begin() + static_cast<ptrdiff_t>(count_),
              pool_.begin() + static_cast<ptrdiff_t>(oldest_dirty));
    --count_;
    return found;
  }
  return std::nullopt;
}

// Forgets who is gone, was moved or has been used since; the others are as old as they are now.
// Every address that stays is that of a resident user, found in the table.
void UserPool::drop_used(const UserTable& users, const RecencyClock& clock) {
  size_t kept = 0;
  for (size_t i = 0; i < count_; ++i) {
    Candidate candidate = pool_[i];
    const Slot* const slot = users.find_near(candidate.cursor, candidate.user);
    if (slot == nullptr || !slot->marked() || slot->stamp() != candidate.stamp) continue;
    candidate.age = clock.age(candidate.stamp);
    pool_[kept++] = candidate;
  }
  count_ = kept;
}

// Offers what lies in a run of lines from a random place.
void UserPool::sample(const UserTable& users, const RecencyClock& clock) {
  uint64_t cursor = next_random() >> 16;
  unsigned fruitful = 0;
  for (unsigned visited = 0; fruitful < kLinesPerSample && visited < kBarrenLinesMax; ++visited) {
    bool any = false;
    const uint64_t here = cursor;
    cursor = users.sweep_step(here, Sweep::marked, [&](const Slot& slot) {
      any = true;
      const uint32_t age = clock.age(slot.stamp());
      // Most are too young, and go no further.
      if (count_ == kSize && age <= pool_[0].age) return;
      offer({.age = age, .stamp = slot.stamp(), .cursor = here, .user = UserTable::entry_of(slot)});
    });
    fruitful += static_cast<unsigned>(any);
  }
}

// Puts it in its place by age; the youngest falls out of a full pool.
void UserPool::offer(const Candidate& candidate) {
  const auto end = pool_.begin() + static_cast<ptrdiff_t>(count_);
  const auto same = [&candidate](const Candidate& other) { return other.user == candidate.user; };
  if (std::any_of(pool_.begin(), end, same)) return;
  const auto older = [](uint32_t age, const Candidate& other) { return age < other.age; };
  const auto place = std::upper_bound(pool_.begin(), end, candidate.age, older);
  if (count_ < kSize) {
    std::move_backward(place, end, end + 1);
    *place = candidate;
    ++count_;
  } else if (place != pool_.begin()) {
    std::move(pool_.begin() + 1, place, pool_.begin());
    *(place - 1) = candidate;
  }
}

uint64_t UserPool::next_random() {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return random_ * 0x2545f4914f6cdd1dULL;
}

}  // namespace tidemark::storage
