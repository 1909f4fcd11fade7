#include <doctest/doctest.h>

#include <set>

#include "storage/table/recency_clock.hpp"
#include "tests/storage/readstate/fixture.hpp"

namespace tidemark::storage {
namespace {

using testing::Partition;

constexpr int64_t kMs = 1000;  // microseconds

std::vector<std::string> users_of(const std::vector<UserCommit>& commits) {
  std::vector<std::string> users;
  for (const UserCommit& commit : commits) users.push_back(commit.user);
  return users;
}

TEST_CASE("users are due in the order of their first uncommitted change, after the delay") {
  Partition p;
  p.ack("a", {{1, 1}});
  const int64_t first_ms = p.now_us / kMs;
  p.ack("b", {{1, 1}});
  p.ack("a", {{1, 2}});
  CHECK(p.states.oldest_dirty_ms() == first_ms);
  CHECK(p.states.dirty_users() == 2);
  std::vector<UserCommit> out;
  CHECK(p.states.collect(first_ms + 9, {.delay_ms = 10}, out) == 0);
  CHECK(p.states.collect(first_ms + 10, {.delay_ms = 10}, out) == 1);
  CHECK(p.states.collect(first_ms + 1000, {.delay_ms = 10}, out) == 1);
  CHECK(users_of(out) == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(p.states.oldest_dirty_ms().has_value());
  CHECK(p.states.dirty_users() == 2);
}

TEST_CASE("a change from before the clock went back is due at once, not in an hour") {
  Partition p;
  p.ack("a", {{1, 1}});
  p.now_us -= 3600 * 1000 * kMs;
  CHECK(p.collect(1000).size() == 1);
}

TEST_CASE("a commit holds the rows that changed since the last one, and no others") {
  Partition p;
  p.ack("u", {{1, 1}, {2, 1}, {3, 1}});
  p.commit_all();
  CHECK_FALSE(p.states.is_dirty("u"));
  const int64_t version = p.ack("u", {{2, 5}});
  const std::vector<UserCommit> commits = p.collect();
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].version == version);
  REQUIRE(commits[0].rows.size() == 1);
  CHECK(commits[0].rows[0] == Row{.id = {0, 2}, .mark = 5, .version = version});
  CHECK(commits[0].erased.empty());
  CHECK(commits[0].erased_types == 0);
}

TEST_CASE(
    "what changes while a commit is in flight is in the next one, as of the first such change") {
  Partition p;
  const int64_t first = p.ack("u", {{1, 1}});
  REQUIRE(p.collect().size() == 1);
  const int64_t second = p.ack("u", {{2, 1}});
  const int64_t second_ms = p.now_us / kMs;
  CHECK(p.collect().empty());
  std::vector<UserCommit> out;
  CHECK(p.states.collect_user("u", out) == CollectOutcome::in_flight);
  CHECK(p.states.uncommitted_version("u") == second);

  p.states.commit_done("u");
  CHECK(p.states.committed_version("u") == first);
  CHECK(p.states.oldest_dirty_ms() == second_ms);
  out = p.collect();
  REQUIRE(out.size() == 1);
  REQUIRE(out[0].rows.size() == 1);
  CHECK(out[0].rows[0].id.channel == 2);
  p.states.commit_done("u");
  CHECK(p.states.committed_version("u") == ReadStates::kAllCommitted);
  CHECK(p.states.uncommitted_version("u") == 0);
}

TEST_CASE("a failed commit makes everything of it due again, before all others") {
  Partition p;
  p.ack("a", {{1, 1}});
  p.ack("b", {{1, 1}});
  const std::vector<UserCommit> failing = p.collect();
  p.ack("c", {{1, 1}});
  p.ack("a", {{2, 1}});
  for (const UserCommit& commit : failing) p.states.commit_failed(commit.user);
  const std::vector<UserCommit> again = p.collect();
  CHECK(users_of(again) == std::vector<std::string>{"a", "b", "c"});
  CHECK(again[0].rows.size() == 2);
}

TEST_CASE("deleted rows are erased from the store, unless they came back") {
  Partition p;
  p.ack("u", {{1, 1}, {2, 1}, {3, 1}});
  p.commit_all();
  p.del("u", {}, {1, 2});
  p.ack("u", {{2, 9}});
  p.del("u", {}, {3});
  p.ack("u", {{3, 9}});
  p.del("u", {}, {3});
  const std::vector<UserCommit> commits = p.collect();
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].erased == std::vector<RowId>{{0, 1}, {0, 3}});
  REQUIRE(commits[0].rows.size() == 1);
  CHECK(commits[0].rows[0].id.channel == 2);
  CHECK(commits[0].last_deletion > 0);
}

