#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "storage/base/number.hpp"
#include "storage/rdb/payload.hpp"
#include "storage/rdb/value_writer.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"
#include "storage/value/stream.hpp"
#include "tests/storage/rdb/fixture.hpp"
#include "tests/storage/value/seed.hpp"

// Random values of every type, written and read back: the same in all that can be read of them.

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::test::render;

namespace {

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t n) { return random_() % n; }

  std::string text() {
    switch (below(6)) {
      case 0:
        return to_text(static_cast<int64_t>(random_()) >> below(64));
      case 1:
        return std::string(below(100), static_cast<char>('a' + below(3)));
      case 2:
        return below(40) == 0 ? std::string(below(20000), 'z') : std::string();
      default: {
        std::string bytes(below(12), '\0');
        for (char& byte : bytes) byte = static_cast<char>(random_());
        return bytes;
      }
    }
  }

  double score() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    constexpr double kOdd[] = {-kInfinity, kInfinity, 0.1, -2.5e-300, 1e17, 3};
    return below(2) == 0 ? kOdd[below(std::size(kOdd))] : static_cast<double>(below(1000)) / 8;
  }

  size_t count() { return 1 + (below(3) == 0 ? below(1000) : below(100)); }

  EntryOwner string() { return Entry::make_string("k", text()); }

  EntryOwner list() {
    auto* list = make_object<List>();
    for (size_t left = count(); left > 0; --left) {
      list->push(below(2) == 0 ? ListEnd::front : ListEnd::back, text(),
                 test::default_limits().list);
    }
    return Entry::make_object("k", ValueType::list, list);
  }

  EntryOwner set() {
    auto* set = make_object<Set>();
    const bool integers = below(2) == 0;
    for (size_t left = count(); left > 0; --left) {
      set->insert(integers ? to_text(static_cast<int64_t>(below(100000))) : text(),
                  test::default_limits().set);
    }
    return Entry::make_object("k", ValueType::set, set);
  }

  EntryOwner sorted_set() {
    auto* set = make_object<SortedSet>();
    for (size_t left = count(); left > 0; --left) {
      set->update(text(), test::default_limits().sorted_set,
                  [this](std::optional<double>) { return std::optional(score()); });
    }
    return Entry::make_object("k", ValueType::zset, set);
  }

  EntryOwner hash() {
    auto* hash = make_object<Hash>();
    const bool with_ends = below(2) == 0;
    for (size_t left = count(); left > 0; --left) {
      const std::string field = text();
      // A long value that is replaced by a short one would leave a form that the payload does not
      // tell.
      if (hash->contains(field, 0)) continue;
      hash->set(field, text(), test::default_limits().hash, 0);
      if (with_ends && below(3) == 0)
        hash->set_end(field, static_cast<int64_t>(1 + below(1U << 30)));
    }
    return Entry::make_object("k", ValueType::hash, hash);
  }

  EntryOwner stream() {
    auto* stream = make_object<Stream>();
    constexpr StreamNodeLimits kLimits{.bytes_max = 4096, .entries_max = 100};
    std::vector<StreamId> ids;
    StreamId id{.ms = below(1000), .seq = 0};
    for (size_t left = below(300); left > 0; --left) {
      id = below(2) == 0 ? StreamId{.ms = id.ms, .seq = id.seq + 1 + below(3)}
                         : StreamId{.ms = id.ms + 1 + below(1000), .seq = below(1000)};
      const bool usual = below(4) != 0;
      std::vector<std::string> texts;
      for (size_t fields = usual ? 2 : 1 + below(4); fields > 0; --fields) {
        texts.push_back(usual ? "field" + std::to_string(fields) : text());
        texts.push_back(text());
      }
      stream->append(id, std::vector<Bytes>(texts.begin(), texts.end()), kLimits);
      ids.push_back(id);
    }
    stream->set_entries_added(ids.size());
    for (const StreamId each : ids) {
      if (below(5) != 0 || !stream->erase(each)) continue;
      stream->set_max_deleted_id(std::max(stream->max_deleted_id(), each));
    }
    for (size_t groups = below(4); groups > 0; --groups) add_group(*stream, groups, ids);
    return Entry::make_object("k", ValueType::stream, stream);
  }

 private:
  void add_group(Stream& stream, size_t number, const std::vector<StreamId>& ids) {
    StreamGroup* group = stream.add_group(
        "group" + std::to_string(number), ids.empty() ? StreamId() : ids[below(ids.size())],
        below(2) == 0 ? std::nullopt : std::optional(static_cast<int64_t>(below(500))));
    std::vector<StreamConsumer*> consumers;
    for (size_t left = below(4); left > 0; --left) {
      consumers.push_back(group->add_consumer("consumer" + std::to_string(left),
                                              static_cast<int64_t>(below(9999))));
      consumers.back()->active_ms = static_cast<int64_t>(below(9999)) - 1;
    }
    if (consumers.empty()) return;
    for (const StreamId id : ids) {
      if (below(3) != 0) continue;
      PendingEntry* entry = group->add_pending(id, *consumers[below(consumers.size())]);
      group->set_delivery(*entry, static_cast<int64_t>(below(1'000'000)), below(200'000));
    }
  }

  std::mt19937_64 random_;
};

void comes_back(const EntryOwner& entry, rdb::Compression compression) {
  const std::string payload = rdb::make_payload(*entry, compression);
  const auto copy = test::restore(payload);
  REQUIRE(render(copy) == render(*entry));
  test::check(**copy);
  // The pieces of lists and streams, and the order in tables, are their own.
  if (entry->type() == ValueType::string || entry->type() == ValueType::zset) {
    CHECK(rdb::make_payload(**copy, compression) == payload);
  }
}

}  // namespace

TEST_CASE("random values of every type come back as they were") {
  const uint64_t seed = storage::seed_of_this_run();
  CAPTURE(seed);
  Maker maker(seed);
  for (int turn = 0; turn < 60; ++turn) {
    CAPTURE(turn);
    const auto compression = turn % 2 == 0 ? rdb::Compression::lzf : rdb::Compression::none;
    comes_back(maker.string(), compression);
    comes_back(maker.list(), compression);
    comes_back(maker.set(), compression);
    comes_back(maker.sorted_set(), compression);
    comes_back(maker.hash(), compression);
    comes_back(maker.stream(), compression);
  }
}

TEST_CASE("a payload cut short anywhere, or with a byte changed, gives a sound value or none") {
  const uint64_t seed = storage::seed_of_this_run();
  CAPTURE(seed);
  Maker maker(seed);
  for (int turn = 0; turn < 10; ++turn) {
    for (const EntryOwner& entry :
         {maker.list(), maker.set(), maker.sorted_set(), maker.hash(), maker.stream()}) {
      const std::string payload = rdb::make_payload(*entry, rdb::Compression::none);
      const std::string body = payload.substr(0, payload.size() - 10);
      for (int change = 0; change < 200; ++change) {
        std::string changed = body;
        if (change % 4 == 0) changed.resize(maker.below(changed.size()));
        for (size_t left = 1 + maker.below(3); left > 0 && !changed.empty(); --left) {
          changed[maker.below(changed.size())] = static_cast<char>(maker.below(256));
        }
        const auto read = test::restore_body(changed);
        if (read && *read != nullptr) {
          test::check(**read);
          (void)render(**read);
        }
      }
    }
  }
}
