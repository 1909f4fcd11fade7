#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "storage/base/ensure.hpp"
#include "storage/base/prefetch.hpp"
#include "storage/table/slot.hpp"

// The untyped core of Table: extendible hashing over segments that grow in place.
//
// Directory.   2^D words, indexed by the top D bits of the hash. A word names a segment, its depth
// d (how
//              many leading bits all its hashes share) and its number of buckets, so that a lookup
//              goes from the directory (small and hot) straight to the bucket.
// Segment.     One block: a line of books, then any number of buckets up to kMaxBuckets. The
// sixteen bits
//              after the prefix, multiplied by the number of buckets, give the home bucket: buckets
//              are in hash order, and a segment may have *any* number of them. So it grows by the
//              steps of the allocator's size classes (14 to 25 %), not by doubling, and stays 70 to
//              92 % full. At its largest it splits in two.
// Bucket.      One cache line: 7 slots, 7 one-byte tags (0 means free), and `reach`: how many
// buckets beyond this one
//              the entries at home here may lie. A hit compares eight bytes at once; a miss mostly
//              sees one line.
// Overflow.    An entry whose home is full lies at most 7 buckets further (cyclically), and the
// slot says how
//              far. Entries are kept in the order of their homes (Robin Hood), and erasing shifts
//              back, so there are no tombstones, and neither needs to touch an entry: distances
//              tell all.
// Scan.        The cursor is a lower bound of hashes (their top 48 bits). A step emits the entries
// at home in the bucket that
//              the bound lies in, and returns the bucket's upper bound. Since positions are hash
//              ranges, a bound means the same whatever the table's shape becomes.
//
// Why not a stash or two candidate buckets (Dash): a hit would look at two lines half of the time,
// and slots are 7 to a line here, not 14. Why no hash bits for rehashing: there are none left in
// the slot; the entries are prefetched instead, which costs some 20 ns each, and only while the
// table grows.
namespace tidemark::storage {

enum class Mark : uint8_t { off, on };

// What sweep_step() visits.
enum class Sweep : uint8_t { all, marked };

// What a new slot starts with.
struct SlotState {
  uint16_t stamp = 0;
  Mark mark = Mark::off;
};

class TableCore {
 public:
  // Entries in a bucket line.
  static constexpr unsigned kSlots = 7;

  using HashOfEntry = uint64_t (*)(const void* entry);

  explicit TableCore(HashOfEntry hash_of_entry);
  TableCore(TableCore&& other) noexcept;
  TableCore& operator=(TableCore&& other) noexcept;
  // Frees the segments and the directory, never an entry.
  ~TableCore();

  size_t size() const { return size_; }
  size_t marked() const { return marked_; }
  size_t memory_bytes() const { return memory_bytes_; }
  // Bucket lines: what a full sweep visits.
  size_t bucket_count() const { return bucket_count_; }

  template <typename Equal>
  Slot* find(uint64_t hash, Equal&& equal) const {
    const Place place = place_of(hash);
    Bucket* bucket = place.first + place.home;
    const unsigned reach = bucket->reach;
    for (unsigned distance = 0;; ++distance) {
      for (unsigned hits = bucket->match(place.tag); hits != 0; hits &= hits - 1) {
        Slot& slot = bucket->slots[static_cast<unsigned>(__builtin_ctz(hits))];
        if (equal(slot.entry())) return &slot;
      }
      if (distance == reach) return nullptr;
      if (++bucket == place.first + place.bucket_count) bucket = place.first;
    }
  }

  Slot* insert(uint64_t hash, void* entry, SlotState state);
  void* erase(uint64_t hash, Slot* slot);
  void set_mark(uint64_t hash, Slot* slot, Mark mark);

  void prefetch_bucket(uint64_t hash) const {
    const Place place = place_of(hash);
    prefetch(place.first + place.home);
  }
  void prefetch_entry(uint64_t hash) const {
    const Place place = place_of(hash);
    const Bucket* bucket = place.first + place.home;
    unsigned hits = bucket->match(place.tag);
    if (hits == 0 && bucket->reach != 0) {
      if (++bucket == place.first + place.bucket_count) bucket = place.first;
      hits = bucket->match(place.tag);
    }
    if (hits != 0) {
      prefetch(bucket->slots[static_cast<unsigned>(__builtin_ctz(hits))].entry());
    }
  }

