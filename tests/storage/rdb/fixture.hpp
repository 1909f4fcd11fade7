#pragma once

#include <string>

#include "storage/base/result.hpp"
#include "storage/keyspace/entry.hpp"
#include "storage/rdb/value_reader.hpp"

namespace tidemark::test {

// "0003666f6f" to its bytes; blanks are passed over.
std::string from_hex(Bytes hex);

// Redis's limits as they are without a configuration.
storage::rdb::ValueLimits default_limits();

// Opens a payload and reads its value under the key "k". Fails the test where its footer is wrong.
Result<storage::EntryOwner> restore(Bytes payload,
                                    const storage::rdb::ValueLimits& limits = default_limits());
// The same for a payload without its footer.
Result<storage::EntryOwner> restore_body(Bytes body);

// All that a client can read of a value, with its type and encoding, as text: the same for two
// values that are alike.
std::string render(const storage::Entry& entry);
// render() of what restore() gives, or "corrupt" or "empty".
std::string render(const Result<storage::EntryOwner>& entry);

// Verifies the value's invariants.
void check(const storage::Entry& entry);

// A length of the format, and a string as its bytes.
std::string length_of(uint64_t length);
std::string string_of(Bytes text);

}  // namespace tidemark::test
