#include "storage/keyspace/disposal.hpp"

#include <utility>

namespace tidemark::storage {
namespace {

// Collections up to this many elements are freed at once.
constexpr size_t kFreedAtOnce = 64;
// To give a grain of pages back takes as long as to free so many elements.
constexpr size_t kElementsForGrain = 64;

}  // namespace

Disposal::~Disposal() {
  while (slice(kFreedAtOnce)) {
  }
}

void Disposal::add(EntryTable table, size_t entry_bytes) {
  if (!table.empty()) tables_.push_back({.table = std::move(table), .entry_bytes = entry_bytes});
}

void Disposal::add(EntryOwner entry) {
  if (entry->has_slow_text()) {
    TextBuffer* text = nullptr;
    entry.reset(Entry::take_text(entry.release(), text));
    return add(text);
  }
  if (!entry->is_object()) return;
  const ValueType type = entry->type();
  if (object_functions(type).size(entry->object()) <= kFreedAtOnce) return;
  objects_.push_back({.type = type, .object = Entry::release_object(entry.release())});
}

void Disposal::add(ValueType type, void* object) {
  const ObjectFunctions& functions = object_functions(type);
  if (functions.size(object) <= kFreedAtOnce) return functions.destroy(object);
  objects_.push_back({.type = type, .object = object});
}

bool Disposal::slice(size_t budget) {
  while (budget > 0 && !texts_.empty()) {
    const size_t grains = (budget + kElementsForGrain - 1) / kElementsForGrain;
    if (texts_.back()->free_some(grains)) return true;
    TextBuffer::destroy(texts_.back());
    texts_.pop_back();
    ++freed_objects_;
    budget = 0;
  }
  while (budget > 0 && !agendas_.empty()) {
    if (agendas_.back().free_some(budget)) return true;
    agendas_.pop_back();
    budget = 0;
  }
  while (budget > 0 && !objects_.empty()) {
    const PendingObject pending = objects_.back();
    const ObjectFunctions& functions = object_functions(pending.type);
    const size_t before = functions.size(pending.object);
    if (functions.free_some(pending.object, budget)) {
      return true;
    }
    functions.destroy(pending.object);
    objects_.pop_back();
    ++freed_objects_;
    budget -= before < budget ? before : budget;
  }
  while (budget > 0 && !tables_.empty()) {
    PendingTable& pending = tables_.back();
    const size_t before = pending.table.size();
    const bool more = pending.table.drain(budget, [&pending, this](Entry* entry) {
      pending.entry_bytes -= entry->memory_bytes();
      // A big collection moves to the list of objects and is freed by slices of its own.
      add(EntryOwner(entry));
    });
    const size_t freed = before - (more ? pending.table.size() : 0);
    freed_objects_ += freed;
    if (!more) tables_.pop_back();
    budget -= freed < budget ? freed : budget;
    if (more) return true;
  }
  return !empty();
}

size_t Disposal::pending_bytes() const {
  size_t bytes = 0;
  for (const PendingTable& pending : tables_) {
    bytes += pending.entry_bytes + pending.table.memory_bytes();
  }
  for (const PendingObject& pending : objects_) {
    bytes += object_functions(pending.type).memory_bytes(pending.object);
  }
  for (const TextBuffer* text : texts_) bytes += text->memory_bytes();
  for (const Agenda::Remains& agenda : agendas_) bytes += agenda.memory_bytes();
  return bytes;
}

size_t Disposal::pending_objects() const {
  size_t count = objects_.size() + texts_.size();
  for (const PendingTable& pending : tables_) count += pending.table.size();
  return count;
}

}  // namespace tidemark::storage
