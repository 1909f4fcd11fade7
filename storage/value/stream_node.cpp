#include "storage/value/stream_node.hpp"

#include <algorithm>
#include <new>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {

namespace {

// An entry's flags. Redis marks erased entries with 1; here there are none.
constexpr int64_t kOwnFields = 0;
constexpr int64_t kSameFields = 2;

// A listpack's header and its end, which count in the size of a node.
constexpr size_t kListpackFrame = 7;
// What an element may take up besides its text.
constexpr size_t kElementOverhead = 10;
// Of an entry, besides its fields and values: flags, ms, seq, number of fields, count.
constexpr size_t kEntryElements = 5;

size_t text_bytes(std::span<const Bytes> pairs) {
  size_t bytes = 0;
  for (const Bytes text : pairs) bytes += text.size();
  return bytes;
}

// Before the values, and with the count behind them.
constexpr uint32_t elements_of(const StreamNode::Entry& entry) {
  return entry.same_fields ? 4 + entry.fields : 5 + 2 * entry.fields;
}

}  // namespace

StreamNode::StreamNode(CountedHeap& heap, StreamId id, std::span<const Bytes> pairs)
    : base_(id), fields_(static_cast<uint32_t>(pairs.size() / 2)) {
  packed_.push_back(int64_t{fields_});
  for (size_t i = 0; i < pairs.size(); i += 2) packed_.push_back(pairs[i]);
  packed_.push_back(int64_t{0});
  put(id, pairs, true);
  heap.recount(0, packed_.memory_bytes());
}

StreamNode* StreamNode::make(CountedHeap& heap, StreamId id, std::span<const Bytes> pairs) {
  return new (heap.allocate(sizeof(StreamNode))) StreamNode(heap, id, pairs);
}

StreamNode* StreamNode::copy(CountedHeap& heap, const StreamNode& other) {
  heap.recount(0, other.packed_.memory_bytes());
  return new (heap.allocate(sizeof(StreamNode))) StreamNode(other);
}

void StreamNode::move_to(CountedHeap& from, CountedHeap& to) {
  CountedHeap::hand_over(from, to, sizeof(StreamNode));
  from.recount(packed_.memory_bytes(), 0);
  to.recount(0, packed_.memory_bytes());
}

void StreamNode::destroy(CountedHeap& heap, StreamNode* node) {
  heap.recount(node->packed_.memory_bytes(), 0);
  node->~StreamNode();
  heap.deallocate(node, sizeof(StreamNode));
}

size_t StreamNode::entry_bytes(std::span<const Bytes> pairs) {
  // The fields twice: as the master entry's and, at most, as its own.
  return 2 * (text_bytes(pairs) + (pairs.size() + kEntryElements) * kElementOverhead);
}

// As Redis decides: by the texts that are to be added, and as if what was erased were still there.
bool StreamNode::full_for(std::span<const Bytes> pairs, const StreamNodeLimits& limits) const {
  const uint64_t entries = uint64_t{entries_} + erased_;
  if (limits.entries_max != 0 && entries >= limits.entries_max) return true;
  const uint64_t bytes_max =
      limits.bytes_max == 0 ? kBytesMax : std::min<uint64_t>(limits.bytes_max, kBytesMax);
  const size_t counts =
      Packed::element_bytes(int64_t{entries_}) + Packed::element_bytes(int64_t{erased_});
  return kListpackFrame + counts + packed_.bytes() + erased_bytes_ + text_bytes(pairs) >= bytes_max;
}

bool StreamNode::same_fields(std::span<const Bytes> pairs) const {
  if (pairs.size() != size_t{2} * fields_) return false;
  Position field = packed_.next(packed_.begin());
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (!packed_.equals(field, pairs[i])) return false;
    field = packed_.next(field);
  }
  return true;
}

