#include "storage/keyspace/string_edit.hpp"

#include <algorithm>
#include <cstring>

#include "storage/value/string.hpp"

namespace tidemark::storage {

String::String(Database& database, const HashedKey& key, Database::Found found, Origin origin)
    : database_(&database), key_(key), found_(found), origin_(origin) {
  bytes_before_ = found.entry->memory_bytes();
}

void String::moved_to(Entry* entry) {
  if (entry != found_.entry) found_.slot->set_entry(entry);
  found_.entry = entry;
  changed_ = true;
}

void String::assign(Bytes text) {
  moved_to(Entry::set_text(database_->take_slow_text(found_.entry), text));
}

void String::assign_integer(int64_t value) {
  moved_to(Entry::set_integer(database_->take_slow_text(found_.entry), value));
}

char* String::resize(size_t length) {
  moved_to(Entry::resize_text(found_.entry, length));
  return found_.entry->mutable_text();
}

Result<size_t> String::append(Bytes tail, size_t length_max) {
  length_max = std::min(length_max, Entry::kTextMax);
  // What APPEND creates is a plain string, and may be an integer.
  if (origin_ == Origin::created && !changed_) {
    if (tail.size() > length_max) return Errc::string_too_long;
    assign(tail);
    return tail.size();
  }
  const size_t old_length = length();
  if (tail.size() > length_max || old_length > length_max - tail.size()) {
    return Errc::string_too_long;
  }
  char* text = resize(old_length + tail.size());
  if (!tail.empty()) std::memcpy(text + old_length, tail.data(), tail.size());
  return old_length + tail.size();
}

Result<size_t> String::set_range(size_t offset, Bytes text, size_t length_max) {
  const size_t old_length = length();
  if (text.empty()) return old_length;
  length_max = std::min(length_max, Entry::kTextMax);
  if (text.size() > length_max || offset > length_max - text.size()) return Errc::string_too_long;
  const size_t end = offset + text.size();
  const size_t new_length = end > old_length ? end : old_length;
  std::memcpy(resize(new_length) + offset, text.data(), text.size());
  return new_length;
}

Result<int64_t> String::increment(int64_t delta) {
  IntegerText scratch;
  const bool fresh = origin_ == Origin::created && !changed_;
  const Result<int64_t> sum = fresh                        ? Result<int64_t>(delta)
                              : found_.entry->is_integer() ? add(found_.entry->integer(), delta)
                                                           : add(text(scratch), delta);
  if (sum) assign_integer(*sum);
  return sum;
}

Result<std::string> String::increment_float(long double delta) {
  IntegerText scratch;
  const bool fresh = origin_ == Origin::created && !changed_;
  Result<std::string> sum = add_float(fresh ? Bytes("0") : text(scratch), delta);
  if (sum) assign(*sum);
  return sum;
}

void String::close() {
  if (origin_ == Origin::created && !changed_) {
    database_->discard(key_.hash, found_.slot);
    return;
  }
  // Its slot follows each move; only the bytes are settled here.
  const size_t bytes = found_.entry->memory_bytes();
  database_->entry_bytes_ += bytes - bytes_before_;
  database_->books_.entry_bytes += bytes - bytes_before_;
  if (changed_) database_->announce(key_.bytes, ChangeKind::written, ValueType::string, origin_);
}

}  // namespace tidemark::storage
