#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/keyspace/entry.hpp"
#include "storage/rdb/value_reader.hpp"
#include "storage/rdb/writer.hpp"

// What DUMP answers and RESTORE takes: a value by itself.
//
//   type (1 byte), value, version of the format (2 bytes), checksum of all before (8 bytes)
namespace tidemark::storage::rdb {

std::string make_payload(const Entry& entry, Compression compression);

enum class Checksum : uint8_t { verify, ignore };

// The type and the value; none where the version is newer than ours, or the checksum is not that of
// these bytes.
std::optional<Bytes> open_payload(Bytes payload, Checksum checksum);

// The value under a key, without a time to live. Corrupt where it is no value, or one of a type
// that is not known; what follows it is ignored, as Redis does.
// `wrong`, where given, becomes what is wrong with it, for the log.
Result<EntryOwner> read_payload(Bytes body, Bytes key, const ValueLimits& limits,
                                Bytes* wrong = nullptr);

}  // namespace tidemark::storage::rdb
