#pragma once

#include "storage/rdb/writer.hpp"
#include "storage/value/stream.hpp"

namespace tidemark::storage::rdb {

// A stream as Type::stream_listpacks_3:
//
//   number of nodes, each: its first id (16 bytes), its entries (a listpack)
//   length, last id, first id, greatest erased id, entries ever added
//   number of groups, each:
//     name, last id, entries read
//     number of pending entries, each: id (16 bytes), delivered at (8 bytes), deliveries
//     number of consumers, each:
//       name, seen at, active at (8 bytes each)
//       number of pending entries, each: id (16 bytes)
void write_stream(Writer& writer, const Stream& stream);

}  // namespace tidemark::storage::rdb
