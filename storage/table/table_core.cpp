#include "storage/table/table_core.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/base/heap.hpp"

namespace tidemark::storage {
namespace {

// Lines of a segment's block, its books included: the size classes of jemalloc that are multiples
// of a line, so that a segment owns all of what it costs.
constexpr std::array<uint16_t, 27> kLineSteps = {2,  3,  4,  5,   6,   7,   8,   10,  12,
                                                 14, 16, 20, 24,  28,  32,  40,  48,  56,
                                                 64, 80, 96, 112, 128, 160, 192, 224, 256};

// A rebuilt segment is at most this full (in 1/64), so that it does not have to grow again at once
// ...
constexpr size_t kFullAfterRebuild = 56;
// ... it grows when it is fuller than this, or when an entry would lie too far from home ...
constexpr size_t kFullest = 60;
// ... and shrinks when it is emptier than this.
constexpr size_t kEmptiest = 28;
// Two halves are merged when they hold less than this part of the slots of the largest segment
// together.
constexpr size_t kMergeBelow = 24;

// The buckets whose entries are fetched ahead of being hashed.
constexpr unsigned kBucketsAhead = 2;
// Segments up to this many buckets may be filled to the last slot.
constexpr unsigned kTinyBuckets = 4;

}  // namespace

TableCore::Word TableCore::word_of(const Segment* segment) {
  return (Word{segment->bucket_count} << 48) | reinterpret_cast<uintptr_t>(segment) |
         segment->depth;
}

// What an empty table points to: one bucket without entries, which is never written.
TableCore::Segment* TableCore::nothing() {
  struct Empty {
    Segment segment;
    std::array<std::byte, sizeof(Bucket)> bucket;
  };
  static_assert(sizeof(Empty) == sizeof(Segment) + sizeof(Bucket));
  static Empty empty{};
  return &empty.segment;
}

TableCore::Word TableCore::word_of_nothing(unsigned depth) {
  return (Word{1} << 48) | reinterpret_cast<uintptr_t>(nothing()) | depth;
}

TableCore::Word* TableCore::directory_of_nothing() {
  static Word word = word_of_nothing(0);
  return &word;
}

TableCore::TableCore(HashOfEntry hash_of_entry)
    : hash_of_entry_(hash_of_entry), directory_(directory_of_nothing()) {}

TableCore::TableCore(TableCore&& other) noexcept : TableCore(other.hash_of_entry_) { swap(other); }

TableCore& TableCore::operator=(TableCore&& other) noexcept {
  TableCore taken(std::move(other));
  swap(taken);
  return *this;
}

TableCore::~TableCore() { free_everything(); }

void TableCore::swap(TableCore& other) noexcept {
  std::swap(hash_of_entry_, other.hash_of_entry_);
  std::swap(directory_, other.directory_);
  std::swap(directory_depth_, other.directory_depth_);
  std::swap(deepest_count_, other.deepest_count_);
  std::swap(size_, other.size_);
  std::swap(marked_, other.marked_);
  std::swap(bucket_count_, other.bucket_count_);
  std::swap(memory_bytes_, other.memory_bytes_);
  std::swap(drain_cursor_, other.drain_cursor_);
}

void TableCore::free_everything() {
  if (directory_ == directory_of_nothing()) return;
  const size_t words = size_t{1} << directory_depth_;
  for (size_t i = 0; i < words;) {
    Segment* segment = segment_of(directory_[i]);
    i += words >> (directory_[i] & 63);
    if (segment != nothing()) free_segment(segment);
  }
  heap::deallocate(directory_, words * sizeof(Word));
  directory_ = directory_of_nothing();
  directory_depth_ = 0;
  deepest_count_ = 0;
  size_ = marked_ = memory_bytes_ = 0;
  drain_cursor_ = 0;
}

TableCore::Segment* TableCore::allocate_segment(unsigned bucket_count, unsigned depth) {
  const size_t bytes = sizeof(Segment) + bucket_count * sizeof(Bucket);
  void* block = heap::allocate_lines(bytes);
  std::memset(block, 0, bytes);
  memory_bytes_ += heap::line_block_bytes(bytes);
  bucket_count_ += bucket_count;
  auto* segment = static_cast<Segment*>(block);
  segment->bucket_count = static_cast<uint16_t>(bucket_count);
  segment->depth = static_cast<uint8_t>(depth);
  return segment;
}

void TableCore::free_segment(Segment* segment) {
  const size_t bytes = sizeof(Segment) + segment->bucket_count * sizeof(Bucket);
  memory_bytes_ -= heap::line_block_bytes(bytes);
  bucket_count_ -= segment->bucket_count;
  heap::deallocate_lines(segment, bytes);
}

void TableCore::set_directory(Word* words, unsigned depth) {
  if (directory_ != directory_of_nothing()) {
    const size_t bytes = sizeof(Word) << directory_depth_;
    memory_bytes_ -= heap::block_bytes(bytes);
    heap::deallocate(directory_, bytes);
  }
  directory_ = words;
  directory_depth_ = depth;
  memory_bytes_ += heap::block_bytes(sizeof(Word) << depth);
}

TableCore::Word* TableCore::allocate_directory(unsigned depth) {
  return static_cast<Word*>(heap::allocate(sizeof(Word) << depth));
}

void TableCore::point_directory(uint64_t hash, Word word) {
  const size_t span = size_t{1} << (directory_depth_ - (word & 63));
  const size_t first = directory_index(hash) & ~(span - 1);
  std::fill_n(directory_ + first, span, word);
}

void TableCore::deepen_directory() {
  const size_t count = size_t{1} << directory_depth_;
  Word* words = allocate_directory(directory_depth_ + 1);
  for (size_t i = 0; i < count; ++i) words[2 * i] = words[2 * i + 1] = directory_[i];
  set_directory(words, directory_depth_ + 1);
  deepest_count_ = 0;
}

void TableCore::flatten_directory() {
  while (deepest_count_ == 0 && directory_depth_ > 0) {
    const unsigned depth = directory_depth_ - 1;
    const size_t count = size_t{1} << depth;
    Word* words = allocate_directory(depth);
    for (size_t i = 0; i < count; ++i) {
      words[i] = directory_[2 * i];
      deepest_count_ += static_cast<uint32_t>((words[i] & 63) == depth);
    }
    set_directory(words, depth);
  }
}

size_t TableCore::room_limit(const Segment& segment) {
  const size_t slots = segment.slot_count();
  return segment.bucket_count <= kTinyBuckets ? slots : slots * kFullest / 64;
}

unsigned TableCore::buckets_for(size_t count) {
  for (const unsigned lines : kLineSteps) {
    if ((lines - 1) * kSlots * kFullAfterRebuild >= count * 64) return lines - 1;
  }
  return kMaxBuckets;
}

unsigned TableCore::next_bucket_count(unsigned bucket_count) {
  const auto* next = std::upper_bound(kLineSteps.begin(), kLineSteps.end(), bucket_count + 1);
  return next == kLineSteps.end() ? 0 : *next - 1U;
}

Slot* TableCore::insert(uint64_t hash, void* entry, SlotState state) {
  const uint64_t word = (uint64_t{state.stamp} << 48) | reinterpret_cast<uintptr_t>(entry) |
                        (state.mark == Mark::on ? Slot::kMarkBit : 0);
  for (;;) {
    Segment& segment = *segment_of(place_of(hash));
    if (segment.count < room_limit(segment)) {
      if (Slot* slot = try_place(segment, hash, Slot(word)); slot != nullptr) {
        ++size_;
        marked_ += static_cast<size_t>(state.mark == Mark::on);
        return slot;
      }
    }
    make_room(hash, &segment);
  }
}

void* TableCore::erase(uint64_t hash, Slot* slot) {
  const Place place = place_of(hash);
  Segment* segment = segment_of(place);
  const auto address = reinterpret_cast<uintptr_t>(slot);
  auto* bucket = reinterpret_cast<Bucket*>(address & ~uintptr_t{sizeof(Bucket) - 1});
  void* entry = slot->entry();

  --size_;
  --segment->count;
  marked_ -= static_cast<size_t>(slot->marked());
  segment->marked -= static_cast<uint32_t>(slot->marked());
  vacate(*segment, static_cast<unsigned>(bucket - place.first),
         static_cast<unsigned>(slot - bucket->slots.data()));

  if (size_ == 0) {
    free_everything();
  } else if (segment->count * 64 < segment->slot_count() * kEmptiest) {
    shrink(hash, segment);
  }
  return entry;
}

void TableCore::set_mark(uint64_t hash, Slot* slot, Mark mark) {
  const bool on = mark == Mark::on;
  if (slot->marked() == on) return;
  slot->word_ ^= Slot::kMarkBit;
  Segment* segment = segment_of(place_of(hash));
  segment->marked += on ? 1U : -1U;
  marked_ += on ? size_t{1} : ~size_t{0};
}

Slot* TableCore::find_near(uint64_t cursor, const void* entry) const {
  const Place place = place_of((cursor & kCursorMask) << kCursorShift);
  for (Slot& slot : place.first[place.home].slots) {
    if (!slot.empty() && slot.entry() == entry) return &slot;
  }
  return nullptr;
}

// A segment is met as often as its share of all hashes, whatever it holds. So that each slot of
// each segment has the same chance, a segment is refused by how many buckets it has for that share.
Slot* TableCore::try_random(uint64_t random) const {
  const Place place = place_of(random);
  if (directory_depth_ > 0) {
    const unsigned spare_depth = directory_depth_ - place.depth;
    const uint64_t coin = (random * 0x9e3779b97f4a7c15U) >> 32;
    if ((coin * (uint64_t{kMaxBuckets} << spare_depth)) >> 32 >= place.bucket_count) return nullptr;
  }
  Bucket& bucket = place.first[place.home];
  const auto i = static_cast<unsigned>(((random & 0xffff) * kSlots) >> 16);
  return bucket.tags[i] == 0 ? nullptr : &bucket.slots[i];
}

// Puts every entry of `from` into `low`, or into `high` where that is given and the hash says so.
bool TableCore::move_entries(const Segment& from, Segment* low, Segment* high) const {
  const Bucket* buckets = from.buckets();
  for (unsigned index = 0; index < from.bucket_count + kBucketsAhead; ++index) {
    if (index < from.bucket_count) {
      for (const Slot& slot : buckets[index].slots) prefetch(slot.entry());
    }
    if (index < kBucketsAhead) continue;
    const Bucket& bucket = buckets[index - kBucketsAhead];
    for (unsigned i = 0; i < kSlots; ++i) {
      if (bucket.tags[i] == 0) continue;
      const uint64_t hash = hash_of_entry_(bucket.slots[i].entry());
      const bool upper = high != nullptr && ((hash << from.depth) >> 63) != 0;
      if (try_place(upper ? *high : *low, hash, bucket.slots[i]) == nullptr) return false;
    }
  }
  return true;
}

void TableCore::make_room(uint64_t hash, Segment* segment) {
  if (segment == nothing()) {
    Word* words = allocate_directory(0);
    words[0] = word_of(allocate_segment(1, 0));
    set_directory(words, 0);
    deepest_count_ = 1;
    return;
  }
  const unsigned larger = next_bucket_count(segment->bucket_count);
  if (larger == 0) {
    split(hash, segment);
  } else {
    rebuild(hash, segment, larger);
  }
}

// Into another number of buckets, or somewhat more should they not suffice.
void TableCore::rebuild(uint64_t hash, Segment* segment, unsigned bucket_count) {
  while (bucket_count != 0) {
    Segment* rebuilt = allocate_segment(bucket_count, segment->depth);
    if (move_entries(*segment, rebuilt, nullptr)) {
      point_directory(hash, word_of(rebuilt));
      free_segment(segment);
      return;
    }
    free_segment(rebuilt);
    bucket_count = next_bucket_count(bucket_count);
  }
  split(hash, segment);
}

void TableCore::split(uint64_t hash, Segment* segment) {
  const unsigned depth = segment->depth + 1U;
  // Only a hash that is not random could fill a segment this deep.
  ENSURE(depth <= kMaxDepth);
  unsigned bucket_count = buckets_for(segment->count / 2 + segment->count / 32);
  for (;; bucket_count = next_bucket_count(bucket_count)) {
    ENSURE(bucket_count != 0);
    Segment* low = allocate_segment(bucket_count, depth);
    Segment* high = allocate_segment(bucket_count, depth);
    if (move_entries(*segment, low, high)) {
      if (depth > directory_depth_) deepen_directory();
      if (depth == directory_depth_) deepest_count_ += 2;
      const uint64_t upper_bit = 1ULL << (64 - depth);
      point_directory(hash & ~upper_bit, word_of(low));
      point_directory(hash | upper_bit, word_of(high));
      free_segment(segment);
      return;
    }
    free_segment(low);
    free_segment(high);
  }
}

void TableCore::shrink(uint64_t hash, Segment* segment) {
  if (try_merge(hash, segment)) return;
  const unsigned smaller = buckets_for(segment->count);
  if (smaller < segment->bucket_count) rebuild(hash, segment, smaller);
}

bool TableCore::try_merge(uint64_t hash, Segment* segment) {
  if (segment->depth == 0) return false;
  const unsigned depth = segment->depth;
  Segment* buddy = segment_of(place_of(hash ^ (1ULL << (64 - depth))));
  const size_t count = size_t{segment->count} + buddy->count;
  if (buddy->depth != depth || count * 64 > size_t{kMaxBuckets} * kSlots * kMergeBelow) {
    return false;
  }
  Segment* merged = allocate_segment(buckets_for(count), depth - 1);
  if (!move_entries(*segment, merged, nullptr) || !move_entries(*buddy, merged, nullptr)) {
    free_segment(merged);
    return false;
  }
  point_directory(hash, word_of(merged));
  free_segment(segment);
  free_segment(buddy);
  if (depth == directory_depth_) deepest_count_ -= 2;
  flatten_directory();
  return true;
}

void TableCore::forget_segment(const Place& place) {
  point_directory(place.prefix, word_of_nothing(place.depth));
  free_segment(segment_of(place));
}

void TableCore::check() const {
  size_t size = 0;
  size_t marked = 0;
  size_t bucket_count = 0;
  size_t deepest = 0;
  const size_t words = size_t{1} << directory_depth_;
  if (directory_ == directory_of_nothing()) {
    ENSURE(size_ == 0 && marked_ == 0 && bucket_count_ == 0 && memory_bytes_ == 0);
    return;
  }
  for (size_t i = 0; i < words;) {
    const Segment& segment = *segment_of(directory_[i]);
    const size_t span = words >> segment.depth;
    ENSURE(segment.depth <= directory_depth_ && i % span == 0);
    for (size_t j = 0; j < span; ++j) ENSURE(directory_[i + j] == word_of(&segment));
    const uint64_t prefix = directory_depth_ == 0 ? 0 : uint64_t{i} << (64 - directory_depth_);
    check_segment(segment, prefix);
    size += segment.count;
    marked += segment.marked;
    bucket_count += segment.bucket_count;
    deepest += static_cast<size_t>(segment.depth == directory_depth_);
    i += span;
  }
  ENSURE(size == size_ && marked == marked_ && bucket_count == bucket_count_);
  ENSURE(deepest == deepest_count_);
}

}  // namespace tidemark::storage
