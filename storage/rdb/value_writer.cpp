#include "storage/rdb/value_writer.hpp"

#include <algorithm>
#include <string>

#include "storage/base/ensure.hpp"
#include "storage/base/number.hpp"
#include "storage/rdb/intset.hpp"
#include "storage/rdb/listpack.hpp"
#include "storage/rdb/stream_writer.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::storage::rdb {

namespace {

// A list's element from this size on is written without a block around it: it fills a piece alone.
constexpr size_t kPlainFrom = size_t{64} << 10;

template <typename T>
const T& object_of(const Entry& entry) {
  return *static_cast<const T*>(entry.object());
}

void put_listpack(Writer& writer, const Packed& packed) {
  const Bytes raw = packed.raw();
  writer.put_string(make_listpack({&raw, 1}, packed.size()));
}

void write_element(Writer& writer, const PackedElement& element) {
  if (element.is_integer()) return writer.put_integer_string(element.integer());
  IntegerText scratch;
  writer.put_string(element.text(scratch));
}

void write_string(Writer& writer, const Entry& entry) {
  if (entry.is_integer()) return writer.put_integer_string(entry.integer());
  IntegerText scratch;
  writer.put_string(entry.text(scratch));
}

void write_list(Writer& writer, const List& list) {
  writer.put_length(list.pieces());
  list.visit_pieces([&writer](const Packed& piece) {
    const bool plain = piece.size() == 1 && piece.bytes() >= kPlainFrom;
    writer.put_length(plain ? kPlainNode : kPackedNode);
    if (plain) {
      write_element(writer, piece.get(piece.begin()));
    } else {
      put_listpack(writer, piece);
    }
  });
}

void write_set(Writer& writer, const Set& set) {
  if (set.integers() != nullptr) return writer.put_string(make_intset(*set.integers()));
  if (set.packed() != nullptr) return put_listpack(writer, *set.packed());
  writer.put_length(set.size());
  set.visit([&writer](const PackedElement& member) {
    write_element(writer, member);
    return true;
  });
}

// Scores lie in our packed lists as bytes, in a listpack as text.
void write_packed_scores(Writer& writer, const SortedSet& set) {
  Packed packed;
  set.visit(0, set.size(), Direction::ascending, [&packed](Bytes member, double score) {
    char text[kDoubleCharsMax];
    packed.push_back(member);
    packed.push_back(Bytes(text, static_cast<size_t>(format_double(text, score) - text)));
  });
  put_listpack(writer, packed);
}

// The last first, as Redis does.
void write_sorted_set(Writer& writer, const SortedSet& set) {
  if (set.is_packed()) return write_packed_scores(writer, set);
  writer.put_length(set.size());
  set.visit(set.size() - 1, set.size(), Direction::descending,
            [&writer](Bytes member, double score) {
              writer.put_string(member);
              writer.put_double(score);
            });
}

// The earliest end, kForever where no field has one.
int64_t first_end(const Hash& hash) {
  int64_t first_ms = kForever;
  if (!hash.may_have_ends()) return first_ms;
  hash.visit_with_ends([&first_ms](const PackedElement&, const PackedElement&, int64_t ends_ms) {
    first_ms = std::min(first_ms, ends_ms);
    return true;
  });
  return first_ms;
}

// An end is told by its distance from the first one and 1, none by 0.
void write_hash(Writer& writer, const Hash& hash) {
  if (hash.packed() != nullptr) return put_listpack(writer, *hash.packed());
  const int64_t first_ms = first_end(hash);
  if (first_ms != kForever) writer.put_fixed64(static_cast<uint64_t>(first_ms));
  writer.put_length(hash.size());
  hash.visit_with_ends([&](const PackedElement& field, const PackedElement& value,
                           int64_t ends_ms) {
    if (first_ms != kForever) {
      writer.put_length(ends_ms == kForever ? 0 : static_cast<uint64_t>(ends_ms - first_ms) + 1);
    }
    write_element(writer, field);
    write_element(writer, value);
    return true;
  });
}

Type type_of(const Hash& hash) {
  if (hash.packed() != nullptr) return Type::hash_listpack;
  return first_end(hash) == kForever ? Type::hash : Type::hash_with_ends;
}

Type type_of(const Set& set) {
  if (set.integers() != nullptr) return Type::set_intset;
  return set.packed() != nullptr ? Type::set_listpack : Type::set;
}

}  // namespace

Type type_of(const Entry& entry) {
  switch (entry.type()) {
    case ValueType::string:
      return Type::string;
    case ValueType::list:
      return Type::list_quicklist_2;
    case ValueType::set:
      return type_of(object_of<Set>(entry));
    case ValueType::zset:
      return object_of<SortedSet>(entry).is_packed() ? Type::zset_listpack : Type::zset_2;
    case ValueType::stream:
      return Type::stream_listpacks_3;
    case ValueType::hash:
      return type_of(object_of<Hash>(entry));
  }
  ENSURE(false);
}

void write_value(Writer& writer, const Entry& entry) {
  switch (entry.type()) {
    case ValueType::string:
      return write_string(writer, entry);
    case ValueType::list:
      return write_list(writer, object_of<List>(entry));
    case ValueType::set:
      return write_set(writer, object_of<Set>(entry));
    case ValueType::zset:
      return write_sorted_set(writer, object_of<SortedSet>(entry));
    case ValueType::stream:
      return write_stream(writer, object_of<Stream>(entry));
    case ValueType::hash:
      return write_hash(writer, object_of<Hash>(entry));
  }
  ENSURE(false);
}

}  // namespace tidemark::storage::rdb
