// Huge values of every type, and how they go: what is not asked for is freed in slices. Counted in
// slices and bytes, not in time.

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "storage/keyspace/edit.hpp"
#include "storage/value/all_types.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"
#include "storage/value/stream.hpp"
#include "tests/storage/keyspace/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr size_t kElements = 1'000'000;
constexpr size_t kSlice = 1000;
// What a command may free by itself: less than a hundredth.
constexpr size_t kPart = 100;
constexpr PackingLimits kPacking{.elements_max = 128, .element_bytes_max = 64};
constexpr StreamNodeLimits kNodes{.bytes_max = 4096, .entries_max = 100};

template <typename T>
Edit<T> edit(Partition& p, Bytes key) {
  return std::move(*p.db().edit<T>(hash_key(key), IfAbsent::create));
}

std::string number(size_t i) { return "element:" + std::to_string(i); }

void make_list(Partition& p, Bytes key) {
  auto list = edit<List>(p, key);
  const ListLimits limits = ListLimits::of(-2);
  for (size_t i = 0; i < kElements; ++i) list->push(ListEnd::back, number(i), limits);
}

void make_set(Partition& p, Bytes key) {
  auto set = edit<Set>(p, key);
  const SetLimits limits{.integers_max = 512, .packing = kPacking};
  for (size_t i = 0; i < kElements; ++i) set->insert(number(i), limits);
}

void make_sorted_set(Partition& p, Bytes key) {
  auto set = edit<SortedSet>(p, key);
  for (size_t i = 0; i < kElements; ++i) set->append(number(i), static_cast<double>(i), kPacking);
}

void make_hash(Partition& p, Bytes key) {
  auto hash = edit<Hash>(p, key);
  for (size_t i = 0; i < kElements; ++i) hash->set(number(i), "value", kPacking, 0);
}

void make_stream(Partition& p, Bytes key) {
  auto stream = edit<Stream>(p, key);
  const Bytes pair[] = {"field", "value"};
  for (size_t i = 1; i <= kElements; ++i) stream->append({.ms = i}, pair, kNodes);
}

// One entry, and a group with much that is pending.
void make_group(Partition& p, Bytes key) {
  auto stream = edit<Stream>(p, key);
  const Bytes pair[] = {"field", "value"};
  stream->append({.ms = kElements}, pair, kNodes);
  StreamGroup* const group = stream->add_group("group", StreamId(), std::nullopt);
  StreamConsumer* const consumer = group->add_consumer("consumer", kNow);
  for (size_t i = 1; i <= kElements; ++i) group->deliver({.ms = i}, *consumer, kNow);
}

using Make = void (*)(Partition& p, Bytes key);
constexpr std::pair<const char*, Make> kHuge[] = {
    {"list", make_list}, {"set", make_set},       {"sorted set", make_sorted_set},
    {"hash", make_hash}, {"stream", make_stream}, {"group", make_group}};

// Ways to lose the value of "k".
using Lose = void (*)(Partition& p);
constexpr std::pair<const char*, Lose> kWays[] = {
    {"unlink", [](Partition& p) { p.db().unlink(hash_key("k")); }},
    {"set", [](Partition& p) { p.set("k", "text"); }},
    {"replace",
     [](Partition& p) {
       auto* const other = make_object<Set>();
       other->insert("member", {.integers_max = 0, .packing = kPacking});
       p.db().set_object(hash_key("k"), other);
     }},
    {"rename",
     [](Partition& p) {
       p.set("other", "text");
       p.db().put(hash_key("k"), p.db().take(hash_key("other")));
     }},
    {"expire in the past", [](Partition& p) { p.db().expire_at(hash_key("k"), kNow - 1); }},
    {"expire and look",
     [](Partition& p) {
       p.db().expire_at(hash_key("k"), kNow + 1);
       p.keyspace.set_time(kNow + 1);
       CHECK(p.db().find(hash_key("k")) == nullptr);
     }},
    {"expire by itself",
     [](Partition& p) {
       p.db().expire_at(hash_key("k"), kNow + 1);
       p.keyspace.set_time(kNow + 1);
       p.keyspace.expire_slice();
     }},
    {"evict",
     [](Partition& p) {
       p.keyspace.configure({.policy = EvictionPolicy::allkeys_random});
       CHECK(p.keyspace.evict(*p.keyspace.eviction_candidate()));
     }},
    {"flush", [](Partition& p) { p.keyspace.flush_all(); }},
};

// What is left to free takes at least so many slices, each of which frees something.
void free_in_slices(Partition& p, size_t at_least) {
  size_t slices = 0;
  size_t before = p.keyspace.used_bytes();
  while (p.keyspace.free_some(kSlice)) {
    ++slices;
    const size_t now = p.keyspace.used_bytes();
    REQUIRE(now < before);
    before = now;
  }
  CHECK(slices >= at_least);
  CHECK(p.keyspace.disposal().pending_bytes() == 0);
}

// Lists and streams are freed by their pieces, of which there are fewer than elements.
size_t slices_of(const Partition& p) { return p.keyspace.used_bytes() / (kSlice * 8192) + 1; }

}  // namespace