  template <typename Visit>
  uint64_t scan_step(uint64_t cursor, Visit&& visit) const {
    const uint64_t bound = (cursor & kCursorMask) << kCursorShift;
    const Place place = place_of(bound);
    // A bound within the bucket comes from another shape of the table: what lies below it was seen.
    const bool whole = lower_bound(place, place.home) == bound;
    const unsigned reach = place.first[place.home].reach;
    unsigned index = place.home;
    for (unsigned distance = 0; distance <= reach; ++distance) {
      Bucket& bucket = place.first[index];
      for (unsigned i = 0; i < kSlots; ++i) {
        if (bucket.tags[i] == 0 || bucket.slots[i].distance() != distance) continue;
        if (whole || hash_of_entry_(bucket.slots[i].entry()) >= bound) visit(bucket.slots[i]);
      }
      if (++index == place.bucket_count) index = 0;
    }
    return next_cursor(place);
  }

  template <typename Visit>
  uint64_t sweep_step(uint64_t cursor, Sweep which, Visit&& visit) const {
    const Place place = place_of((cursor & kCursorMask) << kCursorShift);
    if (which == Sweep::marked && segment_of(place)->marked == 0) return end_of_segment(place);
    Bucket& bucket = place.first[place.home];
    for (unsigned i = 0; i < kSlots; ++i) {
      if (bucket.tags[i] == 0) continue;
      if (which == Sweep::all || bucket.slots[i].marked()) visit(bucket.slots[i]);
    }
    return next_cursor(place);
  }

  Slot* find_near(uint64_t cursor, const void* entry) const;
  // A slot that the random bits lead to, or null where they lead to none: draw again.
  Slot* try_random(uint64_t random) const;

  template <typename Dispose>
  bool drain(size_t budget, Dispose&& dispose) {
    for (size_t disposed = 0; size_ > 0 && disposed < budget;) {
      const Place place = place_of(drain_cursor_ << kCursorShift);
      Bucket& bucket = place.first[place.home];
      for (unsigned i = 0; i < kSlots; ++i) {
        if (bucket.tags[i] == 0) continue;
        dispose(bucket.slots[i].entry());
        ++disposed;
        --size_;
      }
      drain_cursor_ = next_cursor(place);
      // An empty bucket costs its visit too.
      ++disposed;
      if (place.home + 1 == place.bucket_count) forget_segment(place);
    }
    if (size_ > 0) return true;
    free_everything();
    return false;
  }

  void check() const;

 private:
  static constexpr unsigned kMaxDistance = 7;
  static constexpr unsigned kMaxBuckets = 255;
  static constexpr unsigned kMaxDepth = 32;
  static constexpr unsigned kCursorShift = 16;
  static constexpr uint64_t kCursorMask = (1ULL << 48) - 1;

  struct alignas(64) Bucket {
    std::array<Slot, kSlots> slots;
    std::array<uint8_t, kSlots> tags;
    uint8_t reach;

    // One bit for every slot with this tag.
    unsigned match(uint8_t tag) const {
#if defined(__SSE2__)
      const __m128i tag_bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(tags.data()));
      const __m128i same = _mm_cmpeq_epi8(tag_bytes, _mm_set1_epi8(static_cast<char>(tag)));
      return static_cast<unsigned>(_mm_movemask_epi8(same)) & ((1U << kSlots) - 1);
#else
      unsigned bits = 0;
      for (unsigned i = 0; i < kSlots; ++i) bits |= static_cast<unsigned>(tags[i] == tag) << i;
      return bits;
#endif
    }
    unsigned free_slots() const { return match(0); }
    // The least and the greatest distance of its entries. A free slot counts as one at home, so the
    // least means something in a full bucket only.
    unsigned nearest() const;
    unsigned farthest() const;
    // REQUIRES: distance > 0.
    bool has_distance(unsigned distance) const;
    void put(unsigned index, Slot slot, uint8_t tag);
    void vacate(unsigned index);
  };
  static_assert(sizeof(Bucket) == 64);

  // The line of books before the buckets.
  struct alignas(64) Segment {
    uint32_t count;
    uint32_t marked;
    uint16_t bucket_count;
    uint8_t depth;

    Bucket* buckets() { return reinterpret_cast<Bucket*>(this + 1); }
    const Bucket* buckets() const { return reinterpret_cast<const Bucket*>(this + 1); }
    size_t slot_count() const { return size_t{bucket_count} * kSlots; }
  };
  static_assert(sizeof(Segment) == 64);

