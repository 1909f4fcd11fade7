#include "storage/value/stream_group.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <vector>

#include "tests/storage/value/stream_fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

StreamId ms(uint64_t ms) { return {.ms = ms}; }

// A stream with entries 1-0 ... `count`-0 and a group that has read nothing.
struct Fixture {
  explicit Fixture(uint64_t count) {
    for (uint64_t i = 1; i <= count; ++i) append(stream, ms(i), {{"f", "v"}});
    group = stream.add_group("g", {}, std::nullopt);
  }
  ~Fixture() { stream.check(); }
  // Reads up to `count` entries, as a group does that does not want to acknowledge them.
  void read(unsigned count) {
    for (; count > 0; --count) {
      const StreamCursor next = stream.at_or_after(*group->last_id.next());
      if (!next) return;
      stream.advance(*group, next.id());
    }
  }
  std::optional<int64_t> lag() const { return stream.lag(*group); }

  Stream stream;
  StreamGroup* group = nullptr;
};

using Known = std::optional<int64_t>;
constexpr std::nullopt_t kUnknown = std::nullopt;

}  // namespace

TEST_CASE("a delivered entry is pending for one consumer until it is acknowledged") {
  Fixture f(0);
  StreamConsumer* alice = f.group->add_consumer("alice", 10);
  StreamConsumer* bob = f.group->add_consumer("bob", 10);
  f.group->deliver(ms(1), *alice, 100);
  f.group->deliver(ms(2), *alice, 100);
  f.group->deliver(ms(3), *bob, 200);
  CHECK((ids(f.group->pending()) == std::vector{ms(1), ms(2), ms(3)}));
  CHECK((ids(alice->pending()) == std::vector{ms(1), ms(2)}));
  PendingEntry* entry = f.group->find_pending(ms(3));
  CHECK(&entry->consumer() == bob);
  CHECK(entry->delivered_ms() == 200);
  CHECK(entry->deliveries() == 1);

  // Delivered once more, to another.
  f.group->deliver(ms(2), *bob, 300);
  CHECK((ids(alice->pending()) == std::vector{ms(1)}));
  CHECK((ids(bob->pending()) == std::vector{ms(2), ms(3)}));
  CHECK(f.group->acknowledge(ms(2)));
  CHECK_FALSE(f.group->acknowledge(ms(2)));
  CHECK((ids(bob->pending()) == std::vector{ms(3)}));
  f.group->claim(*entry, *alice);
  CHECK((ids(alice->pending()) == std::vector{ms(1), ms(3)}));
  f.stream.check();

  f.group->remove_consumer(alice);
  CHECK(f.group->pending().empty());
  CHECK(f.group->find_consumer("alice") == nullptr);
  CHECK(f.group->find_consumer("bob") == bob);
}

TEST_CASE("a count of deliveries may be any number, and a time any after the epoch") {
  Fixture f(0);
  StreamConsumer* consumer = f.group->add_consumer("c", 0);
  f.group->deliver(ms(1), *consumer, 100);
  f.group->deliver(ms(2), *consumer, 100);
  const size_t before = f.stream.memory_bytes();
  for (const uint64_t count : {uint64_t{0}, uint64_t{65534}, uint64_t{65535}, uint64_t{65536},
                               std::numeric_limits<uint64_t>::max(), uint64_t{1}}) {
    CAPTURE(count);
    PendingEntry* entry =
        f.group->set_delivery(*f.group->find_pending(ms(1)), 1'700'000'000'000, count);
    CHECK(entry == f.group->find_pending(ms(1)));
    CHECK(entry->deliveries() == count);
    CHECK(entry->delivered_ms() == 1'700'000'000'000);
    f.stream.check();
  }
  CHECK(f.group->set_delivery(*f.group->find_pending(ms(2)), -5, 1)->delivered_ms() == 0);
  CHECK(f.stream.memory_bytes() > before);
  CHECK(f.group->acknowledge(ms(1)));
}

