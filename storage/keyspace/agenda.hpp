#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "storage/value/counted_heap.hpp"
#include "storage/value/ordered_tree.hpp"
#include "storage/value/schedule.hpp"

namespace tidemark::storage {

// The values of one database that lose parts of themselves as time goes by (hashes, their fields),
// in the order in which the next part of each is due. It holds addresses of their schedules, which
// lie in the values: whoever takes a value out of the database takes its schedule out first.
class Agenda {
 public:
  Agenda() = default;
  Agenda(const Agenda&) = delete;
  Agenda& operator=(const Agenda&) = delete;
  ~Agenda();

  // Values that are listed: whose schedule says that something will be due.
  size_t size() const { return contents_ == nullptr ? 0 : contents_->tree.size(); }
  size_t memory_bytes() const { return bytes_of(contents_); }
  // The one that is due first; null where there is none.
  Schedule* first() const;

  // Lists a schedule under the time that it says by now, or no longer.
  void update(Schedule& schedule);
  void remove(Schedule& schedule);

  // For an agenda whose values are not looked at again: what it consists of, freed in slices, which
  // touch no schedule.
  class Remains;
  Remains take_remains();

 private:
  struct ByTime {
    using Item = Schedule;
    using Key = std::pair<int64_t, const Schedule*>;
    static Key key(const Schedule& schedule) { return {schedule.listed_ms, &schedule}; }
  };
  struct Contents {
    CountedHeap heap;
    OrderedTree<ByTime> tree;
  };
  using Owner = std::unique_ptr<Contents>;

  static size_t bytes_of(const Owner& contents);

  Owner contents_;  // made when it is needed
};

class Agenda::Remains {
 public:
  size_t memory_bytes() const { return bytes_of(contents_); }
  // Forgets about `budget` schedules; false when nothing is left.
  bool free_some(size_t budget);
  bool empty() const { return contents_ == nullptr; }

 private:
  friend class Agenda;
  explicit Remains(Owner contents) : contents_(std::move(contents)) {}
  Owner contents_;
};

}  // namespace tidemark::storage
