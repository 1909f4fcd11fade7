#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "storage/value/counted_heap.hpp"
#include "storage/value/hash_field.hpp"
#include "storage/value/ordered_tree.hpp"
#include "storage/value/random.hpp"
#include "storage/value/schedule.hpp"

namespace tidemark::storage {

// The fields of a big hash: a table that finds them, and, from the first field on that is given an
// end, the fields with an end in the order of their ends. An end costs 8 bytes in its field and an
// address in the order, 8 to 16; what has none costs nothing.
class FieldMap {
 public:
  FieldMap() = default;
  FieldMap(const FieldMap& other);
  FieldMap& operator=(const FieldMap&) = delete;
  ~FieldMap();

  // With those whose end has come.
  size_t size() const { return fields_.size(); }
  size_t memory_bytes() const;
  bool free_some(size_t budget);

  // Null where it is not there.
  const HashField* find(Bytes name) const { return fields_.find(name); }
  // What becomes of the end that a field has when it gets another value.
  enum class End : uint8_t { cleared, kept };
  // True where the field was not there, or had come to its end, which is as if it were not.
  bool set(Bytes name, Bytes value, int64_t now_ms, End end);
  // REQUIRES: it is there, and there is a schedule.
  void set_end(Bytes name, int64_t ends_ms);
  // False where it is not there.
  bool erase(Bytes name);
  // Erases up to `budget` fields whose end has come, and returns how many.
  size_t erase_due(int64_t now_ms, size_t budget);

  // Null as long as no field has had an end.
  Schedule* schedule() const { return ends_ == nullptr ? nullptr : ends_->schedule; }
  // Takes over a schedule from make_object(), before the first field that has an end.
  void keep_schedule(Schedule* schedule);

  // One step of a scan, see Table: visit(const HashField&).
  template <typename Visit>
  uint64_t scan_step(uint64_t cursor, Visit&& visit) const {
    return fields_.scan_step(cursor, std::forward<Visit>(visit));
  }
  // One that has not come to its end, picked fairly; null where a thousand draws found none.
  // REQUIRES: not empty.
  const HashField* random(int64_t now_ms, Random& random) const;
  // Up to `count` different fields that have not come to their end, every choice as likely. Fewer
  // where there are, or where nearly all that is drawn has come to its end: whoever must have more
  // goes through all of them.
  std::vector<const HashField*> pick(size_t count, int64_t now_ms, Random& random) const;

  void check() const;

 private:
  struct ByEnd {
    using Item = HashField;
    using Key = std::pair<int64_t, const HashField*>;
    static Key key(const HashField& field) { return {field.ends_ms(), &field}; }
  };

  struct Ends {
    Schedule* schedule;
    CountedHeap heap;
    OrderedTree<ByEnd> order;
  };

  void enter(HashField* field);
  void leave(const HashField& field);
  void update_schedule();
  void free_ends();

  FieldTable fields_;
  Ends* ends_ = nullptr;  // null as long as no field has had one
};

}  // namespace tidemark::storage
