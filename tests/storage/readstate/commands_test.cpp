#include <doctest/doctest.h>

#include <limits>

#include "tests/storage/readstate/fixture.hpp"

namespace tidemark::storage {
namespace {

using testing::Partition;
using testing::Rows;

constexpr int64_t kMaxId = std::numeric_limits<int64_t>::max();
constexpr int32_t kMaxCounter = std::numeric_limits<int32_t>::max();

TEST_CASE("an acknowledgement creates the channel, moves the mark and returns the user's version") {
  Partition p;
  const int64_t first = p.ack("u", {{7, 100}});
  CHECK(first == p.now_us);
  CHECK(p.get("u", 7) == Row{.id = {0, 7}, .mark = 100, .version = first});
  const int64_t second = p.ack("u", {{7, 200}});
  CHECK(second > first);
  CHECK(p.get("u", 7)->mark == 200);
}

TEST_CASE("an acknowledgement of message 0 creates the channel, once") {
  Partition p;
  CHECK(p.ack("u", {{7, 0}}) > 0);
  CHECK(p.get("u", 7).has_value());
  CHECK(p.ack("u", {{7, 0}}) == 0);
}

TEST_CASE("a stale acknowledgement changes nothing at all, not even counters or flags") {
  Partition p;
  p.ack("u", {{7, 100}}, {.mentions = 3, .flags = 1});
  const std::optional<Row> before = p.get("u", 7);
  p.commit_all();
  CHECK(p.ack("u", {{7, 99}}, {.mentions = 9, .unread = 9, .flags = 9}) == 0);
  CHECK(p.get("u", 7) == before);
  CHECK_FALSE(p.states.is_dirty("u"));
}

TEST_CASE("an equal acknowledgement clears counters and the manual bit, and then is a no-op") {
  Partition p;
  p.set("u", {7, 100}, {.mentions = 4, .unread = 5, .flags = 6, .manual = true});
  const int64_t version = p.ack("u", {{7, 100}});
  CHECK(version > 0);
  CHECK(p.get("u", 7) == Row{.id = {0, 7}, .mark = 100, .flags = 6, .version = version});
  CHECK(p.ack("u", {{7, 100}}) == 0);
  CHECK(p.ack("u", {{7, 100}}, {.flags = 6}) == 0);
  CHECK(p.ack("u", {{7, 100}}, {.flags = 7}) > version);
  CHECK(p.get("u", 7)->flags == 7);
}

TEST_CASE("an acknowledgement may leave counters behind, where it advanced or is equal") {
  Partition p;
  p.ack("u", {{7, 100}}, {.mentions = 2, .unread = 3});
  CHECK(p.get("u", 7)->mentions == 2);
  CHECK(p.get("u", 7)->unread == 3);
  p.ack("u", {{7, 100}}, {.mentions = 1});
  CHECK(p.get("u", 7)->mentions == 1);
  CHECK(p.get("u", 7)->unread == 0);
}

TEST_CASE("pairs of one acknowledgement are taken in order and share one version") {
  Partition p;
  const int64_t version = p.ack("u", {{7, 100}, {8, 50}, {7, 90}, {8, 60}});
  CHECK(p.get("u", 7) == Row{.id = {0, 7}, .mark = 100, .version = version});
  CHECK(p.get("u", 8) == Row{.id = {0, 8}, .mark = 60, .version = version});
  CHECK(p.getall("u").head.version == version);
}

TEST_CASE("types are lanes of their own") {
  Partition p;
  p.ack("u", {{7, 100}});
  p.ack("u", {{7, 5}}, {.type = 15});
  CHECK(p.get("u", 7)->mark == 100);
  CHECK(p.get("u", 7, 15)->mark == 5);
  CHECK_FALSE(p.get("u", 7, 3).has_value());
}

TEST_CASE("ids reach from 0 to 2^63-1") {
  Partition p;
  CHECK(p.ack("u", {{0, kMaxId}, {kMaxId, 0}, {kMaxId, kMaxId}}) > 0);
  CHECK(p.get("u", 0)->mark == kMaxId);
  CHECK(p.get("u", kMaxId)->mark == kMaxId);
  CHECK_FALSE(p.incr("u", {kMaxId, kMaxId}));
  p.reload("u");
  CHECK(p.getall("u").rows.size() == 2);
}

TEST_CASE("versions go up when the clock goes back") {
  Partition p;
  const int64_t first = p.ack("u", {{7, 100}});
  p.now_us -= 3'600'000'000;
  CHECK(p.ack("u", {{7, 200}}) == first + 1);
  CHECK(p.del("u", {}, {7}) == 1);
  CHECK(p.getall("u").head.version == first + 2);
  p.reload("u");
  CHECK(p.ack("u", {{7, 1}}) == first + 3);
}

TEST_CASE("the limit of channels refuses a command as a whole, before it changed anything") {
  Partition p({.max_channels = 3});
  p.ack("u", {{1, 1}, {2, 1}});
  const Result<int64_t> refused = p.try_ack("u", {{1, 9}, {3, 1}, {4, 1}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == Errc::too_many_channels);
  CHECK(p.get("u", 1)->mark == 1);
  CHECK(p.getall("u").rows.size() == 2);
  // A channel that is named twice is one channel.
  CHECK(p.try_ack("u", {{3, 1}, {3, 2}, {1, 2}, {2, 2}}));
  UserRef user = p.ref("u");
  CHECK(p.states.set(user, {4, 1}, {}, p.tick()).error() == Errc::too_many_channels);
  CHECK(p.states.incr(user, {4, 1}, {.mentions = 1}, p.tick()).error() == Errc::too_many_channels);
  CHECK(*p.states.incr(user, {4, 1}, {.mentions = -1}, p.tick()));
  CHECK(p.try_ack("u", {{1, 5}, {2, 5}, {3, 5}}));
}

TEST_CASE("SET goes backwards, keeps what is omitted and clears the manual bit by its absence") {
  Partition p;
  p.ack("u", {{7, 100}}, {.mentions = 2, .unread = 3, .flags = 4});
  p.set("u", {7, 50}, {.manual = true});
  Row row = *p.get("u", 7);
  CHECK(row == Row{{0, 7}, 50, 2, 3, 4, true, row.version});
  p.set("u", {7, 60}, {.mentions = 0, .unread = 9, .flags = 0});
  row = *p.get("u", 7);
  CHECK(row == Row{{0, 7}, 60, 0, 9, 0, false, row.version});
}

TEST_CASE("SET with IFVERSION changes only the version that was seen, 0 being none") {
  Partition p;
  CHECK_FALSE(p.set("u", {7, 1}, {.if_version = 5}).has_value());
  const std::optional<int64_t> created = p.set("u", {7, 1}, {.if_version = 0});
  REQUIRE(created.has_value());
  CHECK_FALSE(p.set("u", {7, 2}, {.if_version = 0}).has_value());
  p.ack("u", {{8, 1}});  // raises the user's version, not the row's
  const std::optional<int64_t> changed = p.set("u", {7, 2}, {.if_version = *created});
  REQUIRE(changed.has_value());
  CHECK(p.get("u", 7)->version == *changed);
}

TEST_CASE("SET that changes nothing returns the row's version, and leaves the user clean") {
  Partition p;
  const std::optional<int64_t> created = p.set("u", {7, 1}, {.mentions = 2});
  p.ack("u", {{8, 1}});
  p.commit_all();
  CHECK(p.set("u", {7, 1}) == created);
  CHECK_FALSE(p.states.is_dirty("u"));
  CHECK(p.set("u", {7, 1}, {.if_version = created}) == created);
}

TEST_CASE("INCR counts above the mark and is dropped at or below it") {
  Partition p;
  p.ack("u", {{7, 100}});
  CHECK(p.incr("u", {7, 101}, {.mentions = 1, .unread = 2}));
  CHECK_FALSE(p.incr("u", {7, 100}));
  CHECK_FALSE(p.incr("u", {7, 99}));
  const Row row = *p.get("u", 7);
  CHECK(row == Row{.id = {0, 7}, .mark = 100, .mentions = 1, .unread = 2, .version = row.version});
}

TEST_CASE("INCR creates a channel with mark 0, where the sum is positive") {
  Partition p;
  p.load("u");
  CHECK(p.incr("u", {7, 5}, {.mentions = -1}));
  CHECK_FALSE(p.get("u", 7).has_value());
  CHECK_FALSE(p.incr("u", {7, 0}));
  CHECK(p.incr("u", {7, 5}, {.mentions = -3, .unread = 1}));
  CHECK(p.get("u", 7)->mark == 0);
  CHECK(p.get("u", 7)->mentions == 0);
  CHECK(p.get("u", 7)->unread == 1);
}

TEST_CASE("INCR saturates at both ends, and is free where nothing can move") {
  Partition p;
  p.load("u");
  CHECK(p.incr("u", {7, 5}, {.mentions = kMaxCounter}));
  const int64_t version = p.get("u", 7)->version;
  CHECK(p.incr("u", {7, 5}, {.mentions = kMaxCounter}));
  CHECK(p.get("u", 7)->version == version);
  CHECK(p.incr("u", {7, 5}, {.mentions = -kMaxCounter}));
  CHECK(p.incr("u", {7, 5}, {.mentions = -1}));
  CHECK(p.get("u", 7)->mentions == 0);
}

TEST_CASE("GETALL SINCE gives what changed, and everything where that cannot be known") {
  Partition p;
  const int64_t first = p.ack("u", {{7, 1}});
  const int64_t second = p.ack("u", {{8, 1}});
  CHECK_FALSE(p.getall("u").head.partial);
  CHECK(p.getall("u").rows.size() == 2);

  Rows since = p.getall("u", {.since = first});
  CHECK(since.head.partial);
  CHECK(since.head.version == second);
  REQUIRE(since.rows.size() == 1);
  CHECK(since.rows[0].id.channel == 8);
  since = p.getall("u", {.since = second});
  CHECK(since.head.partial);
  CHECK(since.rows.empty());
  since = p.getall("u", {.since = second + 1});
  CHECK_FALSE(since.head.partial);
  CHECK(since.rows.size() == 2);

  p.del("u", {}, {7});
  const int64_t deletion = p.getall("u").head.version;
  since = p.getall("u", {.since = second});
  CHECK_FALSE(since.head.partial);
  CHECK(since.rows.size() == 1);
  since = p.getall("u", {.since = deletion});
  CHECK(since.head.partial);
  CHECK(since.rows.empty());
  p.reload("u");
  CHECK_FALSE(p.getall("u", {.since = second}).head.partial);
  CHECK(p.getall("u", {.since = deletion}).head.partial);
}

TEST_CASE("GETALL pages through rows sorted by type and channel, and filters them") {
  Partition p;
  p.ack("u", {{30, 1}, {10, 1}, {20, 1}});
  p.ack("u", {{5, 1}}, {.type = 2, .mentions = 1});
  p.ack("u", {{6, 1}}, {.type = 2, .flags = 1});
  p.set("u", {7, 1}, {.type = 3, .manual = true});
  const auto ids = [&p](GetAllOptions options) {
    std::vector<RowId> found;
    for (const Row& row : p.getall("u", options).rows) found.push_back(row.id);
    return found;
  };
  using Ids = std::vector<RowId>;
  CHECK(ids({}) == Ids{{0, 10}, {0, 20}, {0, 30}, {2, 5}, {2, 6}, {3, 7}});
  CHECK(ids({.count = 2}) == Ids{{0, 10}, {0, 20}});
  CHECK(ids({.after = RowId{0, 20}, .count = 2}) == Ids{{0, 30}, {2, 5}});
  CHECK(ids({.after = RowId{0, 31}}) == Ids{{2, 5}, {2, 6}, {3, 7}});
  CHECK(ids({.count = 0}) == Ids{});
  CHECK(ids({.type = 2}) == Ids{{2, 5}, {2, 6}});
  CHECK(ids({.type = 0, .after = RowId{0, 10}}) == Ids{{0, 20}, {0, 30}});
  CHECK(ids({.type = 2, .after = RowId{2, 5}}) == Ids{{2, 6}});
  CHECK(ids({.type = 15}) == Ids{});
  CHECK(ids({.nonzero = true}) == Ids{{2, 5}, {3, 7}});
}

TEST_CASE("UNREAD names channels behind their head, with counters, or marked by hand") {
  Partition p;
  p.ack("u", {{1, 100}, {2, 100}});
  p.ack("u", {{3, 100}}, {.mentions = 1});
  p.ack("u", {{4, 100}}, {.unread = 1});
  p.set("u", {5, 100}, {.manual = true});
  const std::vector<Row> rows = p.unread(
      "u", {{9, 51}, {5, 1}, {4, 1}, {3, 1}, {2, 100}, {1, 101}, {8, 50}}, {.default_mark = 50});
  REQUIRE(rows.size() == 5);
  CHECK(rows[0] == Row{.id = {0, 9}, .mark = 50});
  CHECK(rows[1].id.channel == 5);
  CHECK(rows[2].id.channel == 4);
  CHECK(rows[3].id.channel == 3);
  CHECK(rows[4].id.channel == 1);
  CHECK(p.unread("u", {{9, 0}}).empty());
}

TEST_CASE("TOTAL sums the badge, over a type or all, without rows that are excluded") {
  Partition p;
  p.ack("u", {{1, 1}}, {.mentions = kMaxCounter, .unread = 1});
  p.ack("u", {{2, 1}}, {.mentions = kMaxCounter, .flags = 2});
  p.ack("u", {{3, 1}}, {.unread = 7});
  p.ack("u", {{4, 1}}, {.flags = 6});
  const int64_t version = p.ack("u", {{5, 1}}, {.type = 1, .mentions = 3});
  const auto check = [](const Total& total, Total expected) {
    CHECK(total.mentions == expected.mentions);
    CHECK(total.unread == expected.unread);
    CHECK(total.channels == expected.channels);
    CHECK(total.entries == expected.entries);
    CHECK(total.version == expected.version);
  };
  const int64_t max = kMaxCounter;
  check(p.total("u"), {2 * max + 3, 8, 3, 5, version});
  check(p.total("u", {.type = 0}), {2 * max, 8, 2, 4, version});
  check(p.total("u", {.type = 1}), {3, 0, 1, 1, version});
  check(p.total("u", {.exclude = 2}), {max + 3, 8, 2, 3, version});
  check(p.total("u", {.type = 7}), {0, 0, 0, 0, version});
  check(p.total("nobody"), {});
}

TEST_CASE("DEL removes channels, a type or everything, and says how many") {
  Partition p;
  p.ack("u", {{1, 1}, {2, 1}, {3, 1}});
  p.ack("u", {{1, 1}, {2, 1}}, {.type = 1});
  CHECK(p.del("u", {}, {1, 1, 9}) == 1);
  CHECK(p.del("u", 1, {1}) == 1);
  CHECK(p.del("u", 0) == 2);
  CHECK(p.getall("u").rows.size() == 1);
  CHECK(p.del("u") == 1);
  CHECK(p.del("u") == 0);
  CHECK(p.getall("u").head.version > 0);
  p.reload("u");
  CHECK(p.getall("u").rows.empty());
  CHECK(p.getall("u").head.version > 0);
}

TEST_CASE("a deletion that finds nothing is free") {
  Partition p;
  p.ack("u", {{1, 1}});
  p.commit_all();
  const int64_t version = p.getall("u").head.version;
  CHECK(p.del("u", {}, {2}) == 0);
  CHECK(p.del("u", 5) == 0);
  CHECK(p.getall("u").head.version == version);
  CHECK_FALSE(p.states.is_dirty("u"));
}

TEST_CASE("each changed row is told of once, and a no-op to nobody") {
  struct Listener final : ChangeListener {
    void on_change(ChangeOp op, Bytes user, const Row& row) override {
      CHECK(user == "u");
      events.emplace_back(op, row.id.channel);
      versions.push_back(row.version);
    }
    std::vector<std::pair<ChangeOp, int64_t>> events;
    std::vector<int64_t> versions;
  } listener;
  Partition p;
  p.load("u");
  p.states.set_listener(&listener);
  p.ack("u", {{1, 1}, {2, 1}, {1, 0}});
  p.ack("u", {{1, 1}});
  p.set("u", {1, 5});
  p.set("u", {1, 5});
  p.incr("u", {2, 5});
  p.incr("u", {2, 1});
  p.del("u", {}, {1, 9});
  p.del("u");
  using enum ChangeOp;
  const std::vector<std::pair<ChangeOp, int64_t>> expected = {{ack, 1},  {ack, 2}, {set, 1},
                                                              {incr, 2}, {del, 1}, {del, 2}};
  CHECK(listener.events == expected);
  CHECK(std::ranges::is_sorted(listener.versions));
  CHECK(listener.versions.back() == p.getall("u").head.version);
  p.states.set_listener(nullptr);
}

}  // namespace
}  // namespace tidemark::storage