TEST_CASE("a deletion while a commit is in flight is in the next one, also if the first fails") {
  Partition p;
  for (const bool fails : {false, true}) {
    CAPTURE(fails);
    p.ack("u", {{1, 1}, {2, 1}});
    const std::vector<UserCommit> commits = p.collect();
    REQUIRE(commits.size() == 1);
    p.del("u");
    if (fails) {
      p.states.commit_failed("u");
    } else {
      p.store.commit(commits[0]);
      p.states.commit_done("u");
    }
    const std::vector<UserCommit> next = p.collect();
    REQUIRE(next.size() == 1);
    CHECK(next[0].erased_types == 1);
    CHECK(next[0].rows.empty());
    p.store.commit(next[0]);
    p.states.commit_done("u");
    CHECK(p.store.load("u").rows.empty());
  }
}

TEST_CASE("INCR on an absent user waits as a delta, and does not load or use the user") {
  Partition p;
  CHECK(p.incr("u", {1, 5}, {.mentions = 1}));
  CHECK(p.states.residency("u") == Residency::absent);
  CHECK(p.states.pending_users() == 1);
  CHECK(p.states.is_dirty("u"));
  const std::vector<UserCommit> commits = p.collect();
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].version == 0);
  REQUIRE(commits[0].deltas.size() == 1);
  CHECK(commits[0].deltas[0].version == p.now_us);
  p.store.commit(commits[0]);
  p.states.commit_done("u");
  CHECK(p.states.pending_users() == 0);
  CHECK(p.get("u", 1)->mentions == 1);
}

TEST_CASE("a delta that arrives before or during a load is merged by it, with a newer version") {
  Partition p;
  const int64_t marked = p.ack("u", {{1, 10}, {2, 10}});
  p.commit_all();
  REQUIRE(p.states.evict("u"));
  p.incr("u", {1, 11});
  p.states.begin_load("u");
  p.incr("u", {1, 11});
  p.incr("u", {2, 10});  // already read: dropped by the load
  p.states.install("u", p.store.load("u"), p.tick());
  CHECK(p.get("u", 1)->mentions == 2);
  CHECK(p.get("u", 2)->version == marked);
  CHECK(p.getall("u", {.since = marked}).rows.size() == 1);
  p.commit_all();
  CHECK(p.store.load("u").rows[0].mentions == 2);
}

TEST_CASE("deltas that are all dropped by the load leave the user clean") {
  Partition p;
  const int64_t marked = p.ack("u", {{1, 10}});
  p.commit_all();
  REQUIRE(p.states.evict("u"));
  p.incr("u", {1, 10});
  p.load("u");
  CHECK_FALSE(p.states.is_dirty("u"));
  CHECK(p.getall("u").head.version == marked);
}

TEST_CASE(
    "a commit of deltas that took effect, was reported as failed and loaded since counts once") {
  Partition p;
  p.incr("u", {1, 5});
  const std::vector<UserCommit> commits = p.collect();
  p.states.begin_load("u");
  p.store.commit(commits[0]);
  p.states.commit_failed("u");
  p.states.install("u", p.store.load("u"), p.tick());
  CHECK(p.get("u", 1)->mentions == 1);
  p.commit_all();
  CHECK(p.store.load("u").rows[0].mentions == 1);
}

TEST_CASE(
    "deltas in flight that the load did not see are merged by it, whatever is reported later") {
  Partition p;
  for (const bool fails : {false, true}) {
    CAPTURE(fails);
    const std::string user = fails ? "failing" : "late";
    p.incr(user, {1, 5});
    const std::vector<UserCommit> commits = p.collect();
    p.states.begin_load(user);
    p.states.install(user, p.store.load(user), p.tick());
    CHECK(p.get(user, 1)->mentions == 1);
    if (fails) {
      p.states.commit_failed(user);
    } else {
      p.store.commit(commits[0]);
      p.states.commit_done(user);
    }
    CHECK(p.get(user, 1)->mentions == 1);
    p.commit_all();
    CHECK(p.store.load(user).rows[0].mentions == 1);
  }
}

TEST_CASE("deltas keep their order, and equal messages share one where that cannot be told") {
  Partition p;
  p.incr("u", {1, 5}, {.mentions = 1});
  p.incr("u", {1, 5}, {.mentions = 2});
  p.incr("u", {1, 5}, {.mentions = -5});
  p.incr("u", {1, 5}, {.mentions = 1});
  p.incr("u", {1, 6}, {.mentions = 1});
  const std::vector<UserCommit> commits = p.collect();
  REQUIRE(commits.size() == 1);
  std::vector<int32_t> mentions;
  for (const Delta& delta : commits[0].deltas) mentions.push_back(delta.mentions);
  CHECK(mentions == std::vector<int32_t>{3, -5, 1, 1});
  CHECK(std::ranges::is_sorted(commits[0].deltas, {}, &Delta::version));
}

TEST_CASE("who waits for a delta's commit is told by its version") {
  Partition p;
  p.incr("u", {1, 5});
  const int64_t wanted = p.states.uncommitted_version("u");
  CHECK(p.states.committed_version("u") < wanted);
  const std::vector<UserCommit> commits = p.collect();
  p.incr("u", {1, 6});
  CHECK(p.states.committed_version("u") < wanted);
  p.store.commit(commits[0]);
  p.states.commit_done("u");
  CHECK(p.states.committed_version("u") >= wanted);
  CHECK(p.states.committed_version("u") < p.states.uncommitted_version("u"));
}

