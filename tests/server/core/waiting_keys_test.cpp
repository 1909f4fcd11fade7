#include "server/core/waiting_keys.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "server/command/key_wait.hpp"
#include "storage/keyspace/keyspace.hpp"
#include "storage/value/all_types.hpp"

using namespace tidemark;
using namespace tidemark::server;
using storage::ValueType;

namespace {

constexpr DbIndex kDb(0);

std::shared_ptr<KeyWait> wait_of(uint64_t client, const std::vector<Bytes>& keys,
                                 ValueType type = ValueType::list,
                                 std::optional<Bytes> destination = std::nullopt) {
  return std::make_shared<KeyWait>(
      Session{.client_id = client},
      WaitForKeys{.keys = keys, .type = type, .destination = destination}, 0);
}

// One core's keys, and who waits for them.
struct Fixture {
  void add(const std::shared_ptr<KeyWait>& wait,
           WaitingKeys::Other other = WaitingKeys::Other::none) {
    for (const std::string& key : wait->keys()) waiting.add(kDb, key, wait, other);
  }
  void changed(Bytes key, storage::ChangeKind kind, ValueType type = ValueType::list) {
    changes.on_change({.db = kDb, .key = key, .kind = kind, .type = type});
  }
  // The keys that were written, and the clients in their lines.
  std::vector<std::string> take_all() {
    std::vector<std::string> lines;
    while (WaitingKeys::Line* const line = waiting.take_ready()) {
      std::string text(line->key());
      for (const auto& wait : line->waits()) text += " " + std::to_string(wait->client_id());
      lines.push_back(text);
      waiting.done_with(*line);
    }
    return lines;
  }

  storage::Keyspace keyspace;
  ChangeListeners changes{keyspace};
  WaitingKeys waiting{changes};
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("keys are looked at in the order in which they were written, and once each") {
  Fixture f;
  f.add(wait_of(1, {"a", "b", "c"}));
  f.add(wait_of(2, {"c", "a"}));
  f.changed("c", storage::ChangeKind::written);
  f.changed("nobody's", storage::ChangeKind::written);
  f.changed("a", storage::ChangeKind::written);
  f.changed("c", storage::ChangeKind::written);
  CHECK(f.waiting.any_ready());
  CHECK((f.take_all() == Lines{"c 1 2", "a 1 2"}));
  CHECK_FALSE(f.waiting.any_ready());
}

TEST_CASE("changes that serve nobody are not looked at") {
  Fixture f;
  f.add(wait_of(1, {"a"}));
  f.changed("a", storage::ChangeKind::written, ValueType::hash);
  f.changed("a", storage::ChangeKind::expiry);
  f.changed("a", storage::ChangeKind::deleted);
  f.changed("", storage::ChangeKind::flushed);
  CHECK_FALSE(f.waiting.any_ready());
  // But somebody may want to know of all.
  const std::vector<Bytes> keys{"a"};
  const auto watcher = std::make_shared<KeyWait>(
      Session{.client_id = 2},
      WaitForKeys{.keys = keys, .is_ready = [](Bytes, const storage::Entry*) { return true; }}, 0);
  f.add(watcher);
  for (const auto kind : {storage::ChangeKind::deleted, storage::ChangeKind::expired,
                          storage::ChangeKind::evicted, storage::ChangeKind::written}) {
    f.changed("a", kind, ValueType::hash);
    CHECK((f.take_all() == Lines{"a 1 2"}));
  }
  f.changed("", storage::ChangeKind::flushed);
  CHECK((f.take_all() == Lines{"a 1 2"}));
  f.changed("a", storage::ChangeKind::expiry);
  CHECK_FALSE(f.waiting.any_ready());
  f.waiting.note_database(kDb);
  CHECK((f.take_all() == Lines{"a 1 2"}));
}

TEST_CASE("the keyspace is listened to while somebody waits") {
  Fixture f;
  const auto write = [&f] { f.keyspace.database(kDb).set_string(storage::hash_key("s"), "x"); };
  const auto wait = wait_of(1, {"s"}, ValueType::string);
  write();
  f.add(wait);
  CHECK_FALSE(f.waiting.any_ready());
  write();
  CHECK(f.waiting.any_ready());
  // A line that is empty before it is looked at is no line any more.
  f.waiting.remove(*wait);
  CHECK((f.take_all() == Lines{"s"}));
  CHECK(f.waiting.empty());
  write();
  CHECK_FALSE(f.waiting.any_ready());
}

TEST_CASE("a line may be left by whoever is served while it is gone through") {
  Fixture f;
  const auto first = wait_of(1, {"a", "b"});
  const auto second = wait_of(2, {"a"});
  f.add(first);
  f.add(second);
  f.changed("a", storage::ChangeKind::written);
  WaitingKeys::Line* const line = f.waiting.take_ready();
  REQUIRE(line != nullptr);
  f.waiting.remove(*first);
  f.waiting.remove(*second);
  CHECK(line->waits().empty());
  // Written again, by what was served.
  f.changed("a", storage::ChangeKind::written);
  f.waiting.done_with(*line);
  CHECK(f.waiting.empty());
}

TEST_CASE("a client that waits again is not taken for what it was before") {
  Fixture f;
  const auto before = wait_of(1, {"a"});
  const auto after = wait_of(1, {"a"});
  f.add(before);
  f.add(after);
  f.waiting.remove(*before);
  f.changed("a", storage::ChangeKind::written);
  CHECK((f.take_all() == Lines{"a 1"}));
  f.waiting.claim_all(1);
  CHECK(after->claim.taken());
  CHECK_FALSE(before->claim.taken());
  f.waiting.remove(*after);
  f.waiting.remove(*after);
  CHECK(f.waiting.empty());
}

TEST_CASE("where elements would be moved is known while somebody waits for it") {
  Fixture f;
  const auto near = wait_of(1, {"a"}, ValueType::list, "b");
  const auto far = wait_of(2, {"a"}, ValueType::list, "c");
  const auto also = wait_of(3, {"a"}, ValueType::list, "c");
  const auto destinations = [&f](Bytes key) {
    std::vector<std::string> all;
    f.waiting.destinations(key, [&all](Bytes other) { all.emplace_back(other); });
    return all;
  };
  f.add(near, WaitingKeys::Other::near);
  CHECK(f.waiting.far() == 0);
  f.add(far, WaitingKeys::Other::far);
  f.add(also, WaitingKeys::Other::far);
  CHECK(f.waiting.far() == 2);
  CHECK((destinations("a") == Lines{"b", "c"}));
  CHECK(destinations("b").empty());
  f.waiting.remove(*near);
  f.waiting.remove(*far);
  CHECK((destinations("a") == Lines{"c"}));
  f.waiting.remove(*also);
  CHECK(destinations("a").empty());
  CHECK(f.waiting.far() == 0);
}