TEST_CASE("however a huge value goes, it is freed in slices") {
  install_value_types();
  for (const auto& huge : kHuge) {
    for (const auto& way : kWays) {
      CAPTURE(huge.first);
      CAPTURE(way.first);
      Partition p;
      huge.second(p, "k");
      const size_t full = p.keyspace.used_bytes();
      way.second(p);
      CHECK(p.keyspace.used_bytes() > full - full / kPart);
      free_in_slices(p, slices_of(p));
      CHECK(p.keyspace.used_bytes() < full / kPart);
    }
  }
}

TEST_CASE("what a trim cuts off is freed in slices, and what is left is as it was") {
  install_value_types();
  constexpr size_t kLeft = 1234;
  for (const auto until : {StreamTrim::Until::length, StreamTrim::Until::id}) {
    for (const bool whole_nodes : {false, true}) {
      Partition p;
      make_stream(p, "k");
      auto stream = edit<Stream>(p, "k");
      StreamGroup* const group = stream->add_group("group", {.ms = 5}, 5);
      group->deliver({.ms = 7}, *group->add_consumer("consumer", kNow), kNow);
      const StreamTrim trim{.until = until,
                            .length = kLeft,
                            .id = {.ms = kElements - kLeft + 1},
                            .whole_nodes = whole_nodes};
      REQUIRE(stream->leaves_little(trim));
      const size_t full = stream->memory_bytes();
      auto* const cut_off = make_object<Stream>();
      const size_t gone = stream->cut(trim, *cut_off);
      CHECK(gone == kElements - (whole_nodes ? 1300 : kLeft));
      CHECK(stream->length() == kElements - gone);
      CHECK(stream->first_id().ms == gone + 1);
      CHECK(stream->last_id().ms == kElements);
      CHECK(stream->entries_added() == kElements);
      CHECK(stream->find_group("group")->find_pending({.ms = 7}) != nullptr);
      CHECK(stream->memory_bytes() + cut_off->memory_bytes() < full + full / kPart);
      CHECK(cut_off->memory_bytes() > full - full / kPart);
      stream->check();
      cut_off->check();
      stream.dispose(cut_off);
    }
  }
}

TEST_CASE("a consumer who has most of what is pending goes in slices") {
  install_value_types();
  Partition p;
  make_group(p, "k");
  {
    auto stream = edit<Stream>(p, "k");
    StreamGroup& group = *stream->find_group("group");
    StreamConsumer* const other = group.add_consumer("other", kNow);
    other->active_ms = kNow + 5;
    for (size_t i = 10; i < 20; ++i) {
      group.claim(*group.find_pending({.ms = i}), *other);
      group.set_delivery(*group.find_pending({.ms = i}), kNow + 1, i == 12 ? 100'000 : 3);
    }
    const size_t full = stream->memory_bytes();
    auto* const cut_off = make_object<Stream>();
    stream->remove_consumer(group, *group.find_consumer("consumer"), *cut_off);
    StreamGroup& left = *stream->find_group("group");
    CHECK(left.find_consumer("consumer") == nullptr);
    CHECK(left.pending().size() == 10);
    CHECK(left.find_pending({.ms = 12})->deliveries() == 100'000);
    CHECK(left.find_pending({.ms = 13})->delivered_ms() == kNow + 1);
    CHECK(left.find_consumer("other")->active_ms == kNow + 5);
    CHECK(cut_off->memory_bytes() > full - full / kPart);
    stream->check();
    // Of little it is removed at once.
    auto* const nothing = make_object<Stream>();
    left.add_consumer("idle", kNow);
    stream->remove_consumer(left, *left.find_consumer("idle"), *nothing);
    CHECK(nothing->memory_bytes() == 0);
    stream->check();
    stream.dispose(nothing);
    stream.dispose(cut_off);
  }
  free_in_slices(p, kElements / kSlice);
}

TEST_CASE("what is cut out of a sorted set is freed in slices, and the rest stays a skiplist") {
  install_value_types();
  for (const RankRange& range :
       {RankRange{.first = 0, .last = kElements - 100}, RankRange{.first = 100, .last = kElements},
        RankRange{.first = 50, .last = kElements - 50}}) {
    Partition p;
    make_sorted_set(p, "k");
    {
      auto set = edit<SortedSet>(p, "k");
      const size_t full = set->memory_bytes();
      auto* const cut_off = make_object<SortedSet>();
      set->cut(range, *cut_off);
      CHECK(set->size() == 100);
      CHECK(set->encoding_name() == "skiplist");
      for (size_t i = 0; i < kElements; i += kElements - 1) {
        const bool left = i < range.first || i >= range.last;
        CHECK(set->score(number(i)).has_value() == left);
      }
      CHECK(cut_off->memory_bytes() > full - full / kPart);
      set->check();
      set.dispose(cut_off);
    }
    free_in_slices(p, kElements / kSlice);
    // A small part is taken out at once.
    auto set = edit<SortedSet>(p, "k");
    auto* const cut_off = make_object<SortedSet>();
    set->cut({.first = 3, .last = 5}, *cut_off);
    CHECK(set->size() == 98);
    CHECK(cut_off->size() == 0);
    set->check();
    set.dispose(cut_off);
  }
}
