#include "storage/value/stream.hpp"

#include "storage/base/ensure.hpp"

namespace tidemark::storage {

namespace {

// Whether `id` is likely to be in the second half of what lies between two ids.
bool nearer_to_end(StreamId begin, StreamId id, StreamId end) {
  if (begin.ms != end.ms) return id.ms - begin.ms > end.ms - id.ms;
  return id.seq - begin.seq > end.seq - id.seq;
}

}  // namespace

void StreamCursor::next() {
  at_ = node_->after(entry_);
  if (at_ == node_->end()) {
    node_ = node_.next();
    if (!node_) return;
    at_ = node_->first();
  }
  entry_ = node_->read(at_);
}

void StreamCursor::previous() {
  if (at_ == node_->first()) {
    node_ = node_.previous();
    if (!node_) return;
    at_ = node_->end();
  }
  at_ = node_->previous(at_);
  entry_ = node_->read(at_);
}

Stream::Stream(const Stream& other)
    : length_(other.length_),
      last_id_(other.last_id_),
      max_deleted_id_(other.max_deleted_id_),
      entries_added_(other.entries_added_) {
  for (auto node = other.nodes_.first(); node; node = node.next()) {
    nodes_.insert(heap_, StreamNode::copy(heap_, *node));
  }
  for (auto group = other.groups_.first(); group; group = group.next()) {
    groups_.insert(heap_, StreamGroup::copy(heap_, *group));
  }
}

Stream::~Stream() {
  while (free_some(size())) {
  }
  ENSURE_DEBUG(heap_.bytes() == 0 && heap_.blocks() == 0);
}

bool Stream::free_some(size_t budget) {
  for (; budget > 0 && !nodes_.empty(); --budget) {
    StreamNode::destroy(heap_, nodes_.take_last(heap_));
  }
  while (budget > 0 && !groups_.empty()) {
    const size_t before = heap_.blocks();
    StreamGroup& group = *groups_.last();
    if (!group.free_some(budget)) StreamGroup::destroy(heap_, groups_.take_last(heap_));
    const size_t freed = before - heap_.blocks();
    budget -= freed < budget ? freed : budget;
  }
  return !nodes_.empty() || !groups_.empty();
}

StreamId Stream::first_id() const { return nodes_.empty() ? StreamId() : first().id(); }

StreamCursor Stream::first() const {
  const auto node = nodes_.first();
  return node ? StreamCursor(node, node->first()) : StreamCursor();
}

StreamCursor Stream::last() const {
  const auto node = nodes_.last();
  return node ? StreamCursor(node, node->previous(node->end())) : StreamCursor();
}

StreamCursor Stream::at_or_after(StreamId id) const {
  // Who waits for what is new asks for this all the time.
  if (id > last_id_) return {};
  const auto node = nodes_.at_or_before(id);
  if (!node) return first();
  const auto next = node.next();
  const bool backwards = nearer_to_end(node->base(), id, next ? next->base() : last_id_);
  const auto at =
      node->at_or_after(id, backwards ? StreamNode::From::end : StreamNode::From::first);
  if (at != node->end()) return {node, at};
  return next ? StreamCursor(next, next->first()) : StreamCursor();
}

StreamCursor Stream::at_or_before(StreamId id) const {
  StreamCursor cursor = at_or_after(id);
  if (!cursor) return last();
  if (cursor.id() != id) cursor.previous();
  return cursor;
}

StreamCursor Stream::find(StreamId id) const {
  const StreamCursor cursor = at_or_after(id);
  return cursor && cursor.id() == id ? cursor : StreamCursor();
}

bool Stream::can_hold(std::span<const Bytes> pairs) {
  return StreamNode::entry_bytes(pairs) <= kEntryBytesMax;
}

void Stream::append(StreamId id, std::span<const Bytes> pairs, const StreamNodeLimits& limits) {
  ENSURE_DEBUG(id > last_id_);
  const auto node = nodes_.last();
  if (!node || node->full_for(pairs, limits)) {
    nodes_.insert(heap_, StreamNode::make(heap_, id, pairs));
  } else {
    node->append(heap_, id, pairs);
  }
  ++length_;
  ++entries_added_;
  last_id_ = id;
}

void Stream::drop(NodeTree::Place node) {
  length_ -= node->entries();
  StreamNode::destroy(heap_, nodes_.erase(heap_, node->base()));
}

bool Stream::erase(StreamId id) {
  const StreamCursor cursor = find(id);
  if (!cursor) return false;
  if (cursor.node_->entries() == 1) {
    drop(cursor.node_);
  } else {
    cursor.node_->erase(heap_, cursor.at_, 1);
    --length_;
  }
  if (id > max_deleted_id_) max_deleted_id_ = id;
  return true;
}

size_t Stream::trim(const StreamTrim& trim) {
  const size_t length_before = length_;
  const auto goes = [&](const StreamNode& node) {
    if (trim.until == StreamTrim::Until::length) return length_ - node.entries() >= trim.length;
    return node.read(node.previous(node.end())).id < trim.id;
  };
  while (!nodes_.empty()) {
    const auto node = nodes_.first();
    const size_t gone = length_before - length_;
    if (trim.limit != 0 && gone + node->entries() > trim.limit) break;
    if (!goes(*node)) {
      if (!trim.whole_nodes) trim_front(*node, trim);
      break;
    }
    drop(node);
  }
  return length_before - length_;
}

bool Stream::leaves_little(const StreamTrim& trim) const {
  if (trim.limit != 0 || nodes_.empty()) return false;
  if (trim.until == StreamTrim::Until::length) return trim.length < length_ / 2;
  // From both ends at once: where the first node that stays is nearer to the end.
  const auto goes = [&trim](const StreamNode& node) {
    return node.read(node.previous(node.end())).id < trim.id;
  };
  auto front = nodes_.first();
  for (auto back = nodes_.last(); back; front = front.next(), back = back.previous()) {
    if (!goes(*front)) return false;
    if (goes(*back)) return true;
  }
  return false;
}

size_t Stream::cut(const StreamTrim& trim, Stream& cut_off) {
  const size_t length_before = length_;
  // Groups count in this heap, which is to be exchanged.
  Stream groups;
  move_groups(groups);
  length_ = 0;
  const auto stays = [&](const StreamNode& node) {
    if (trim.until == StreamTrim::Until::length) return length_ < trim.length;
    return node.read(node.previous(node.end())).id >= trim.id;
  };
  while (!nodes_.empty() && stays(*nodes_.last())) {
    StreamNode* const node = nodes_.take_last(heap_);
    length_ += node->entries();
    node->move_to(heap_, cut_off.heap_);
    cut_off.nodes_.insert(cut_off.heap_, node);
  }
  nodes_.exchange(cut_off.nodes_);
  heap_.exchange(cut_off.heap_);
  cut_off.length_ = length_before - length_;
  cut_off.last_id_ = last_id_;
  cut_off.entries_added_ = entries_added_;
  groups.move_groups(*this);
  if (!nodes_.empty() && !trim.whole_nodes) trim_front(*nodes_.first(), trim);
  return length_before - length_;
}

void Stream::move_groups(Stream& to) {
  while (!groups_.empty()) {
    StreamGroup* const group = groups_.take_last(heap_);
    group->move_to(heap_, to.heap_);
    to.groups_.insert(to.heap_, group);
  }
}

// Of a node that stays.
void Stream::trim_front(StreamNode& node, const StreamTrim& trim) {
  size_t count = 0;
  if (trim.until == StreamTrim::Until::length) {
    if (length_ > trim.length) count = length_ - trim.length;
  } else {
    for (StreamNode::Position at = node.first(); node.read(at).id < trim.id; at = node.next(at)) {
      ++count;
    }
  }
  if (count == 0) return;
  node.erase(heap_, node.first(), count);
  length_ -= count;
}

StreamGroup* Stream::add_group(Bytes name, StreamId last_id, std::optional<int64_t> entries_read) {
  StreamGroup* group = StreamGroup::make(heap_, name);
  group->last_id = last_id;
  group->entries_read = entries_read;
  groups_.insert(heap_, group);
  return group;
}

bool Stream::move_group(Bytes name, Stream& to) {
  StreamGroup* group = groups_.erase(heap_, name);
  if (group == nullptr) return false;
  group->move_to(heap_, to.heap_);
  to.groups_.insert(to.heap_, group);
  return true;
}

void Stream::remove_consumer(StreamGroup& group, StreamConsumer& consumer, Stream& cut_off) {
  if (consumer.pending().size() <= group.pending().size() / 2) {
    group.remove_consumer(&consumer);
    return;
  }
  StreamGroup* const rest = StreamGroup::copy_without(heap_, group, consumer);
  (void)move_group(group.name(), cut_off);
  groups_.insert(heap_, rest);
}

// Whether, as far as is known, there is a gap among the entries: one that was erased, other than by
// trimming, behind the first that is left.
bool Stream::has_gap() const {
  return length_ > 0 && max_deleted_id_ != StreamId() && max_deleted_id_ >= first_id();
}

bool Stream::has_gap_since(StreamId id) const { return has_gap() && max_deleted_id_ >= id; }

std::optional<uint64_t> Stream::count_up_to(StreamId id) const {
  if (entries_added_ == 0) return 0;
  if (length_ == 0 && id < last_id_) return entries_added_;
  if (id == last_id_) return entries_added_;
  if (id > last_id_) return std::nullopt;
  if (has_gap()) return std::nullopt;
  const StreamId first = first_id();
  if (id < first) return entries_added_ - length_;
  if (id == first) return entries_added_ - length_ + 1;
  return std::nullopt;
}

std::optional<int64_t> Stream::lag(const StreamGroup& group) const {
  if (entries_added_ == 0) return 0;
  std::optional<uint64_t> read;
  if (group.entries_read && !has_gap_since(group.last_id)) {
    read = static_cast<uint64_t>(*group.entries_read);
  } else {
    read = count_up_to(group.last_id);
  }
  if (!read) return std::nullopt;
  return static_cast<int64_t>(entries_added_ - *read);
}

void Stream::advance(StreamGroup& group, StreamId id) const {
  if (group.entries_read && !has_gap_since(id)) {
    group.entries_read = static_cast<int64_t>(static_cast<uint64_t>(*group.entries_read) + 1);
  } else if (entries_added_ > 0) {
    const auto count = count_up_to(id);
    group.entries_read.reset();
    if (count) group.entries_read = static_cast<int64_t>(*count);
  }
  group.last_id = id;
}

void Stream::check() const {
  nodes_.check();
  groups_.check();
  size_t entries = 0;
  size_t bytes = 0;
  size_t blocks = 0;
  StreamId last;
  for (auto node = nodes_.first(); node; node = node.next()) {
    ENSURE(entries == 0 || node->base() > last);
    last = node->check();
    entries += node->entries();
    bytes += node->packed().memory_bytes() + heap::block_bytes(sizeof(StreamNode));
    ++blocks;
  }
  ENSURE(entries == length_);
  ENSURE(entries == 0 || last <= last_id_);
  for (auto group = groups_.first(); group; group = group.next()) group->check();
  // The trees and the groups have blocks of their own.
  ENSURE(heap_.bytes() >= bytes);
  ENSURE(heap_.blocks() >= blocks);
}

}  // namespace tidemark::storage
