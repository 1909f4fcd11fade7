#pragma once

#include <cstdint>
#include <string>

#include "server/command/arg_reader.hpp"
#include "storage/base/result.hpp"
#include "storage/keyspace/entry.hpp"

namespace tidemark::server {

// What SET and DELEX ask of the value that a key holds: IFEQ, IFNE, IFDEQ and IFDNE.
struct ValueCondition {
  enum class Kind : uint8_t { none, equal, different, digest_equal, digest_different };
  Kind kind = Kind::none;
  Bytes operand;

  // Whether it holds of this entry, or of none: that differs from every value. wrong_type where
  // the entry is no string. REQUIRES: kind != Kind::none.
  Result<bool> holds(const storage::Entry* entry) const;
};

// Reads a condition where one is next. A syntax error where there has been one; another error where
// a digest is none.
bool accept_value_condition(ArgReader& args, ValueCondition& condition);

// What DIGEST answers: XXH3 of the value, 16 hexadecimal digits.
std::string digest_of(Bytes value);

}  // namespace tidemark::server
