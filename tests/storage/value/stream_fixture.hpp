#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "storage/value/stream.hpp"

namespace tidemark::storage {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Entries = std::vector<std::pair<StreamId, Pairs>>;

inline std::vector<Bytes> views(const Pairs& pairs) {
  std::vector<Bytes> flat;
  for (const auto& [field, value] : pairs) {
    flat.emplace_back(field);
    flat.emplace_back(value);
  }
  return flat;
}

inline void append(Stream& stream, StreamId id, const Pairs& pairs,
                   const StreamNodeLimits& limits = {.bytes_max = 4096, .entries_max = 100}) {
  const std::vector<Bytes> flat = views(pairs);
  REQUIRE(Stream::can_hold(flat));
  stream.append(id, flat, limits);
}

inline std::pair<StreamId, Pairs> entry_at(const StreamCursor& cursor) {
  Pairs pairs;
  cursor.each([&pairs](PackedElement field, PackedElement value) {
    IntegerText field_scratch;
    IntegerText value_scratch;
    pairs.emplace_back(field.text(field_scratch), value.text(value_scratch));
  });
  REQUIRE(pairs.size() == cursor.fields());
  return {cursor.id(), std::move(pairs)};
}

// From `cursor` to the end.
inline Entries forwards(StreamCursor cursor) {
  Entries entries;
  for (; cursor; cursor.next()) entries.push_back(entry_at(cursor));
  return entries;
}

// From `cursor` to the beginning.
inline Entries backwards(StreamCursor cursor) {
  Entries entries;
  for (; cursor; cursor.previous()) entries.push_back(entry_at(cursor));
  return entries;
}

inline std::vector<StreamId> ids(const PendingTree& pending) {
  std::vector<StreamId> ids;
  for (auto at = pending.first(); at; at = at.next()) ids.push_back(at->id());
  return ids;
}

// For doctest's messages.
inline std::ostream& operator<<(std::ostream& out, const StreamId& id) {
  return out << id.ms << '-' << id.seq;
}

}  // namespace tidemark::storage
