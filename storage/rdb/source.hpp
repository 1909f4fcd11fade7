#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/base/bytes.hpp"

namespace tidemark::storage::rdb {

// Where a Reader gets more bytes from, when those that it has come to their end.
class Source {
 public:
  virtual ~Source() = default;
  // `unread`, of what this returned last, with what follows it: `wanted` bytes at least, or fewer
  // where there are none, or they cannot be read. What it returned before is dead.
  virtual Bytes fill(Bytes unread, size_t wanted) = 0;
  // What is still to come after what fill() returned last.
  virtual uint64_t bytes_behind() const = 0;
};

// Where a Writer puts what it has gathered.
class Sink {
 public:
  virtual ~Sink() = default;
  // False where it failed; then nothing more is written.
  virtual bool write(Bytes bytes) = 0;
};

}  // namespace tidemark::storage::rdb
