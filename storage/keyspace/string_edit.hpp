#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/base/result.hpp"
#include "storage/keyspace/database.hpp"

namespace tidemark::storage {

// A string value in its place, held through Edit<String>. What a call does not change is not
// announced; a key that was created for the edit and never written is removed again without a word.
class String {
 public:
  Origin origin() const { return origin_; }
  size_t length() const { return found_.entry->text_length(); }
  // Valid until the next call that changes it.
  Bytes text(IntegerText& scratch) const { return found_.entry->text(scratch); }

  // Replaces the value and keeps the time to live.
  void assign(Bytes text);
  void assign_integer(int64_t value);
  // The new length; string_too_long beyond `length_max`, or beyond what any string may have.
  Result<size_t> append(Bytes tail, size_t length_max = Entry::kTextMax);
  // Writes at the offset, with zeros in between where the string is shorter. An empty `text`
  // changes nothing. The new length; string_too_long as above.
  Result<size_t> set_range(size_t offset, Bytes text, size_t length_max = Entry::kTextMax);
  // The sum; not_an_integer, or overflow.
  Result<int64_t> increment(int64_t delta);
  // The sum as text (INCRBYFLOAT's form), which is also the new value; not_a_float, or
  // nan_or_infinity.
  Result<std::string> increment_float(long double delta);
  // The string as `length` writable bytes: kept up to the shorter length, zeros beyond. For SETBIT
  // and BITFIELD. REQUIRES: length <= Entry::kTextMax.
  char* resize(size_t length);
  // No event is due: the bytes are what they were. REQUIRES: the key was there before.
  void nothing_changed() { changed_ = false; }

 private:
  friend class Database;
  template <typename T>
  friend class Edit;

  String() = default;
  String(Database& database, const HashedKey& key, Database::Found found, Origin origin);
  void moved_to(Entry* entry);
  void close();

  Database* database_ = nullptr;
  HashedKey key_;
  Database::Found found_;
  size_t bytes_before_ = 0;
  Origin origin_ = Origin::existed;
  bool changed_ = false;
};

}  // namespace tidemark::storage
