#include "storage/rdb/value_reader.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "storage/base/number.hpp"
#include "storage/rdb/element_visits.hpp"
#include "storage/rdb/format.hpp"
#include "storage/rdb/intset.hpp"
#include "storage/rdb/listpack.hpp"
#include "storage/rdb/stream_reader.hpp"
#include "storage/rdb/ziplist.hpp"
#include "storage/rdb/zipmap.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "storage/value/sorted_set.hpp"
#include "storage/value/stream.hpp"

namespace tidemark::storage::rdb {

namespace {

// The functions that fill a value return whether what they read was one.

// ---- Lists.

bool add(List& list, Bytes text, const ListLimits& limits) {
  if (text.size() > List::kElementBytesMax) return false;
  list.push(ListEnd::back, text, limits);
  return true;
}

template <typename Cursor>
bool add_all(List& list, Bytes block, const ListLimits& limits) {
  return take_each(Cursor(block), [&](const PackedElement& element) {
    IntegerText scratch;
    return add(list, element.text(scratch), limits);
  });
}

bool fill_plain(Reader& reader, List& list, const ListLimits& limits) {
  std::string scratch;
  for (size_t left = reader.next_count(1); left > 0 && !reader.failed(); --left) {
    const Bytes text = reader.next_string(scratch);
    if (!reader.failed()) list.push(ListEnd::back, text, limits);
  }
  return !reader.failed();
}

bool fill_from_ziplists(Reader& reader, List& list, size_t blocks, const ListLimits& limits) {
  std::string scratch;
  for (; blocks > 0; --blocks) {
    const Bytes block = reader.next_string(scratch, kBlockMax);
    if (reader.failed() || !add_all<ZiplistCursor>(list, block, limits)) return false;
  }
  return !reader.failed();
}

bool fill_from_quicklist(Reader& reader, List& list, const ListLimits& limits) {
  std::string scratch;
  for (size_t left = reader.next_count(2); left > 0; --left) {
    const uint64_t kind = reader.next_length();
    const Bytes block = reader.next_string(scratch, kBlockMax);
    if (reader.failed()) return false;
    if (kind == kPlainNode) {
      // Nothing is too large for a block.
      if (block.empty() || !add(list, block, limits)) return false;
    } else if (kind != kPackedNode || !add_all<ListpackCursor>(list, block, limits)) {
      return false;
    }
  }
  return !reader.failed();
}

bool fill(Reader& reader, Type type, List& list, const ValueLimits& limits) {
  switch (type) {
    case Type::list:
      return fill_plain(reader, list, limits.list);
    case Type::list_ziplist:
      return fill_from_ziplists(reader, list, 1, limits.list);
    case Type::list_quicklist:
      return fill_from_ziplists(reader, list, reader.next_count(1), limits.list);
    default:
      return fill_from_quicklist(reader, list, limits.list);
  }
}

// ---- Sets.

bool fill_plain(Reader& reader, Set& set, const SetLimits& limits) {
  std::string scratch;
  const size_t count = reader.next_count(1);
  for (size_t i = 0; i < count && !reader.failed(); ++i) {
    const Bytes member = reader.next_string(scratch);
    if (reader.failed()) return false;
    if (i == 0) set.expect(member, count, limits);
    if (!set.insert(member, limits)) return false;
  }
  return !reader.failed();
}

bool fill_from_integers(Bytes block, Set& set, const SetLimits& limits) {
  IntsetCursor integers(block);
  while (const auto value = integers.next()) {
    IntegerText text;
    const char* end = format_int64(text.data(), *value);
    set.insert({text.data(), static_cast<size_t>(end - text.data())}, limits);
  }
  return !integers.failed();
}

bool fill_from_listpack(Bytes block, Set& set, const SetLimits& limits) {
  // Also where all members are integers: a set that once held a text was written so.
  set.expect("text", 1, limits);
  return take_each(ListpackCursor(block), [&](const PackedElement& element) {
    IntegerText scratch;
    const Bytes member = element.text(scratch);
    return member.size() <= kStringMax && set.insert(member, limits);
  });
}

bool fill(Reader& reader, Type type, Set& set, const ValueLimits& limits) {
  if (type == Type::set) return fill_plain(reader, set, limits.set);
  std::string scratch;
  const Bytes block = reader.next_string(scratch, kBlockMax);
  if (reader.failed()) return false;
  return type == Type::set_intset ? fill_from_integers(block, set, limits.set)
                                  : fill_from_listpack(block, set, limits.set);
}

// ---- Sorted sets.

bool add(SortedSet& set, Bytes member, double score, const PackingLimits& limits) {
  if (std::isnan(score) || member.size() > kStringMax) return false;
  bool is_new = false;
  set.update(member, limits, [&](std::optional<double> present) {
    is_new = !present;
    return is_new ? std::optional(score) : std::nullopt;
  });
  return is_new;
}

std::optional<double> score_of(const PackedElement& element) {
  if (element.is_integer()) return static_cast<double>(element.integer());
  IntegerText scratch;
  return parse_double(element.text(scratch));
}

template <typename Cursor>
bool add_all(SortedSet& set, Bytes block, const PackingLimits& limits) {
  return take_pairs(Cursor(block), [&](const PackedElement& member, const PackedElement& text) {
    const auto score = score_of(text);
    IntegerText scratch;
    return score && add(set, member.text(scratch), *score, limits);
  });
}

bool fill_plain(Reader& reader, Type type, SortedSet& set, const PackingLimits& limits) {
  std::string scratch;
  const size_t count = reader.next_count(type == Type::zset_2 ? 9 : 2);
  set.expect(count, 0, limits);
  for (size_t left = count; left > 0; --left) {
    const Bytes member = reader.next_string(scratch);
    const double score = type == Type::zset_2 ? reader.next_double() : reader.next_text_double();
    if (reader.failed() || !add(set, member, score, limits)) return false;
  }
  return !reader.failed();
}

bool fill(Reader& reader, Type type, SortedSet& set, const ValueLimits& limits) {
  if (type == Type::zset || type == Type::zset_2) {
    return fill_plain(reader, type, set, limits.sorted_set);
  }
  std::string scratch;
  const Bytes block = reader.next_string(scratch, kBlockMax);
  if (reader.failed()) return false;
  return type == Type::zset_ziplist ? add_all<ZiplistCursor>(set, block, limits.sorted_set)
                                    : add_all<ListpackCursor>(set, block, limits.sorted_set);
}

// ---- Hashes.

// The latest end that a payload may tell of: Redis has 48 bits for it.
constexpr uint64_t kEndMax = (uint64_t{1} << 48) - 1;

bool add(Hash& hash, Bytes field, Bytes value, const PackingLimits& limits) {
  if (field.size() > kStringMax || value.size() > kStringMax) return false;
  // At no time has anything come to its end.
  return hash.set(field, value, limits, 0) == Hash::Outcome::added;
}

// With an end, 0 for none.
bool add(Hash& hash, Bytes field, Bytes value, uint64_t ends_ms, const PackingLimits& limits) {
  if (ends_ms > kEndMax || !add(hash, field, value, limits)) return false;
  if (ends_ms != 0) hash.set_end(field, static_cast<int64_t>(ends_ms));
  return true;
}

template <typename Cursor>
bool add_all(Hash& hash, Bytes block, const PackingLimits& limits) {
  return take_pairs(Cursor(block), [&](const PackedElement& field, const PackedElement& value) {
    IntegerText field_scratch;
    IntegerText value_scratch;
    return add(hash, field.text(field_scratch), value.text(value_scratch), limits);
  });
}

bool fill_plain(Reader& reader, Hash& hash, const PackingLimits& limits) {
  std::string field_scratch;
  std::string value_scratch;
  for (size_t left = reader.next_count(2); left > 0; --left) {
    const Bytes field = reader.next_string(field_scratch);
    const Bytes value = reader.next_string(value_scratch);
    if (reader.failed() || !add(hash, field, value, limits)) return false;
  }
  return !reader.failed();
}

// An end is told by its distance from the first one and 1, none by 0.
bool fill_with_ends(Reader& reader, Hash& hash, const PackingLimits& limits) {
  std::string field_scratch;
  std::string value_scratch;
  const uint64_t first_ms = reader.next_fixed64();
  for (size_t left = reader.next_count(3); left > 0; --left) {
    const uint64_t distance = reader.next_length();
    const Bytes field = reader.next_string(field_scratch);
    const Bytes value = reader.next_string(value_scratch);
    if (reader.failed() || first_ms > kEndMax || distance > kEndMax) return false;
    const uint64_t ends_ms = distance == 0 ? 0 : first_ms + distance - 1;
    if (!add(hash, field, value, ends_ms, limits)) return false;
  }
  return !reader.failed();
}

// Field, value and end in turn.
bool add_all_with_ends(Hash& hash, Bytes block, const PackingLimits& limits) {
  ListpackCursor cursor(block);
  while (const auto field = cursor.next()) {
    const auto value = cursor.next();
    const auto end = value ? cursor.next() : std::nullopt;
    if (!end || !end->is_integer() || end->integer() < 0) return false;
    IntegerText field_scratch;
    IntegerText value_scratch;
    if (!add(hash, field->text(field_scratch), value->text(value_scratch),
             static_cast<uint64_t>(end->integer()), limits)) {
      return false;
    }
  }
  return !cursor.failed();
}

bool fill_from_listpack_with_ends(Reader& reader, Hash& hash, const PackingLimits& limits) {
  (void)reader.next_fixed64();
  std::string scratch;
  const Bytes block = reader.next_string(scratch, kBlockMax);
  return !reader.failed() && add_all_with_ends(hash, block, limits);
}

bool fill(Reader& reader, Type type, Hash& hash, const ValueLimits& limits) {
  if (type == Type::hash) return fill_plain(reader, hash, limits.hash);
  if (type == Type::hash_with_ends) return fill_with_ends(reader, hash, limits.hash);
  if (type == Type::hash_listpack_with_ends) {
    return fill_from_listpack_with_ends(reader, hash, limits.hash);
  }
  std::string scratch;
  const Bytes block = reader.next_string(scratch, kBlockMax);
  if (reader.failed()) return false;
  switch (type) {
    case Type::hash_zipmap:
      return add_all<ZipmapCursor>(hash, block, limits.hash);
    case Type::hash_ziplist:
      return add_all<ZiplistCursor>(hash, block, limits.hash);
    default:
      return add_all<ListpackCursor>(hash, block, limits.hash);
  }
}

// ---- Streams.

bool fill(Reader& reader, Type type, Stream& stream, const ValueLimits&) {
  return read_stream(reader, type, stream);
}

template <typename T>
Result<EntryOwner> read_object(Reader& reader, Type type, Bytes key, const ValueLimits& limits) {
  EntryOwner entry = Entry::make_object(key, T::kType, make_object<T>());
  T& value = *static_cast<T*>(entry->object());
  if (!fill(reader, type, value, limits)) return Errc::corrupt;
  if (value.size() == 0) return EntryOwner();
  return entry;
}

Result<EntryOwner> read_text(Reader& reader, Bytes key) {
  std::string scratch;
  const Bytes text = reader.next_string(scratch);
  if (reader.failed()) return Errc::corrupt;
  return Entry::make_string(key, text);
}

}  // namespace

Result<EntryOwner> read_value(Reader& reader, uint8_t type, Bytes key, const ValueLimits& limits) {
  const auto known = static_cast<Type>(type);
  switch (known) {
    case Type::string:
      return read_text(reader, key);
    case Type::list:
    case Type::list_ziplist:
    case Type::list_quicklist:
    case Type::list_quicklist_2:
      return read_object<List>(reader, known, key, limits);
    case Type::set:
    case Type::set_intset:
    case Type::set_listpack:
      return read_object<Set>(reader, known, key, limits);
    case Type::zset:
    case Type::zset_2:
    case Type::zset_ziplist:
    case Type::zset_listpack:
      return read_object<SortedSet>(reader, known, key, limits);
    case Type::stream_listpacks:
    case Type::stream_listpacks_2:
    case Type::stream_listpacks_3:
      return read_object<Stream>(reader, known, key, limits);
    case Type::hash:
    case Type::hash_zipmap:
    case Type::hash_ziplist:
    case Type::hash_listpack:
    case Type::hash_with_ends:
    case Type::hash_listpack_with_ends:
      return read_object<Hash>(reader, known, key, limits);
  }
  return Errc::corrupt;
}

Bytes what_is_wrong(const Reader& reader, uint8_t type) {
  if (!reader.why_failed().empty()) return reader.why_failed();
  switch (static_cast<Type>(type)) {
    case Type::string:
      return "String integrity check failed";
    case Type::list:
      return "List integrity check failed";
    case Type::list_ziplist:
    case Type::list_quicklist:
      return "Quicklist ziplist integrity check failed";
    case Type::list_quicklist_2:
      return "Quicklist listpack integrity check failed";
    case Type::set:
      return "Set integrity check failed";
    case Type::set_intset:
      return "Intset integrity check failed";
    case Type::set_listpack:
      return "Set listpack integrity check failed";
    case Type::zset:
    case Type::zset_2:
      return "Zset integrity check failed";
    case Type::zset_ziplist:
      return "Zset ziplist integrity check failed";
    case Type::zset_listpack:
      return "Zset listpack integrity check failed";
    case Type::hash:
    case Type::hash_with_ends:
      return "Hash integrity check failed";
    case Type::hash_zipmap:
      return "Zipmap integrity check failed";
    case Type::hash_ziplist:
      return "Hash ziplist integrity check failed";
    case Type::hash_listpack:
    case Type::hash_listpack_with_ends:
      return "Hash listpack integrity check failed";
    case Type::stream_listpacks:
    case Type::stream_listpacks_2:
    case Type::stream_listpacks_3:
      return "Stream integrity check failed";
  }
  return "Unknown type";
}

}  // namespace tidemark::storage::rdb