TEST_CASE("a pending entry costs some fifty bytes") {
  Fixture f(0);
  StreamConsumer* consumer = f.group->add_consumer("c", 0);
  const size_t before = f.stream.memory_bytes();
  for (uint64_t i = 1; i <= 10'000; ++i) f.group->deliver(ms(i), *consumer, 100);
  CHECK((f.stream.memory_bytes() - before) / 10'000 <= 51);
  for (uint64_t i = 1; i <= 10'000; ++i) CHECK(f.group->acknowledge(ms(i)));
  CHECK(f.stream.memory_bytes() == before);
}

TEST_CASE("groups and consumers are in the order of their names, whatever those are") {
  Fixture f(0);
  const std::vector<std::string> names{"", "a", "b", std::string("b\0", 2), "ba", "\xff"};
  for (const size_t i : {3, 0, 5, 1, 4, 2}) f.group->add_consumer(names[i], 0);
  size_t i = 0;
  for (auto at = f.group->consumers().first(); at; at = at.next()) CHECK(at->name() == names[i++]);
  CHECK(i == names.size());
  for (const size_t j : {2, 4, 1}) f.stream.add_group(names[j], ms(j), 7);
  CHECK(f.stream.find_group("ba")->last_id == ms(4));
  CHECK(f.stream.find_group("ba")->entries_read == 7);
  CHECK(f.stream.find_group("c") == nullptr);
  Stream other;
  CHECK(f.stream.move_group("ba", other));
  CHECK_FALSE(f.stream.move_group("ba", other));
  CHECK(f.stream.groups().size() == 3);
  CHECK(other.find_group("ba")->last_id == ms(4));
}

TEST_CASE("a group that moves to another stream takes its memory with it") {
  Fixture f(3);
  const size_t without = f.stream.memory_bytes();
  StreamConsumer* consumer = f.group->add_consumer("c", 0);
  for (uint64_t i = 1; i <= 1000; ++i) f.group->deliver(ms(i), *consumer, 0);
  Stream other;
  const size_t sum = f.stream.memory_bytes() + other.memory_bytes();
  CHECK(f.stream.move_group("g", other));
  CHECK(f.stream.memory_bytes() + other.memory_bytes() == sum);
  CHECK(f.stream.memory_bytes() < without);
  CHECK(other.size() > 1000);
  other.check();
  CHECK(other.find_group("g")->acknowledge(ms(7)));
  int slices = 1;
  while (other.free_some(100)) ++slices;
  CHECK(slices >= 10);
  CHECK(other.memory_bytes() == 0);
}

TEST_CASE("a group knows how much it has read while nothing was erased under it") {
  Fixture f(6);
  CHECK(f.lag() == 6);
  f.read(1);
  CHECK(f.group->entries_read == Known(1));
  CHECK(f.lag() == 5);
  f.read(10);
  CHECK(f.group->entries_read == Known(6));
  CHECK(f.lag() == 0);
  append(f.stream, ms(7), {{"f", "v"}});
  CHECK(f.lag() == 1);
}

TEST_CASE("what was erased ahead of a group hides its lag until it has passed that") {
  Fixture f(6);
  f.read(1);
  f.stream.erase(ms(5));
  CHECK(f.lag() == kUnknown);
  f.read(1);
  CHECK(f.group->entries_read == kUnknown);
  f.read(2);
  CHECK(f.lag() == kUnknown);
  f.read(1);
  CHECK(f.group->entries_read == Known(6));
  CHECK(f.lag() == 0);
}

TEST_CASE("what was erased behind a group does not concern it") {
  Fixture f(6);
  f.read(3);
  f.stream.erase(ms(1));
  CHECK(f.lag() == 3);
  f.stream.erase(ms(3));
  CHECK(f.lag() == kUnknown);
  f.read(1);
  CHECK(f.group->entries_read == Known(4));
  CHECK(f.lag() == 2);
}

TEST_CASE("a stream without entries leaves nothing to read") {
  Fixture f(6);
  f.stream.trim({.until = StreamTrim::Until::length, .length = 0});
  CHECK(f.lag() == 0);
  append(f.stream, ms(7), {{"f", "v"}});
  CHECK(f.lag() == 1);
  f.read(1);
  CHECK(f.group->entries_read == Known(7));

  Fixture empty(0);
  CHECK(empty.lag() == 0);
}

TEST_CASE("a group that begins in the midst knows its lag again at the end") {
  Fixture f(6);
  f.group->last_id = ms(3);
  CHECK(f.lag() == kUnknown);
  f.read(2);
  CHECK(f.lag() == kUnknown);
  f.read(1);
  CHECK(f.lag() == 0);
  f.group->last_id = ms(99);
  f.group->entries_read.reset();
  CHECK(f.lag() == kUnknown);
}

TEST_CASE("a count that a client has made up is believed") {
  Fixture f(6);
  f.group->entries_read = 9;
  CHECK(f.lag() == -3);
  f.read(1);
  CHECK(f.group->entries_read == Known(10));
}

TEST_CASE("a copy has the same groups, and nothing in common") {
  Fixture f(6);
  StreamConsumer* consumer = f.group->add_consumer("c", 10);
  consumer->active_ms = 20;
  f.group->add_consumer("d", 30);
  f.group->deliver(ms(1), *consumer, 100);
  f.group->deliver(ms(2), *consumer, 100);
  f.group->set_delivery(*f.group->find_pending(ms(2)), 200, 100'000);
  f.read(2);

  const Stream copy(f.stream);
  copy.check();
  CHECK(copy.memory_bytes() == f.stream.memory_bytes());
  Stream removed;
  CHECK(f.stream.move_group("g", removed));
  const StreamGroup* group = copy.find_group("g");
  CHECK(group->last_id == ms(2));
  CHECK(group->entries_read == Known(2));
  CHECK(group->consumers().size() == 2);
  CHECK(group->find_consumer("c")->seen_ms == 10);
  CHECK(group->find_consumer("c")->active_ms == 20);
  CHECK(group->find_consumer("d")->active_ms == -1);
  CHECK(group->find_pending(ms(1))->deliveries() == 1);
  CHECK(group->find_pending(ms(2))->deliveries() == 100'000);
  CHECK(group->find_pending(ms(2))->delivered_ms() == 200);
  CHECK((forwards(copy.first()) == forwards(f.stream.first())));
  f.group = f.stream.add_group("g", {}, std::nullopt);
}
