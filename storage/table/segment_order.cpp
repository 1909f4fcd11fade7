// Where the entries of one segment lie: as near home as possible, in the order of their homes. The
// parts of TableCore that move slots within a segment, none of which looks at an entry; and the
// verification of what they promise.
#include <algorithm>
#include <utility>

#include "storage/table/table_core.hpp"

namespace tidemark::storage {

unsigned TableCore::Bucket::nearest() const {
  unsigned least = kMaxDistance;
  for (const Slot& slot : slots) least = std::min(least, slot.distance());
  return least;
}

unsigned TableCore::Bucket::farthest() const {
  unsigned greatest = 0;
  for (const Slot& slot : slots) greatest = std::max(greatest, slot.distance());
  return greatest;
}

bool TableCore::Bucket::has_distance(unsigned distance) const {
  bool any = false;
  for (const Slot& slot : slots) any |= slot.distance() == distance;
  return any;
}

void TableCore::Bucket::put(unsigned index, Slot slot, uint8_t tag) {
  slots[index] = slot;
  tags[index] = tag;
}

void TableCore::Bucket::vacate(unsigned index) { put(index, Slot(0), 0); }

// Whether an entry at home in a full bucket finds room, without moving anything yet. REQUIRES: the
// segment has a free slot.
bool TableCore::can_place(const Segment& segment, unsigned home) {
  unsigned carried = 0;
  for (unsigned index = home;;) {
    const Bucket& bucket = segment.buckets()[index];
    if (bucket.free_slots() != 0) return true;
    carried = std::min(carried, bucket.nearest()) + 1;
    if (carried > kMaxDistance || carried >= segment.bucket_count) return false;
    if (++index == segment.bucket_count) index = 0;
  }
}

// Null where the entry, or one that it would push on, came to lie too far from home.
Slot* TableCore::try_place(Segment& segment, uint64_t hash, Slot slot) {
  const unsigned home = home_of(hash, segment.depth, segment.bucket_count);
  Bucket* buckets = segment.buckets();
  if (buckets[home].free_slots() == 0 && !can_place(segment, home)) return nullptr;

  Slot carried = slot.at_distance(0);
  uint8_t tag = tag_of(hash);
  Slot* placed = nullptr;
  ++segment.count;
  segment.marked += static_cast<uint32_t>(slot.marked());
  for (unsigned index = home;;) {
    Bucket& bucket = buckets[index];
    if (const unsigned free = bucket.free_slots(); free != 0) {
      const auto i = static_cast<unsigned>(__builtin_ctz(free));
      bucket.put(i, carried, tag);
      return placed != nullptr ? placed : &bucket.slots[i];
    }
    // Whoever is nearest home walks on, which keeps the order of homes.
    for (unsigned i = 0, least = bucket.nearest(); least < carried.distance(); ++i) {
      if (bucket.slots[i].distance() != least) continue;
      std::swap(bucket.slots[i], carried);
      std::swap(bucket.tags[i], tag);
      if (placed == nullptr) placed = &bucket.slots[i];
      break;
    }
    const unsigned distance = carried.distance() + 1;
    carried = carried.at_distance(distance);
    if (++index == segment.bucket_count) index = 0;
    Bucket& carried_home = buckets[back(segment, index, distance)];
    carried_home.reach = std::max(carried_home.reach, static_cast<uint8_t>(distance));
  }
}

unsigned TableCore::back(const Segment& segment, unsigned index, unsigned distance) {
  return index >= distance ? index - distance : index + segment.bucket_count - distance;
}

// An entry at this distance has left bucket `index`: is its home's reach still as far?
void TableCore::pull_reach(Segment& segment, unsigned index, unsigned distance) {
  Bucket& home = segment.buckets()[back(segment, index, distance)];
  while (home.reach == distance && distance > 0 &&
         !segment.buckets()[index].has_distance(distance)) {
    home.reach = static_cast<uint8_t>(--distance);
    index = back(segment, index, 1);
  }
}

// Frees a slot and lets those that were pushed on come one bucket back.
void TableCore::vacate(Segment& segment, unsigned index, unsigned slot_index) {
  Bucket* hole = &segment.buckets()[index];
  const unsigned erased_distance = hole->slots[slot_index].distance();
  hole->vacate(slot_index);
  pull_reach(segment, index, erased_distance);
  for (;;) {
    const unsigned next = index + 1 == segment.bucket_count ? 0 : index + 1;
    Bucket& bucket = segment.buckets()[next];
    const unsigned distance = bucket.farthest();
    if (distance == 0) return;
    unsigned i = 0;
    while (bucket.tags[i] == 0 || bucket.slots[i].distance() != distance) ++i;
    hole->put(slot_index, bucket.slots[i].at_distance(distance - 1), bucket.tags[i]);
    bucket.vacate(i);
    pull_reach(segment, next, distance);
    hole = &bucket;
    slot_index = i;
    index = next;
  }
}

void TableCore::check_segment(const Segment& segment, uint64_t prefix) const {
  const unsigned buckets = segment.bucket_count;
  size_t count = 0;
  size_t marked = 0;
  for (unsigned index = 0; index < buckets; ++index) {
    const Bucket& bucket = segment.buckets()[index];
    for (unsigned i = 0; i < kSlots; ++i) {
      const Slot slot = bucket.slots[i];
      ENSURE((bucket.tags[i] == 0) == slot.empty());
      if (slot.empty()) continue;
      ++count;
      marked += static_cast<size_t>(slot.marked());
      const uint64_t hash = hash_of_entry_(slot.entry());
      const unsigned home = back(segment, index, slot.distance());
      ENSURE(slot.distance() < buckets);
      ENSURE(tag_of(hash) == bucket.tags[i]);
      ENSURE((hash & ~(~0ULL >> segment.depth)) == prefix);
      ENSURE(home_of(hash, segment.depth, buckets) == home);
      ENSURE(segment.buckets()[home].reach >= slot.distance());
      for (unsigned d = 1; d <= slot.distance(); ++d) {
        ENSURE(segment.buckets()[back(segment, index, d)].free_slots() == 0);
      }
    }
    if (bucket.reach > 0) {
      ENSURE(segment.buckets()[(index + bucket.reach) % buckets].has_distance(bucket.reach));
    }
    const Bucket& next = segment.buckets()[(index + 1) % buckets];
    ENSURE(next.farthest() == 0 ||
           (bucket.free_slots() == 0 && next.farthest() <= bucket.nearest() + 1));
  }
  ENSURE(count == segment.count);
  ENSURE(marked == segment.marked);
}

}  // namespace tidemark::storage
