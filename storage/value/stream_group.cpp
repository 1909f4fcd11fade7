#include "storage/value/stream_group.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {

namespace {

// Room for an object with its name behind it.
template <typename T>
void* allocate_named(CountedHeap& heap, Bytes name) {
  char* block = static_cast<char*>(heap.allocate(sizeof(T) + name.size()));
  if (!name.empty()) std::memcpy(block + sizeof(T), name.data(), name.size());
  return block;
}

}  // namespace

uint64_t PendingEntry::deliveries() const {
  if (!is_wide()) return deliveries_;
  uint64_t deliveries = 0;
  std::memcpy(&deliveries, this + 1, sizeof deliveries);
  return deliveries;
}

void PendingEntry::set_deliveries(uint64_t deliveries) {
  if (is_wide()) {
    std::memcpy(static_cast<void*>(this + 1), &deliveries, sizeof deliveries);
  } else {
    deliveries_ = deliveries & kWide;
  }
}

size_t PendingEntry::block_bytes() const {
  return sizeof(PendingEntry) + (is_wide() ? sizeof(uint64_t) : 0);
}

StreamConsumer::StreamConsumer(Bytes name, int64_t now_ms)
    : seen_ms(now_ms), name_bytes_(static_cast<uint32_t>(name.size())) {}

StreamGroup::StreamGroup(CountedHeap& whole, Bytes name)
    : heap_(whole), name_bytes_(static_cast<uint32_t>(name.size())) {}

StreamGroup::~StreamGroup() {
  while (free_some(pending_.size() + consumers_.size())) {
  }
}

StreamGroup* StreamGroup::make(CountedHeap& whole, Bytes name) {
  return new (allocate_named<StreamGroup>(whole, name)) StreamGroup(whole, name);
}

StreamGroup* StreamGroup::copy_shell(CountedHeap& whole, const StreamGroup& other) {
  StreamGroup* group = make(whole, other.name());
  group->last_id = other.last_id;
  group->entries_read = other.entries_read;
  return group;
}

StreamConsumer* StreamGroup::copy_shell(const StreamConsumer& other) {
  StreamConsumer* consumer = add_consumer(other.name(), other.seen_ms);
  consumer->active_ms = other.active_ms;
  return consumer;
}

void StreamGroup::copy_pending(const PendingEntry& other, StreamConsumer& consumer) {
  PendingEntry* entry = add_pending(other.id(), consumer);
  set_delivery(*entry, other.delivered_ms(), other.deliveries());
}

StreamGroup* StreamGroup::copy(CountedHeap& whole, const StreamGroup& other) {
  StreamGroup* group = copy_shell(whole, other);
  for (auto at = other.consumers_.first(); at; at = at.next()) group->copy_shell(*at);
  for (auto at = other.pending_.first(); at; at = at.next()) {
    group->copy_pending(*at, *group->find_consumer(at->consumer().name()));
  }
  return group;
}

StreamGroup* StreamGroup::copy_without(CountedHeap& whole, const StreamGroup& other,
                                       const StreamConsumer& consumer) {
  StreamGroup* group = copy_shell(whole, other);
  for (auto from = other.consumers_.first(); from; from = from.next()) {
    if (&*from == &consumer) continue;
    StreamConsumer* const to = group->copy_shell(*from);
    for (auto at = from->pending_.first(); at; at = at.next()) group->copy_pending(*at, *to);
  }
  return group;
}

void StreamGroup::destroy(CountedHeap& whole, StreamGroup* group) {
  const size_t bytes = group->block_bytes();
  group->~StreamGroup();
  whole.deallocate(group, bytes);
}

void StreamGroup::move_to(CountedHeap& from, CountedHeap& to) {
  heap_.move_to(to);
  CountedHeap::hand_over(from, to, block_bytes());
}

StreamConsumer& StreamGroup::see_consumer(Bytes name, int64_t now_ms) {
  StreamConsumer* consumer = find_consumer(name);
  if (consumer == nullptr) return *add_consumer(name, now_ms);
  consumer->seen_ms = now_ms;
  return *consumer;
}

