#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/base/result.hpp"
#include "storage/keyspace/entry.hpp"
#include "storage/rdb/reader.hpp"
#include "storage/value/list_limits.hpp"
#include "storage/value/packing_limits.hpp"
#include "storage/value/set.hpp"

namespace tidemark::storage::rdb {

// Up to where values are kept small, by the configuration: what is read takes the form that it
// would have if commands had made it.
struct ValueLimits {
  ListLimits list;
  SetLimits set;
  PackingLimits sorted_set;
  PackingLimits hash;
};

// A value of this type under a key, without a time to live. Corrupt where it is none, or the type
// is not known; null where it is a collection without elements, which no key may hold.
Result<EntryOwner> read_value(Reader& reader, uint8_t type, Bytes key, const ValueLimits& limits);
// For the log: what is wrong with a value that was corrupt, nearly in Redis's words.
Bytes what_is_wrong(const Reader& reader, uint8_t type);

}  // namespace tidemark::storage::rdb
