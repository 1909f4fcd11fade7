#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/table/table_core.hpp"

namespace tidemark::storage {

// What a stamp counts.
enum class Recency : uint8_t { lru, lfu };

struct LfuTuning {
  unsigned log_factor = 10;    // lfu-log-factor
  unsigned decay_minutes = 1;  // lfu-decay-time; 0: counters never decay
};

// The clock behind the 16-bit stamps in the slots of one partition. All tables whose entries
// compete for the partition's memory (sixteen databases, and the users of the read states) share
// it, so that their ages compare.
//
// LRU. The stamp is a tick. A tick lasts entries/2048 touches (at least one): the order of two
// entries is unknown only where they were touched within 0.05 % of the cache's population of each
// other, whatever the rate. Ticks follow touches and not time: time would say nothing more about
// the order and would use the range up. Sixteen bits wrap after 32 turnovers; so each tick also
// pays for visiting a few bucket lines (one for every hundred touches or so), where stamps that are
// very old are set to the oldest age that is told apart.
//
// LFU. The stamp is Redis's logarithmic counter (8 bits) and the time of its last decay, counted in
// decay periods (8 bits). The same visits keep that from wrapping.
class RecencyClock {
 public:
  // `seed`: for the coin that LFU counters are tossed with.
  explicit RecencyClock(uint64_t seed);
  RecencyClock(const RecencyClock&) = delete;
  RecencyClock& operator=(const RecencyClock&) = delete;

  // Tables whose stamps this clock keeps; they stay where they are until detached.
  void attach(TableCore& table);
  void detach(TableCore& table);

  // Stamps made before a change of what they count are read as if they had been made by the new
  // rule, as in Redis.
  void configure(Recency recency, LfuTuning tuning = {});
  Recency recency() const { return recency_; }

  // Milliseconds since the epoch. Never goes back far; call it once per turn of the loop.
  void set_time(int64_t now_ms) {
    now_ms_ = now_ms;
    if (now_ms < minute_begin_ms_ || now_ms >= minute_begin_ms_ + kMsPerMinute) begin_minute();
  }
  int64_t now_ms() const { return now_ms_; }

  // The stamp of an entry that is created now. Counts as a touch.
  uint16_t stamp_new();
  // The stamp of an entry that is used now, given the one that it has.
  uint16_t stamp_touched(uint16_t stamp) {
    if (recency_ == Recency::lfu) return count_use(stamp);
    if (--touches_left_ == 0) advance();
    return tick_;
  }

  // How much rather than others an entry should be evicted: 0 is used now. Comparable between all
  // tables of this clock, at the same moment.
  uint32_t age(uint16_t stamp) const {
    if (recency_ == Recency::lfu) return age_by_frequency(stamp);
    return static_cast<uint16_t>(tick_ - stamp);
  }
  // OBJECT FREQ: the logarithmic counter, decayed to now. Means nothing under LRU.
  unsigned frequency(uint16_t stamp) const;
  // A stamp with this counter, as RESTORE ... FREQ sets it.
  uint16_t stamp_of_frequency(unsigned counter) const;
  // A stamp of this age under LRU, so that RESTORE ... IDLETIME can put a key behind the others.
  uint16_t stamp_of_age(uint32_t age) const {
    return static_cast<uint16_t>(tick_ - (age < kOldestAge ? age : kOldestAge));
  }

  // Pays off some of the visits that are due, `bucket_budget` lines at most. LRU pays as it ticks;
  // LFU needs this from the loop's timer.
  void sweep(size_t bucket_budget);

 private:
  static constexpr uint32_t kOldestAge = 40'960;
  static constexpr int64_t kMsPerMinute = 60'000;

  void advance();
  void begin_minute();
  uint8_t period_now() const;
  size_t population() const;
  size_t bucket_count() const;
  void refresh(Slot& slot) const;
  uint16_t count_use(uint16_t stamp);
  uint32_t age_by_frequency(uint16_t stamp) const;
  uint8_t periods_since(uint16_t stamp) const;
  uint64_t next_random();

  Recency recency_ = Recency::lru;
  uint16_t tick_ = 1;
  uint32_t touches_left_ = 1;
  uint32_t touches_per_tick_ = 1;
  uint32_t ticks_until_census_ = 1;
  uint64_t sweep_debt_ = 0;  // bucket lines that are due
  uint64_t sweep_fraction_ = 0;
  size_t buckets_at_census_ = 0;
  LfuTuning tuning_;
  int64_t now_ms_ = 0;
  int64_t minute_begin_ms_ = 0;
  uint8_t period_ = 0;
  uint64_t random_;

  std::vector<TableCore*> tables_;
  size_t swept_table_ = 0;
  uint64_t sweep_cursor_ = 0;
};

}  // namespace tidemark::storage
