#pragma once

#include "storage/keyspace/entry.hpp"
#include "storage/rdb/format.hpp"
#include "storage/rdb/writer.hpp"

namespace tidemark::storage::rdb {

// The encoding in which a value is written: as Redis 7.2 would write one that it keeps alike.
Type type_of(const Entry& entry);
// The value without its type.
void write_value(Writer& writer, const Entry& entry);

}  // namespace tidemark::storage::rdb
