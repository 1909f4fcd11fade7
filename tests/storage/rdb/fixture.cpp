#include "tests/storage/rdb/fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "storage/base/number.hpp"
#include "storage/rdb/payload.hpp"
#include "storage/rdb/writer.hpp"
#include "storage/value/all_types.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"
#include "storage/value/stream.hpp"

namespace tidemark::test {

using namespace tidemark::storage;

namespace {

// The types are known before the first test.
const bool kInstalled = [] {
  install_value_types();
  return true;
}();

template <typename T>
const T& object_of(const Entry& entry) {
  return *static_cast<const T*>(entry.object());
}

std::string text_of(const PackedElement& element) {
  IntegerText scratch;
  return std::string(element.text(scratch));
}

std::string text_of(StreamId id) { return std::to_string(id.ms) + "-" + std::to_string(id.seq); }

std::string render(const List& list) {
  std::string text;
  list.visit(ListEnd::front, 0, list.size(), [&text](const PackedElement& element) {
    text += " " + text_of(element);
    return true;
  });
  return text;
}

std::string render(const Set& set) {
  std::vector<std::string> members;
  set.visit([&members](const PackedElement& member) {
    members.push_back(text_of(member));
    return true;
  });
  std::sort(members.begin(), members.end());
  std::string text;
  for (const std::string& member : members) text += " " + member;
  return text;
}

std::string render(const SortedSet& set) {
  std::string text;
  set.visit(0, set.size(), Direction::ascending, [&text](Bytes member, double score) {
    text += " " + std::string(member) + "=" + to_text(score);
  });
  return text;
}

std::string render(const Hash& hash) {
  std::vector<std::string> fields;
  hash.visit_with_ends(
      [&fields](const PackedElement& field, const PackedElement& value, int64_t ends_ms) {
        fields.push_back(text_of(field) + ":" + text_of(value));
        if (ends_ms != kForever) fields.back() += "@" + std::to_string(ends_ms);
        return true;
      });
  std::sort(fields.begin(), fields.end());
  std::string text;
  for (const std::string& field : fields) text += " " + field;
  return text;
}

std::string render(const StreamGroup& group) {
  std::string text = "\n group " + std::string(group.name()) + " " + text_of(group.last_id) +
                     " read " + std::to_string(group.entries_read.value_or(-1));
  for (auto at = group.consumers().first(); at; at = at.next()) {
    text += "\n  " + std::string(at->name()) + " " + std::to_string(at->seen_ms) + " " +
            std::to_string(at->active_ms);
    for (auto pending = at->pending().first(); pending; pending = pending.next()) {
      text += " " + text_of(pending->id()) + "*" + std::to_string(pending->deliveries()) + "@" +
              std::to_string(pending->delivered_ms());
    }
  }
  return text;
}

std::string render(const Stream& stream) {
  std::string text;
  for (auto entry = stream.first(); entry; entry.next()) {
    text += " " + text_of(entry.id());
    entry.each([&text](const PackedElement& field, const PackedElement& value) {
      text += " " + text_of(field) + ":" + text_of(value);
    });
  }
  text += "\n last " + text_of(stream.last_id()) + " erased " + text_of(stream.max_deleted_id()) +
          " added " + std::to_string(stream.entries_added());
  for (auto group = stream.groups().first(); group; group = group.next()) text += render(*group);
  return text;
}

}  // namespace

std::string from_hex(Bytes hex) {
  std::string bytes;
  std::string pair;
  for (const char c : hex) {
    if (c == ' ') continue;
    pair.push_back(c);
    if (pair.size() < 2) continue;
    bytes.push_back(static_cast<char>(std::stoi(pair, nullptr, 16)));
    pair.clear();
  }
  return bytes;
}

rdb::ValueLimits default_limits() {
  return {.list = ListLimits::of(-2),
          .set = {.integers_max = 512, .packing = {.elements_max = 128, .element_bytes_max = 64}},
          .sorted_set = {.elements_max = 128, .element_bytes_max = 64},
          .hash = {.elements_max = 128, .element_bytes_max = 64}};
}

Result<EntryOwner> restore(Bytes payload, const rdb::ValueLimits& limits) {
  const auto body = rdb::open_payload(payload, rdb::Checksum::verify);
  REQUIRE(body);
  return rdb::read_payload(*body, "k", limits);
}

Result<EntryOwner> restore_body(Bytes body) {
  return rdb::read_payload(body, "k", default_limits());
}

std::string render(const Entry& entry) {
  std::string text =
      std::string(type_name(entry.type())) + " " + std::string(entry.encoding_name()) + ":";
  IntegerText scratch;
  switch (entry.type()) {
    case ValueType::string:
      return text + " " + std::string(entry.text(scratch));
    case ValueType::list:
      return text + render(object_of<List>(entry));
    case ValueType::set:
      return text + render(object_of<Set>(entry));
    case ValueType::zset:
      return text + render(object_of<SortedSet>(entry));
    case ValueType::stream:
      return text + render(object_of<Stream>(entry));
    case ValueType::hash:
      return text + render(object_of<Hash>(entry));
  }
  return text;
}

std::string render(const Result<EntryOwner>& entry) {
  if (!entry) return "corrupt";
  return *entry == nullptr ? "empty" : render(**entry);
}

void check(const Entry& entry) {
  switch (entry.type()) {
    case ValueType::list:
      return object_of<List>(entry).check();
    case ValueType::set:
      return object_of<Set>(entry).check();
    case ValueType::zset:
      return object_of<SortedSet>(entry).check();
    case ValueType::stream:
      return object_of<Stream>(entry).check();
    case ValueType::hash:
      return object_of<Hash>(entry).check();
    case ValueType::string:
      break;
  }
}

std::string length_of(uint64_t length) {
  rdb::Writer writer(rdb::Compression::none);
  writer.put_length(length);
  return writer.take();
}

std::string string_of(Bytes text) { return length_of(text.size()) + std::string(text); }

}  // namespace tidemark::test
