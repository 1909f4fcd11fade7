#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/base/bytes.hpp"
#include "storage/value/counted_heap.hpp"
#include "storage/value/packed.hpp"
#include "storage/value/stream_id.hpp"

namespace tidemark::storage {

// How large a node may grow: stream-node-max-bytes and stream-node-max-entries; 0 for no limit.
struct StreamNodeLimits {
  uint64_t bytes_max = 0;
  uint64_t entries_max = 0;
};

// A run of entries of a stream in one packed list, laid out as in the listpacks of Redis's streams
// (http://antirez.com/news/128 has the idea), but for what changes all the time: the numbers of
// entries and of erased ones are here and not in the list.
//
//   number of fields, field ..., 0               the master entry: the fields of the first entry
//   flags, ms, seq, value ..., count             an entry with the same fields
//   flags, ms, seq, number, field, value ..., count          one with others
//
// ms and seq are the differences to the id of the first entry; the count of elements before it in
// its entry lets a reader go backwards. An entry that is erased leaves nothing behind but its share
// in the decision whether the node is full.
class StreamNode {
 public:
  // Nodes do not grow beyond this whatever the limits say, since finding an entry in one is linear.
  // An entry that is larger by itself has a node of its own.
  static constexpr size_t kBytesMax = size_t{64} << 10;

  using Position = Packed::Position;

  // An entry as it was read. Dies with the next change.
  struct Entry {
    StreamId id;
    uint32_t fields = 0;
    bool same_fields = false;
    Position body;  // the first value, or the first field where it has its own
  };

  // A node with one entry. `pairs` are fields and values in turn.
  StreamNode(CountedHeap& heap, StreamId id, std::span<const Bytes> pairs);
  static StreamNode* make(CountedHeap& heap, StreamId id, std::span<const Bytes> pairs);
  static StreamNode* copy(CountedHeap& heap, const StreamNode& other);
  static void destroy(CountedHeap& heap, StreamNode* node);
  // Its blocks count elsewhere from now on.
  void move_to(CountedHeap& from, CountedHeap& to);

  // What an entry takes up in a node of its own, at most.
  static size_t entry_bytes(std::span<const Bytes> pairs);
  // Whether an entry with these is for the next node.
  bool full_for(std::span<const Bytes> pairs, const StreamNodeLimits& limits) const;
  // REQUIRES: `id` is above all in the node; the entry fits.
  void append(CountedHeap& heap, StreamId id, std::span<const Bytes> pairs);

  // The id that others are told apart from: of the entry that was the first when the node began.
  StreamId base() const { return base_; }
  size_t entries() const { return entries_; }

  // Where entries begin. The end is behind the last of them.
  Position first() const { return packed_.skip(packed_.begin(), size_t{fields_} + 2); }
  Position end() const { return packed_.end(); }
  // REQUIRES: not the end.
  Entry read(Position at) const;
  Position next(Position at) const { return after(read(at)); }
  Position after(const Entry& entry) const;
  // REQUIRES: not first().
  Position previous(Position at) const;
  // The first entry that is not below `id`; the end without one. The search is linear: from where
  // it is likely to be shorter.
  enum class From : uint8_t { first, end };
  Position at_or_after(StreamId id, From from) const;

  // Calls visit(field, value) with PackedElements, for one after the other.
  template <typename Visit>
  void each(const Entry& entry, Visit&& visit) const {
    Position field = entry.same_fields ? packed_.next(packed_.begin()) : entry.body;
    Position value = entry.body;
    for (uint32_t i = 0; i < entry.fields; ++i) {
      if (!entry.same_fields) value = packed_.next(field);
      visit(packed_.get(field), packed_.get(value));
      field = packed_.next(entry.same_fields ? field : value);
      if (entry.same_fields) value = packed_.next(value);
    }
  }

  // Erases `count` entries from `at` on. REQUIRES: there are as many; not all of the node: one
  // without entries is destroyed.
  void erase(CountedHeap& heap, Position at, size_t count);

  // Entries were erased, so that their place is not taken again.
  size_t erased() const { return erased_; }
  // As it lies in the block: for dumps.
  const Packed& packed() const { return packed_; }

  // Verifies the layout. Returns the id of the last entry.
  StreamId check() const;

 private:
  StreamNode(const StreamNode& other) = default;

  bool same_fields(std::span<const Bytes> pairs) const;
  void put(StreamId id, std::span<const Bytes> pairs, bool same);

  StreamId base_;
  Packed packed_;
  uint32_t entries_ = 0;
  uint32_t erased_ = 0;
  uint32_t erased_bytes_ = 0;
  uint32_t fields_;  // of the master entry
};
static_assert(sizeof(StreamNode) == 48);

}  // namespace tidemark::storage
