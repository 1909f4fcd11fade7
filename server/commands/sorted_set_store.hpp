#pragma once

#include <cstdint>
#include <memory>

#include "server/command/context.hpp"
#include "server/commands/sorted_set_limits.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

// A sorted set in the making, for commands that store what they found in a key.
class NewSortedSet {
 public:
  explicit NewSortedSet(const storage::PackingLimits& limits) : limits_(limits) {}

  // What will be added, where that is known before.
  void expect(size_t elements, size_t member_bytes) {
    set_->expect(elements, member_bytes, limits_);
  }
  // REQUIRES: behind all others.
  void append(Bytes member, double score) { set_->append(member, score, limits_); }
  void put(Bytes member, double score) {
    set_->update(member, limits_, [score](std::optional<double>) { return std::optional(score); });
  }

  // Replaces what is at the key; an empty one only removes it. Answers with the number of members.
  Reply store(Context& ctx, Bytes key) && {
    storage::Database& database = ctx.database(key);
    const auto size = static_cast<int64_t>(set_->size());
    if (size == 0) {
      database.unlink(ctx.hashed(key));
    } else {
      database.set_object(ctx.hashed(key), set_.release());
    }
    return Reply::integer(size);
  }

 private:
  struct Deleter {
    void operator()(storage::SortedSet* set) const {
      storage::object_functions(storage::SortedSet::kType).destroy(set);
    }
  };

  storage::PackingLimits limits_;
  std::unique_ptr<storage::SortedSet, Deleter> set_{storage::make_object<storage::SortedSet>()};
};

}  // namespace tidemark::server
