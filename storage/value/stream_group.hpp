#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "storage/base/bytes.hpp"
#include "storage/value/counted_heap.hpp"
#include "storage/value/ordered_tree.hpp"
#include "storage/value/stream_id.hpp"

namespace tidemark::storage {

// Consumer groups: who has read a stream how far, and what was delivered but not acknowledged. A
// group and each of its consumers have the pending entries in the order of their ids; both trees
// lead to the same block of 32 bytes, so that one costs some 50 in all.

class StreamConsumer;
class StreamGroup;

// An entry of the stream (perhaps erased since) that waits for the consumer's acknowledgement.
class PendingEntry {
 public:
  PendingEntry(const PendingEntry&) = delete;
  PendingEntry& operator=(const PendingEntry&) = delete;

  StreamId id() const { return id_; }
  StreamConsumer& consumer() const { return *consumer_; }
  // When it was delivered last, since the epoch.
  int64_t delivered_ms() const { return static_cast<int64_t>(delivered_ms_); }
  // How often it was.
  uint64_t deliveries() const;

 private:
  friend class StreamGroup;
  static constexpr uint64_t kWide = 0xffff;

  PendingEntry(StreamId id, StreamConsumer* consumer) : id_(id), consumer_(consumer) {}
  bool is_wide() const { return deliveries_ == kWide; }
  void set_deliveries(uint64_t deliveries);
  size_t block_bytes() const;

  StreamId id_;
  StreamConsumer* consumer_;
  uint64_t delivered_ms_ : 48 = 0;
  // Most are delivered once or twice. A count that does not fit is kWide here, and behind the
  // entry.
  uint64_t deliveries_ : 16 = 0;
};
static_assert(sizeof(PendingEntry) == 32);

struct ById {
  using Item = PendingEntry;
  using Key = StreamId;
  static StreamId key(const PendingEntry& entry) { return entry.id(); }
};
using PendingTree = OrderedTree<ById>;

class StreamConsumer {
 public:
  StreamConsumer(const StreamConsumer&) = delete;
  StreamConsumer& operator=(const StreamConsumer&) = delete;

  Bytes name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes_}; }
  const PendingTree& pending() const { return pending_; }

  // When it last asked for something, and when it last got something: -1 for never.
  int64_t seen_ms;
  int64_t active_ms = -1;

 private:
  friend class StreamGroup;
  StreamConsumer(Bytes name, int64_t now_ms);

  PendingTree pending_;
  uint32_t name_bytes_;  // the name follows
};

struct ByConsumerName {
  using Item = StreamConsumer;
  using Key = Bytes;
  static Bytes key(const StreamConsumer& consumer) { return consumer.name(); }
};
using ConsumerTree = OrderedTree<ByConsumerName>;

class StreamGroup {
 public:
  StreamGroup(const StreamGroup&) = delete;
  StreamGroup& operator=(const StreamGroup&) = delete;

  // In blocks that count in `whole`.
  static StreamGroup* make(CountedHeap& whole, Bytes name);
  static StreamGroup* copy(CountedHeap& whole, const StreamGroup& other);
  // All of it but one consumer with what is pending for it. O(n) in what is copied.
  static StreamGroup* copy_without(CountedHeap& whole, const StreamGroup& other,
                                   const StreamConsumer& consumer);
  static void destroy(CountedHeap& whole, StreamGroup* group);
  // Its blocks count elsewhere from now on.
  void move_to(CountedHeap& from, CountedHeap& to);

  Bytes name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes_}; }

  // The last entry that was delivered to any consumer.
  StreamId last_id;
  // How many entries of the stream were read up to there, counted from the first that it ever had;
  // unknown where the group began, or jumped, into the midst.
  std::optional<int64_t> entries_read;

  // ---- Consumers.
  const ConsumerTree& consumers() const { return consumers_; }
  StreamConsumer* find_consumer(Bytes name) const { return consumers_.find(name); }
  // The one of this name, made where there is none: it asks for something now.
  StreamConsumer& see_consumer(Bytes name, int64_t now_ms);
  // REQUIRES: there is none of this name.
  StreamConsumer* add_consumer(Bytes name, int64_t now_ms);
  // With what is pending for it.
  void remove_consumer(StreamConsumer* consumer);

  // ---- Pending entries.
  const PendingTree& pending() const { return pending_; }
  PendingEntry* find_pending(StreamId id) const { return pending_.find(id); }
  // For the first time; takes it away from whoever it was pending for.
  void deliver(StreamId id, StreamConsumer& consumer, int64_t now_ms);
  // False where it is not pending.
  bool acknowledge(StreamId id);
  // As deliver(), for one that is not pending: with a count of its own, and not delivered yet.
  PendingEntry* add_pending(StreamId id, StreamConsumer& consumer);
  void claim(PendingEntry& entry, StreamConsumer& consumer);
  // What is earlier than the epoch was at its beginning. The entry may move: it is where this
  // returns.
  PendingEntry* set_delivery(PendingEntry& entry, int64_t delivered_ms, uint64_t deliveries);

  // Frees about `budget` pending entries and consumers; false when none is left.
  bool free_some(size_t budget);

  void check() const;

 private:
  StreamGroup(CountedHeap& whole, Bytes name);
  ~StreamGroup();
  size_t block_bytes() const { return sizeof(StreamGroup) + name_bytes_; }
  static StreamGroup* copy_shell(CountedHeap& whole, const StreamGroup& other);
  StreamConsumer* copy_shell(const StreamConsumer& other);
  void copy_pending(const PendingEntry& other, StreamConsumer& consumer);
  PendingEntry* widen(PendingEntry& entry);
  void free_pending(PendingEntry* entry);
  void free_consumer(StreamConsumer* consumer);

  CountedHeap heap_;
  PendingTree pending_;
  ConsumerTree consumers_;
  uint32_t name_bytes_;  // the name follows
};

struct ByGroupName {
  using Item = StreamGroup;
  using Key = Bytes;
  static Bytes key(const StreamGroup& group) { return group.name(); }
};
using GroupTree = OrderedTree<ByGroupName>;

}  // namespace tidemark::storage