TEST_CASE("a failed load leaves the user absent, with the deltas and without anything else") {
  Partition p;
  p.states.begin_load("u");
  CHECK(p.states.residency("u") == Residency::loading);
  p.states.load_failed("u");
  CHECK(p.states.residency("u") == Residency::absent);
  p.states.begin_load("u");
  p.incr("u", {1, 5});
  p.states.load_failed("u");
  CHECK(p.states.pending_users() == 1);
  CHECK(p.get("u", 1)->mentions == 1);
}

TEST_CASE("pending deltas get versions above all that the store had at the start") {
  Partition p;
  const int64_t ceiling = p.now_us * 2;
  p.states.observe_version(ceiling);
  p.incr("u", {1, 5});
  CHECK(p.states.uncommitted_version("u") == ceiling + 1);
}

TEST_CASE("only clean residents are evicted, and clean ones are preferred") {
  Partition p;
  p.ack("dirty", {{1, 1}});
  CHECK_FALSE(p.states.evict("dirty"));
  CHECK_FALSE(p.states.evict("unknown"));
  std::optional<EvictionCandidate> candidate;
  for (int draws = 0; !candidate && draws < 100; ++draws) {
    candidate = p.states.eviction_candidate();
  }
  REQUIRE(candidate);
  CHECK(candidate->dirty);
  CHECK(candidate->user == "dirty");
  const std::vector<UserCommit> commits = p.collect();
  CHECK_FALSE(p.states.evict("dirty"));
  p.states.commit_done("dirty");
  CHECK(p.states.evict("dirty"));
  p.states.begin_load("loading");
  CHECK_FALSE(p.states.evict("loading"));
}

TEST_CASE("a user's age is counted from the last use, which INCR and INFO are not") {
  RecencyClock clock(1);
  Partition p({.clock = &clock});
  const auto idle_ms = [&p] { return p.states.info(p.states.find("u"), p.now_us).idle_ms; };
  const auto age = [&p] { return p.states.eviction_candidate()->age; };
  clock.set_time(0xffff'fff0);
  p.load("u");
  p.commit_all();
  CHECK(age() == 0);
  clock.set_time(0x1'0000'0005);  // 32 bits went around
  (void)clock.stamp_touched(0);
  CHECK(idle_ms() == 21);
  CHECK(age() == 1);
  p.incr("u", {1, 5});
  p.commit_all();
  CHECK(idle_ms() == 21);
  CHECK(age() == 1);
  p.get("u", 1);
  CHECK(idle_ms() == 0);
  CHECK(age() == 0);
}

TEST_CASE("INFO tells of a user in any state") {
  Partition p;
  const auto info = [&p](const std::string& user) {
    return p.states.info(p.states.find(user), p.now_us);
  };
  CHECK(info("u").residency == Residency::absent);
  p.incr("u", {1, 5});
  CHECK(info("u").pending == 1);
  CHECK(info("u").dirty_ms > 0);
  p.load("u");
  CHECK(info("u").residency == Residency::resident);
  CHECK(info("u").entries == 1);
  CHECK(info("u").pending == 0);
  CHECK(info("u").version == p.getall("u").head.version);
  p.commit_all();
  CHECK(info("u").dirty_ms == 0);
  CHECK(info("u").bytes > 0);
}

TEST_CASE("a scan visits every resident user, and no other") {
  Partition p;
  std::set<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    expected.insert("user:" + std::to_string(i));
    p.load("user:" + std::to_string(i));
    p.incr("absent:" + std::to_string(i), {1, 1});
  }
  std::set<std::string> seen;
  uint64_t cursor = 0;
  do {
    cursor = p.states.scan(cursor, 10, [&seen](Bytes user) { seen.emplace(user); });
  } while (cursor != 0);
  CHECK(seen == expected);
}

TEST_CASE("without a store nothing is dirty and everything may be evicted") {
  Partition p({.backing = ReadStatesOptions::Backing::none});
  p.states.install("u", {}, p.tick());
  p.ack("u", {{1, 1}, {2, 1}});
  p.del("u", {}, {1});
  CHECK(p.incr("u", {1, 5}));
  CHECK(p.states.dirty_users() == 0);
  CHECK(p.collect().empty());
  CHECK(p.states.evict("u"));
}

TEST_CASE("a user of the greatest size is committed, deleted and committed again") {
  Partition p;
  p.load("u");
  UserRef user = p.ref("u");
  std::vector<ChannelId> pairs;
  for (int64_t channel = 0; channel < 131072; ++channel) pairs.push_back({channel * 977, channel});
  REQUIRE(p.states.ack(user, pairs, {}, p.tick()));
  CHECK(p.try_ack("u", {{1, 1}}).error() == Errc::too_many_channels);
  CHECK(p.collect().at(0).rows.size() == 131072);
  CHECK(p.del("u", 0) == 131072);
  p.states.commit_done("u");
  CHECK(p.collect().at(0).erased_types == 1);
  p.states.commit_done("u");
}

}  // namespace
}  // namespace tidemark::storage
