#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/value/ttl.hpp"

namespace tidemark::storage {

// What a value shows the keyspace that loses parts of itself as time goes by: when the next of them
// is due. The value owns it, writes the first two, and keeps it at its place from when it first has
// a part with an end; the rest is the keyspace's, which lists the schedules of a database by their
// times.
struct Schedule {
  // Never later than the first part's end; kForever where no part has one.
  int64_t next_ms = kForever;
  // The value.
  void* object = nullptr;

  // The time that it is listed under, kForever where it is not listed.
  int64_t listed_ms = kForever;
  // Of the value's key.
  uint64_t key_hash = 0;
};

// What the removal of parts whose time is up has done, and what it has cost, in parts removed.
struct Shed {
  size_t removed = 0;
  size_t cost = 0;
};

}  // namespace tidemark::storage