  // A directory word: bucket count (16 bits), segment address (42 bits, low six are zero), depth
  // (6).
  using Word = uint64_t;
  static constexpr uint64_t kWordAddress = 0x0000'ffff'ffff'ffc0ULL;

  // Where a hash belongs.
  struct Place {
    Bucket* first;  // of its segment
    unsigned bucket_count;
    unsigned home;
    unsigned depth;
    uint64_t prefix;  // the hash with all bits after the segment's prefix cleared
    uint8_t tag;
  };

  static uint8_t tag_of(uint64_t hash) {
    const auto tag = static_cast<uint8_t>(hash);
    return static_cast<uint8_t>(tag + (tag == 0));
  }
  static unsigned home_of(uint64_t hash, unsigned depth, unsigned bucket_count) {
    return static_cast<unsigned>((((hash << depth) >> 48) * bucket_count) >> 16);
  }
  size_t directory_index(uint64_t hash) const { return (hash >> 1) >> (63 - directory_depth_); }
  Place place_of(uint64_t hash) const {
    const Word word = directory_[directory_index(hash)];
    Place place;
    place.first = reinterpret_cast<Bucket*>((word & kWordAddress) + sizeof(Segment));
    place.bucket_count = static_cast<unsigned>(word >> 48);
    place.depth = static_cast<unsigned>(word & 63);
    place.home = home_of(hash, place.depth, place.bucket_count);
    place.prefix = hash & ~(~0ULL >> place.depth);
    place.tag = tag_of(hash);
    return place;
  }
  static Segment* segment_of(const Place& place) {
    return reinterpret_cast<Segment*>(place.first) - 1;
  }
  // The least hash whose home in this segment is bucket `index` (the segment's end for the last +
  // 1; wraps to 0 at the end of all hashes).
  static uint64_t lower_bound(const Place& place, unsigned index) {
    const uint32_t bits = ((uint32_t{index} << 16) + place.bucket_count - 1) / place.bucket_count;
    return place.prefix + (uint64_t{bits} << (48 - place.depth));
  }
  static uint64_t next_cursor(const Place& place) {
    return lower_bound(place, place.home + 1) >> kCursorShift;
  }
  static uint64_t end_of_segment(const Place& place) {
    return lower_bound(place, place.bucket_count) >> kCursorShift;
  }

  static Segment* segment_of(Word word) { return reinterpret_cast<Segment*>(word & kWordAddress); }
  static Word word_of(const Segment* segment);
  static Segment* nothing();
  static Word word_of_nothing(unsigned depth);
  static Word* directory_of_nothing();
  static Word* allocate_directory(unsigned depth);

  static unsigned back(const Segment& segment, unsigned index, unsigned distance);
  static bool can_place(const Segment& segment, unsigned home);
  static Slot* try_place(Segment& segment, uint64_t hash, Slot slot);
  static void vacate(Segment& segment, unsigned index, unsigned slot_index);
  static void pull_reach(Segment& segment, unsigned index, unsigned distance);

  static size_t room_limit(const Segment& segment);
  static unsigned buckets_for(size_t count);
  static unsigned next_bucket_count(unsigned bucket_count);

  Segment* allocate_segment(unsigned bucket_count, unsigned depth);
  void free_segment(Segment* segment);
  bool move_entries(const Segment& from, Segment* low, Segment* high) const;
  void make_room(uint64_t hash, Segment* segment);
  void rebuild(uint64_t hash, Segment* segment, unsigned bucket_count);
  void split(uint64_t hash, Segment* segment);
  void shrink(uint64_t hash, Segment* segment);
  bool try_merge(uint64_t hash, Segment* segment);

  void set_directory(Word* words, unsigned depth);
  void point_directory(uint64_t hash, Word word);
  void deepen_directory();
  void flatten_directory();

  void swap(TableCore& other) noexcept;
  void free_everything();
  void forget_segment(const Place& place);
  void check_segment(const Segment& segment, uint64_t prefix) const;

  HashOfEntry hash_of_entry_;
  Word*
      directory_;  // never null: an empty table points to a shared word for a shared empty segment
  unsigned directory_depth_ = 0;
  uint32_t deepest_count_ = 0;  // segments whose depth is the directory's
  size_t size_ = 0;
  size_t marked_ = 0;
  size_t bucket_count_ = 0;
  size_t memory_bytes_ = 0;
  uint64_t drain_cursor_ = 0;
};

}  // namespace tidemark::storage
