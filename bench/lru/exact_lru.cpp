#include "bench/lru/exact_lru.hpp"

#include "storage/base/ensure.hpp"

namespace tidemark::bench {

ExactLru::ExactLru(uint32_t keys, uint32_t capacity)
    : sentinel_(keys),
      capacity_(capacity),
      next_(size_t{keys} + 1, kAbsent),
      previous_(size_t{keys} + 1, kAbsent) {
  ENSURE(capacity > 0 && keys < kAbsent);
  next_[sentinel_] = sentinel_;
  previous_[sentinel_] = sentinel_;
}

void ExactLru::unlink(uint32_t key) {
  next_[previous_[key]] = next_[key];
  previous_[next_[key]] = previous_[key];
}

void ExactLru::link_newest(uint32_t key) {
  next_[key] = next_[sentinel_];
  previous_[key] = sentinel_;
  previous_[next_[key]] = key;
  next_[sentinel_] = key;
}

bool ExactLru::access(uint32_t key) {
  ENSURE(key < sentinel_);
  const bool held = next_[key] != kAbsent;
  if (held) {
    unlink(key);
  } else if (size_ == capacity_) {
    const uint32_t oldest = previous_[sentinel_];
    unlink(oldest);
    next_[oldest] = kAbsent;
  } else {
    ++size_;
  }
  link_newest(key);
  return held;
}

}  // namespace tidemark::bench
