#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "storage/keyspace/agenda.hpp"
#include "storage/keyspace/entry.hpp"

namespace tidemark::storage {

// What was removed but is too big to free at once: flushed tables, unlinked collections and huge
// texts, freed in slices. Its bytes count as used until they are back with the allocator.
class Disposal {
 public:
  Disposal() = default;
  Disposal(const Disposal&) = delete;
  Disposal& operator=(const Disposal&) = delete;
  ~Disposal();

  // `entry_bytes`: what the entries of the table own together.
  void add(EntryTable table, size_t entry_bytes);
  // Frees the entry; its value now, where it is small, else in slices.
  void add(EntryOwner entry);
  // The same for an object without an entry, which is taken over.
  void add(ValueType type, void* object);
  void add(Agenda::Remains agenda) {
    if (!agenda.empty()) agendas_.push_back(std::move(agenda));
  }
  // REQUIRES: frees_slowly().
  void add(TextBuffer* text) { texts_.push_back(text); }

  // Frees about `budget` entries and elements, or as much of texts as takes as long. False when
  // nothing is left.
  bool slice(size_t budget);

  bool empty() const {
    return tables_.empty() && objects_.empty() && texts_.empty() && agendas_.empty();
  }
  // Not yet freed.
  size_t pending_bytes() const;
  // Entries and values that wait: lazyfree_pending_objects.
  size_t pending_objects() const;
  // Entries and values freed in slices since the last reset: lazyfreed_objects.
  uint64_t freed_objects() const { return freed_objects_; }
  void reset_freed_objects() { freed_objects_ = 0; }

 private:
  struct PendingTable {
    EntryTable table;
    size_t entry_bytes;
  };
  struct PendingObject {
    ValueType type;
    void* object;
  };

  std::vector<PendingTable> tables_;
  std::vector<PendingObject> objects_;
  std::vector<TextBuffer*> texts_;
  std::vector<Agenda::Remains> agendas_;
  uint64_t freed_objects_ = 0;
};

}  // namespace tidemark::storage
