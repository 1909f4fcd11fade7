#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "storage/base/bytes.hpp"
#include "storage/value/counted_heap.hpp"
#include "storage/value/ordered_tree.hpp"
#include "storage/value/stream_group.hpp"
#include "storage/value/stream_id.hpp"
#include "storage/value/stream_node.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

// A log of entries, each a list of fields with values under an id that only ever grows, and the
// consumer groups that read it.
//
// Entries lie packed in nodes of some 4 KiB (StreamNode), the nodes in a tree by their first id: an
// entry is found in O(log n) and a scan of one node, and added in O(1). An entry of two short
// fields that its neighbours have, too, costs some ten bytes besides its values. Erased entries
// leave their node at once.
//
// A stream stays when its last entry goes: its ids go on where they stopped, and its groups remain.

struct ByBase {
  using Item = StreamNode;
  using Key = StreamId;
  static StreamId key(const StreamNode& node) { return node.base(); }
};
using NodeTree = OrderedTree<ByBase>;

// Where a reader is in a stream: at an entry or at an end. Dies with the next change.
class StreamCursor {
 public:
  StreamCursor() = default;

  // False at both ends.
  explicit operator bool() const { return static_cast<bool>(node_); }
  // REQUIRES: not an end, here and below.
  StreamId id() const { return entry_.id; }
  size_t fields() const { return entry_.fields; }
  // Calls visit(field, value) with PackedElements, for one after the other.
  template <typename Visit>
  void each(Visit&& visit) const {
    node_->each(entry_, visit);
  }
  void next();
  void previous();

 private:
  friend class Stream;
  StreamCursor(NodeTree::Place node, StreamNode::Position at) : node_(node), at_(at) { read(); }
  void read() { entry_ = node_->read(at_); }

  NodeTree::Place node_;
  StreamNode::Position at_;
  StreamNode::Entry entry_;
};

// What trim() takes away: entries from the oldest on, until so many are left or none is older.
struct StreamTrim {
  enum class Until : uint8_t { length, id };
  Until until = Until::length;
  uint64_t length = 0;
  StreamId id;
  // Only whole nodes, and at most `limit` entries; 0 for any number.
  bool whole_nodes = false;
  uint64_t limit = 0;
};

class Stream {
 public:
  static constexpr ValueType kType = ValueType::stream;
  // What the fields and values of an entry may take up together, with all that is around them.
  static constexpr size_t kEntryBytesMax = Packed::kBytesMax;

  Stream() = default;
  Stream(const Stream& other);
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // As every value. The size is the number of blocks to free, and never 0: an empty stream stays.
  size_t size() const { return heap_.blocks() + 1; }
  size_t memory_bytes() const { return heap_.bytes(); }
  Bytes encoding_name() const { return "stream"; }
  bool free_some(size_t budget);

  // ---- What it knows of itself.
  size_t length() const { return length_; }
  const NodeTree& nodes() const { return nodes_; }
  // Of the oldest entry; 0-0 without any.
  StreamId first_id() const;
  // The greatest id that was ever given; the next entry's is above it.
  StreamId last_id() const { return last_id_; }
  StreamId max_deleted_id() const { return max_deleted_id_; }
  // How many entries were ever added.
  uint64_t entries_added() const { return entries_added_; }
  // REQUIRES: not below the last entry's id.
  void set_last_id(StreamId id) { last_id_ = id; }
  void set_max_deleted_id(StreamId id) { max_deleted_id_ = id; }
  void set_entries_added(uint64_t count) { entries_added_ = count; }

  // ---- Reading.
  StreamCursor first() const;
  StreamCursor last() const;
  StreamCursor at_or_after(StreamId id) const;
  StreamCursor at_or_before(StreamId id) const;
  // An end where there is none.
  StreamCursor find(StreamId id) const;
  // At the cost of a look at the last one.
  bool has_any_after(StreamId id) const { return length_ > 0 && last().id() > id; }

  // ---- Changing.
  // Whether an entry of these fields and values is not too large.
  static bool can_hold(std::span<const Bytes> pairs);
  // REQUIRES: `id` is above last_id(); can_hold(pairs).
  void append(StreamId id, std::span<const Bytes> pairs, const StreamNodeLimits& limits);
  // False where there is none.
  bool erase(StreamId id);
  // Returns how many are gone.
  size_t trim(const StreamTrim& trim);
  // Whether a trim leaves less than it takes away, for which cut() is made.
  bool leaves_little(const StreamTrim& trim) const;
  // As trim(), at the cost of what stays: what goes is left in `cut_off`, to be freed by whoever
  // has time. REQUIRES: leaves_little(); cut_off is empty.
  size_t cut(const StreamTrim& trim, Stream& cut_off);

  // ---- Groups.
  const GroupTree& groups() const { return groups_; }
  StreamGroup* find_group(Bytes name) const { return groups_.find(name); }
  // REQUIRES: there is none of this name.
  StreamGroup* add_group(Bytes name, StreamId last_id, std::optional<int64_t> entries_read);
  // Moves a group to another stream, for instance to one that is to be freed with it. False where
  // there is none. REQUIRES: `to` has none of this name.
  bool move_group(Bytes name, Stream& to);
  // Removes a consumer of a group with what is pending for it. Where that is most of what is
  // pending for the group, the group moves to `cut_off`, and one without that consumer is in its
  // place. REQUIRES: cut_off is empty.
  void remove_consumer(StreamGroup& group, StreamConsumer& consumer, Stream& cut_off);
  // How many entries the group has yet to read, as far as that can be told without counting them.
  // Nonsense, even a negative number, where a client has made up how many it has read.
  std::optional<int64_t> lag(const StreamGroup& group) const;
  // How many entries there ever were up to `id`; unknown in the midst, where only counting would
  // tell.
  std::optional<uint64_t> count_up_to(StreamId id) const;
  // Remembers that the group has read up to `id`, the entry behind its last.
  void advance(StreamGroup& group, StreamId id) const;

  // Verifies every invariant.
  void check() const;

 private:
  bool has_gap() const;
  bool has_gap_since(StreamId id) const;
  void drop(NodeTree::Place node);
  void trim_front(StreamNode& node, const StreamTrim& trim);
  void move_groups(Stream& to);

  CountedHeap heap_;
  NodeTree nodes_;
  GroupTree groups_;
  size_t length_ = 0;
  StreamId last_id_;
  StreamId max_deleted_id_;
  uint64_t entries_added_ = 0;
};

}  // namespace tidemark::storage
