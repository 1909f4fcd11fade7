#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

enum class ChangeKind : uint8_t {
  written,  // the value was created, replaced or edited
  expiry,   // only the time to live was set, changed or removed
  deleted,  // by a command
  emptied,  // an edit left nothing of it, so that it is gone
  expired,  // its time was up
  evicted,  // for want of memory
  flushed,  // the whole database at once; the key is empty
  shed,     // parts of the value (fields of a hash) are gone, since their time was up
};

inline bool is_by_command(ChangeKind kind) {
  return kind != ChangeKind::expired && kind != ChangeKind::evicted && kind != ChangeKind::shed;
}

// Whether there was a key before it was written. What is put in place of another key is a new one.
enum class Origin : uint8_t { existed, created };

// What the change did to the key's time to live, beside clearing or keeping it.
enum class Lifetime : uint8_t { as_it_was, set };

struct Change {
  DbIndex db;
  Bytes key;  // dies with the call
  ChangeKind kind;
  ValueType type = ValueType::string;
  Origin origin = Origin::existed;
  Lifetime lifetime = Lifetime::as_it_was;
};

// Whoever wants to know of changes: notifications, client-side caching, statistics, replication.
// Called once for each change of a key, after it happened, on the partition's thread. Must not
// touch the keyspace; it may take notes and act on them after the command.
class ChangeHook {
 public:
  virtual ~ChangeHook() = default;
  virtual void on_change(const Change& change) = 0;
};

}  // namespace tidemark::storage
