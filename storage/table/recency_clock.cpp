#include "storage/table/recency_clock.hpp"

#include <algorithm>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {
namespace {

// Ticks in one turnover of the cache: how finely the order is known.
constexpr size_t kTicksPerTurnover = 2048;
// In this many ticks every bucket line is visited once. Together with kOldestAge it must stay below
// 65,536, so that no stamp gets as old as the range before it is visited.
constexpr uint64_t kTicksPerSweep = 16'384;
// Lines are visited in runs, so that the prefetcher of the processor sees them coming.
constexpr size_t kSweepRun = 16;
// The sizes of the tables are looked up only now and then.
constexpr uint32_t kTicksPerCensus = 64;
// An LFU sweep takes this many decay periods at most; the period's eight bits wrap after 256.
constexpr size_t kPeriodsPerSweep = 64;
// As in Redis: a new key is not the first to go.
constexpr unsigned kFrequencyOfNew = 5;
constexpr unsigned kFrequencyMax = 255;

uint16_t lfu_stamp(uint8_t period, unsigned counter) {
  return static_cast<uint16_t>((unsigned{period} << 8) | counter);
}

}  // namespace

RecencyClock::RecencyClock(uint64_t seed) : random_(seed | 1) {}

void RecencyClock::attach(TableCore& table) { tables_.push_back(&table); }

void RecencyClock::detach(TableCore& table) {
  std::erase(tables_, &table);
  swept_table_ = 0;
  sweep_cursor_ = 0;
}

void RecencyClock::configure(Recency recency, LfuTuning tuning) {
  recency_ = recency;
  tuning_ = tuning;
  period_ = period_now();
}

void RecencyClock::begin_minute() {
  minute_begin_ms_ = now_ms_ / kMsPerMinute * kMsPerMinute;
  const uint8_t period = period_now();
  if (period == period_) return;
  period_ = period;
  if (recency_ == Recency::lfu) sweep_debt_ += bucket_count() / kPeriodsPerSweep + 1;
}

uint8_t RecencyClock::period_now() const {
  if (tuning_.decay_minutes == 0) return 0;
  return static_cast<uint8_t>(now_ms_ / kMsPerMinute / tuning_.decay_minutes);
}

size_t RecencyClock::population() const {
  size_t count = 0;
  for (const TableCore* table : tables_) count += table->size();
  return count;
}

size_t RecencyClock::bucket_count() const {
  size_t count = 0;
  for (const TableCore* table : tables_) count += table->bucket_count();
  return count;
}

void RecencyClock::advance() {
  ++tick_;
  if (--ticks_until_census_ == 0) {
    ticks_until_census_ = kTicksPerCensus;
    touches_per_tick_ = static_cast<uint32_t>(population() / kTicksPerTurnover + 1);
    buckets_at_census_ = bucket_count();
  }
  touches_left_ = touches_per_tick_;
  sweep_fraction_ += buckets_at_census_ + 1;
  sweep_debt_ += sweep_fraction_ / kTicksPerSweep;
  sweep_fraction_ %= kTicksPerSweep;
  if (sweep_debt_ >= kSweepRun) sweep(sweep_debt_);
}

void RecencyClock::sweep(size_t bucket_budget) {
  bucket_budget = std::min<size_t>(bucket_budget, sweep_debt_);
  sweep_debt_ -= bucket_budget;
  size_t empty_tables = 0;
  while (bucket_budget > 0 && empty_tables < tables_.size()) {
    if (swept_table_ >= tables_.size()) swept_table_ = 0;
    TableCore& table = *tables_[swept_table_];
    if (table.size() == 0) {
      ++empty_tables;
      ++swept_table_;
      sweep_cursor_ = 0;
      continue;
    }
    empty_tables = 0;
    sweep_cursor_ =
        table.sweep_step(sweep_cursor_, Sweep::all, [this](Slot& slot) { refresh(slot); });
    if (sweep_cursor_ == 0) ++swept_table_;
    --bucket_budget;
  }
}

// Brings a stamp back from the end of its range without changing what it says.
void RecencyClock::refresh(Slot& slot) const {
  const uint16_t stamp = slot.stamp();
  if (recency_ == Recency::lru) {
    if (age(stamp) > kOldestAge) slot.set_stamp(stamp_of_age(kOldestAge));
  } else if (periods_since(stamp) >= kPeriodsPerSweep) {
    slot.set_stamp(lfu_stamp(period_, frequency(stamp)));
  }
}

uint8_t RecencyClock::periods_since(uint16_t stamp) const {
  return static_cast<uint8_t>(period_ - (stamp >> 8));
}

unsigned RecencyClock::frequency(uint16_t stamp) const {
  const unsigned counter = stamp & 0xff;
  if (tuning_.decay_minutes == 0) return counter;
  const unsigned periods = periods_since(stamp);
  return counter > periods ? counter - periods : 0;
}

uint16_t RecencyClock::stamp_of_frequency(unsigned counter) const {
  return lfu_stamp(period_, std::min(counter, kFrequencyMax));
}

uint16_t RecencyClock::stamp_new() {
  if (recency_ == Recency::lfu) return lfu_stamp(period_, kFrequencyOfNew);
  return stamp_touched(0);
}

uint16_t RecencyClock::count_use(uint16_t stamp) {
  unsigned counter = frequency(stamp);
  if (counter < kFrequencyMax) {
    const unsigned above = counter > kFrequencyOfNew ? counter - kFrequencyOfNew : 0;
    const double chance = 1.0 / (static_cast<double>(above) * tuning_.log_factor + 1);
    constexpr double kRandomRange = 4294967296.0;
    if (static_cast<double>(next_random() >> 32) < chance * kRandomRange) ++counter;
  }
  return lfu_stamp(period_, counter);
}

uint32_t RecencyClock::age_by_frequency(uint16_t stamp) const {
  // Among those used equally often, who was used longest ago.
  const uint32_t periods = tuning_.decay_minutes == 0 ? 0 : periods_since(stamp);
  return ((kFrequencyMax - frequency(stamp)) << 8) | periods;
}

uint64_t RecencyClock::next_random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_;
}

}  // namespace tidemark::storage