StreamConsumer* StreamGroup::add_consumer(Bytes name, int64_t now_ms) {
  auto* consumer = new (allocate_named<StreamConsumer>(heap_, name)) StreamConsumer(name, now_ms);
  consumers_.insert(heap_, consumer);
  return consumer;
}

void StreamGroup::free_consumer(StreamConsumer* consumer) {
  const size_t bytes = sizeof(StreamConsumer) + consumer->name_bytes_;
  consumer->~StreamConsumer();
  heap_.deallocate(consumer, bytes);
}

void StreamGroup::remove_consumer(StreamConsumer* consumer) {
  while (!consumer->pending_.empty()) {
    PendingEntry* entry = consumer->pending_.take_last(heap_);
    pending_.erase(heap_, entry->id());
    free_pending(entry);
  }
  consumers_.erase(heap_, consumer->name());
  free_consumer(consumer);
}

void StreamGroup::free_pending(PendingEntry* entry) {
  heap_.deallocate(entry, entry->block_bytes());
}

PendingEntry* StreamGroup::add_pending(StreamId id, StreamConsumer& consumer) {
  auto* entry = new (heap_.allocate(sizeof(PendingEntry))) PendingEntry(id, &consumer);
  pending_.insert(heap_, entry);
  consumer.pending_.insert(heap_, entry);
  return entry;
}

void StreamGroup::deliver(StreamId id, StreamConsumer& consumer, int64_t now_ms) {
  // Nearly always it is above all others, and not worth a search.
  const auto last = pending_.last();
  PendingEntry* entry = last && last->id() >= id ? find_pending(id) : nullptr;
  if (entry == nullptr) {
    entry = add_pending(id, consumer);
  } else {
    claim(*entry, consumer);
  }
  set_delivery(*entry, now_ms, 1);
}

bool StreamGroup::acknowledge(StreamId id) {
  PendingEntry* entry = pending_.erase(heap_, id);
  if (entry == nullptr) return false;
  entry->consumer().pending_.erase(heap_, id);
  free_pending(entry);
  return true;
}

void StreamGroup::claim(PendingEntry& entry, StreamConsumer& consumer) {
  if (&entry.consumer() == &consumer) return;
  entry.consumer().pending_.erase(heap_, entry.id());
  consumer.pending_.insert(heap_, &entry);
  entry.consumer_ = &consumer;
}

PendingEntry* StreamGroup::set_delivery(PendingEntry& entry, int64_t delivered_ms,
                                        uint64_t deliveries) {
  PendingEntry* kept = &entry;
  if (!entry.is_wide() && deliveries >= PendingEntry::kWide) kept = widen(entry);
  kept->delivered_ms_ = static_cast<uint64_t>(std::max<int64_t>(delivered_ms, 0));
  kept->set_deliveries(deliveries);
  return kept;
}

// Moves it into a block with room for any count.
PendingEntry* StreamGroup::widen(PendingEntry& entry) {
  void* block = heap_.allocate(sizeof(PendingEntry) + sizeof(uint64_t));
  auto* wide = new (block) PendingEntry(entry.id(), &entry.consumer());
  wide->deliveries_ = PendingEntry::kWide;
  pending_.replace(wide);
  wide->consumer().pending_.replace(wide);
  free_pending(&entry);
  return wide;
}

bool StreamGroup::free_some(size_t budget) {
  for (; budget > 0 && !pending_.empty(); --budget) {
    PendingEntry* entry = pending_.take_last(heap_);
    entry->consumer().pending_.erase(heap_, entry->id());
    free_pending(entry);
  }
  if (!pending_.empty()) return true;
  for (; budget > 0 && !consumers_.empty(); --budget) free_consumer(consumers_.take_last(heap_));
  return !consumers_.empty();
}

void StreamGroup::check() const {
  pending_.check();
  consumers_.check();
  size_t pending = 0;
  for (auto consumer = consumers_.first(); consumer; consumer = consumer.next()) {
    consumer->pending_.check();
    pending += consumer->pending_.size();
    for (auto at = consumer->pending_.first(); at; at = at.next()) {
      ENSURE(&at->consumer() == &*consumer);
      ENSURE(find_pending(at->id()) == &*at);
    }
  }
  ENSURE(pending == pending_.size());
}

}  // namespace tidemark::storage
