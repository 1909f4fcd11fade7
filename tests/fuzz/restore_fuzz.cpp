#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "storage/base/ensure.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/keyspace.hpp"
#include "storage/rdb/payload.hpp"
#include "storage/rdb/value_skipper.hpp"
#include "storage/value/all_types.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"
#include "storage/value/stream.hpp"

// Whatever is restored (a payload without its footer), it is refused or becomes a sound value: one
// whose invariants hold, that can be read and changed as commands would, and that comes back from
// its own payload as it was.

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr rdb::ValueLimits kLimits{
    .list = {.piece_bytes_max = 200, .piece_elements_max = 20},
    .set = {.integers_max = 16, .packing = {.elements_max = 16, .element_bytes_max = 32}},
    .sorted_set = {.elements_max = 16, .element_bytes_max = 32},
    .hash = {.elements_max = 16, .element_bytes_max = 32}};
constexpr StreamNodeLimits kNodeLimits{.bytes_max = 4096, .entries_max = 100};

size_t bytes_of(const PackedElement& element) {
  IntegerText scratch;
  return element.text(scratch).size();
}

// ---- Reads of all there is, which the sanitizers watch; their sum, so that nothing is left out.

size_t read(const List& list) {
  size_t sum = 0;
  for (const ListEnd from : {ListEnd::front, ListEnd::back}) {
    list.visit(from, from == ListEnd::front ? 0 : list.size() - 1, list.size(),
               [&sum](const PackedElement& element) {
                 sum += bytes_of(element);
                 return true;
               });
  }
  return sum;
}

size_t read(const Set& set) {
  size_t sum = 0;
  set.visit([&](const PackedElement& member) {
    ENSURE(set.contains(member));
    sum += bytes_of(member);
    return true;
  });
  return sum;
}

size_t read(const SortedSet& set) {
  size_t sum = 0;
  set.visit(0, set.size(), Direction::ascending, [&](Bytes member, double score) {
    ENSURE(score == score);
    sum += member.size();
  });
  return sum;
}

size_t read(const Hash& hash) {
  size_t sum = 0;
  hash.visit_with_ends(
      [&](const PackedElement& field, const PackedElement& value, int64_t ends_ms) {
        IntegerText scratch;
        ENSURE(ends_ms > 0);
        ENSURE(hash.ends_ms(field.text(scratch), 0) == ends_ms);
        sum += bytes_of(field) + bytes_of(value);
        return true;
      });
  return sum;
}

size_t read(const Stream& stream) {
  size_t sum = 0;
  size_t entries = 0;
  for (auto entry = stream.first(); entry; entry.next(), ++entries) {
    entry.each([&](const PackedElement& field, const PackedElement& value) {
      sum += bytes_of(field) + bytes_of(value);
    });
  }
  ENSURE(entries == stream.length());
  for (auto entry = stream.last(); entry; entry.previous()) --entries;
  ENSURE(entries == 0);
  for (auto group = stream.groups().first(); group; group = group.next()) {
    (void)stream.lag(*group);
    sum += group->pending().size();
  }
  return sum;
}

// ---- Changes of the kinds that commands make.

void change(List& list) {
  list.push(ListEnd::front, "new", kLimits.list);
  list.insert(list.size() / 2, "middle", kLimits.list);
  list.replace(list.size() - 1, std::string(300, 'x'), kLimits.list);
  list.erase(0, 1, kLimits.list);
  (void)list.erase_equal("new", 2, ListEnd::back, kLimits.list);
}

void change(Set& set) {
  set.insert("new", kLimits.set);
  set.insert("-123456", kLimits.set);
  set.pop(2, 1, kLimits.set, [](const PackedElement&) {});
}

void change(SortedSet& set) {
  set.update("new", kLimits.sorted_set, [](std::optional<double>) { return std::optional(0.5); });
  set.erase(RankRange{.first = 0, .last = 1});
}

void change(Hash& hash) {
  constexpr int64_t kNow = 1000;
  hash.set("new", std::string(40, 'x'), kLimits.hash, kNow);
  hash.set_end("new", kNow + 1);
  hash.erase("f", kNow);
  hash.shed(kNow + 1, 2);
}

void change(Stream& stream) {
  if (const auto id = stream.last_id().next()) {
    const Bytes pair[] = {"field", "value"};
    stream.append(*id, pair, kNodeLimits);
  }
  if (const auto first = stream.first()) stream.erase(first.id());
  for (auto group = stream.groups().first(); group; group = group.next()) {
    const auto pending = group->pending().first();
    if (pending) group->acknowledge(pending->id());
  }
  stream.trim({.until = StreamTrim::Until::length, .length = 2});
}

template <typename T>
void use(Entry& entry) {
  T& value = *static_cast<T*>(entry.object());
  value.check();
  (void)read(value);
  const T copy(value);
  copy.check();
  change(value);
  value.check();
  (void)read(value);
}

void use(Entry& entry) {
  switch (entry.type()) {
    case ValueType::string:
      return;
    case ValueType::list:
      return use<List>(entry);
    case ValueType::set:
      return use<Set>(entry);
    case ValueType::zset:
      return use<SortedSet>(entry);
    case ValueType::hash:
      return use<Hash>(entry);
    case ValueType::stream:
      return use<Stream>(entry);
  }
}

// What was written comes back; what that writes is the same once the order of tables has settled.
void comes_back(const Entry& entry) {
  const std::string payload = rdb::make_payload(entry, rdb::Compression::none);
  const auto body = rdb::open_payload(payload, rdb::Checksum::verify);
  ENSURE(body);
  const auto again = rdb::read_payload(*body, "k", kLimits);
  ENSURE(again && *again != nullptr);
  ENSURE((*again)->type() == entry.type());
  ENSURE(rdb::make_payload(**again, rdb::Compression::none).size() >= 11);
}

}  // namespace

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  // NOLINT
  install_value_types();
  if (size == 0) return 0;
  const Bytes body(reinterpret_cast<const char*>(data), size);
  rdb::Reader skipped(body.substr(1));
  const bool skips = rdb::skip_value(skipped, data[0]);
  auto entry = rdb::read_payload(body, "k", kLimits);
  if (!entry || *entry == nullptr) return 0;
  ENSURE(skips);
  comes_back(**entry);
  Keyspace keyspace;
  Database& database = keyspace.database(DbIndex(0));
  const HashedKey key = hash_key("k");
  database.put(key, std::move(*entry));
  database.check();
  use(*database.find(key));
  return 0;
}