void StreamNode::append(CountedHeap& heap, StreamId id, std::span<const Bytes> pairs) {
  const size_t before = packed_.memory_bytes();
  put(id, pairs, same_fields(pairs));
  heap.recount(before, packed_.memory_bytes());
}

// The differences wrap around, as does what is read from them.
void StreamNode::put(StreamId id, std::span<const Bytes> pairs, bool same) {
  packed_.push_back(same ? kSameFields : kOwnFields);
  packed_.push_back(static_cast<int64_t>(id.ms - base_.ms));
  packed_.push_back(static_cast<int64_t>(id.seq - base_.seq));
  if (!same) packed_.push_back(static_cast<int64_t>(pairs.size() / 2));
  for (size_t i = same ? 1 : 0; i < pairs.size(); i += same ? 2 : 1) packed_.push_back(pairs[i]);
  const size_t values = pairs.size() / (same ? 2 : 1);
  packed_.push_back(static_cast<int64_t>(values + (same ? 3 : 4)));
  ++entries_;
}

StreamNode::Entry StreamNode::read(Position at) const {
  const bool same = packed_.get(at).integer() == kSameFields;
  at = packed_.next(at);
  const auto ms = static_cast<uint64_t>(packed_.get(at).integer());
  at = packed_.next(at);
  const auto seq = static_cast<uint64_t>(packed_.get(at).integer());
  at = packed_.next(at);
  uint32_t fields = fields_;
  if (!same) {
    fields = static_cast<uint32_t>(packed_.get(at).integer());
    at = packed_.next(at);
  }
  return {.id = {.ms = base_.ms + ms, .seq = base_.seq + seq},
          .fields = fields,
          .same_fields = same,
          .body = at};
}

StreamNode::Position StreamNode::after(const Entry& entry) const {
  return packed_.skip(entry.body,
                      (entry.same_fields ? entry.fields : 2 * entry.fields) + size_t{1});
}

StreamNode::Position StreamNode::previous(Position at) const {
  at = packed_.previous(at);
  for (int64_t elements = packed_.get(at).integer(); elements > 0; --elements) {
    at = packed_.previous(at);
  }
  return at;
}

StreamNode::Position StreamNode::at_or_after(StreamId id, From from) const {
  if (from == From::end) {
    Position at = end();
    while (at != first()) {
      const Position before = previous(at);
      if (read(before).id < id) break;
      at = before;
    }
    return at;
  }
  Position at = first();
  while (at != end()) {
    const Entry entry = read(at);
    if (entry.id >= id) break;
    at = after(entry);
  }
  return at;
}

void StreamNode::erase(CountedHeap& heap, Position at, size_t count) {
  ENSURE_DEBUG(count < entries_);
  const size_t before = packed_.memory_bytes();
  const size_t bytes = packed_.bytes();
  size_t elements = 0;
  Position behind = at;
  for (size_t i = 0; i < count; ++i) {
    const Entry entry = read(behind);
    elements += elements_of(entry);
    behind = after(entry);
  }
  packed_.erase(at, elements);
  entries_ -= static_cast<uint32_t>(count);
  erased_ += static_cast<uint32_t>(count);
  erased_bytes_ += static_cast<uint32_t>(bytes - packed_.bytes());
  heap.recount(before, packed_.memory_bytes());
}

StreamId StreamNode::check() const {
  packed_.check();
  ENSURE(entries_ > 0);
  ENSURE(packed_.get(packed_.begin()).integer() == fields_);
  ENSURE(packed_.get(packed_.skip(packed_.begin(), size_t{fields_} + 1)).integer() == 0);
  size_t entries = 0;
  StreamId last;
  for (Position at = first(); at != end(); ++entries) {
    const Entry entry = read(at);
    ENSURE(entries == 0 ? entry.id >= base_ : entry.id > last);
    last = entry.id;
    const Position behind = after(entry);
    ENSURE(previous(behind) == at);
    at = behind;
  }
  ENSURE(entries == entries_);
  return last;
}

}  // namespace tidemark::storage
