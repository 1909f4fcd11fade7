#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "tests/storage/readstate/fixture.hpp"
#include "tests/storage/readstate/random_rows.hpp"

// Random commands, loads, commits, failures and evictions against a map that knows nothing of a
// store.
//
// The store here does its jobs in order and reports their outcomes in order, at any later time. A
// commit may fail, with effect or without, and one that was made before may be made again unasked.
namespace tidemark::storage {
namespace {

using testing::MapStore;
using testing::RandomRows;
using testing::Rows;

using ModelRows = std::map<RowId, Row>;

// Everything that a user should have, from the first moment, whoever is in memory. Versions are
// zero.
struct ModelUser {
  ModelRows rows;

  bool ack(ChannelId pair, const AckOptions& options) {
    const RowId id{options.type, pair.channel};
    const auto found = rows.find(id);
    if (found != rows.end() && pair.id < found->second.mark) return false;
    Row row{.id = id, .mark = pair.id, .mentions = options.mentions, .unread = options.unread};
    if (found != rows.end()) row.flags = found->second.flags;
    if (options.flags) row.flags = *options.flags;
    if (found != rows.end() && found->second == row) return false;
    rows[id] = row;
    return true;
  }
  bool set(ChannelId target, const SetOptions& options) {
    const RowId id{options.type, target.channel};
    const auto found = rows.find(id);
    Row row = found == rows.end() ? Row{.id = id} : found->second;
    row.mark = target.id;
    row.manual = options.manual;
    if (options.mentions) row.mentions = *options.mentions;
    if (options.unread) row.unread = *options.unread;
    if (options.flags) row.flags = *options.flags;
    if (found != rows.end() && found->second == row) return false;
    rows[id] = row;
    return true;
  }
  bool incr(ChannelId target, const IncrOptions& options) {
    const RowId id{options.type, target.channel};
    const auto found = rows.find(id);
    Row row = found == rows.end() ? Row{.id = id} : found->second;
    if (target.id <= row.mark) return false;
    const auto add = [](int32_t counter, int32_t change) {
      return static_cast<int32_t>(
          std::clamp<int64_t>(int64_t{counter} + change, 0, std::numeric_limits<int32_t>::max()));
    };
    const Row before = row;
    row.mentions = add(row.mentions, options.mentions);
    row.unread = add(row.unread, options.unread);
    if (row == before) return false;
    rows[id] = row;
    return true;
  }
  size_t del(std::optional<uint8_t> type, const std::vector<int64_t>& channels) {
    return std::erase_if(rows, [&](const auto& entry) {
      const RowId id = entry.first;
      if (channels.empty()) return !type || id.type == *type;
      return id.type == type.value_or(0) && std::ranges::count(channels, id.channel) > 0;
    });
  }
};

ModelRows without_versions(const std::vector<Row>& rows) {
  ModelRows map;
  for (Row row : rows) {
    row.version = 0;
    map[row.id] = row;
  }
  return map;
}

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : random_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      CAPTURE(i);
      step();
      if (i % 64 == 0) states_.check();
    }
    settle();
  }

 private:
  struct LoadJob {
    std::string user;
  };
  struct Load {
    std::string user;
    std::optional<LoadedUser> loaded;
  };
  struct Commit {
    std::vector<UserCommit> users;
    bool done = false;
  };

  void step() {
    now_us_ += static_cast<int64_t>(random_.below(3000));
    if (random_.chance(1)) now_us_ -= 1'000'000;
    switch (random_.below(12)) {
      case 0:
        collect(static_cast<int64_t>(random_.below(3)), 1 + random_.below(3));
        return;
      case 1:
        collect_one(random_user());
        return;
      case 2:
      case 3:
        do_job(Faults::some);
        return;
      case 4:
      case 5:
        report_outcome();
        return;
      case 6:
        evict(random_user());
        return;
      case 7:
        if (!past_.empty()) store_.commit(past_[random_.below(past_.size())]);
        return;
      case 8:
      case 9:
        incr(random_user());
        return;
      default:
        command(random_user());
    }
  }

  // --- Commands.

  std::string random_user() { return std::string(1, static_cast<char>('a' + random_.below(4))); }
  ChannelId random_target() {
    return {.channel = static_cast<int64_t>(random_.below(5)),
            .id = static_cast<int64_t>(random_.below(12))};
  }
  uint8_t random_type() { return static_cast<uint8_t>(random_.below(2)); }

  void command(const std::string& user) {
    CAPTURE(user);
    UserRef ref = states_.find(user);
    if (ref.residency() == Residency::absent) {
      states_.begin_load(user);
      jobs_.emplace_back(LoadJob{user});
    }
    if (ref.residency() != Residency::resident) return;
    compare(user);
    const int64_t before = versions_[user];
    const bool was_dirty = states_.is_dirty(user);
    const bool changed = change(ref, user);
    Rows rows;
    states_.getall(ref, {}, rows);
    const int64_t version = rows.head.version;
    if (changed) {
      // Above the least possible only while the clock is behind deltas that were given versions.
      REQUIRE(version >= std::max(now_us_, before + 1));
    } else {
      REQUIRE(version == before);
    }
    REQUIRE(states_.is_dirty(user) == (was_dirty || changed));
    if (changed) REQUIRE(states_.uncommitted_version(user) == version);
    compare(user);
  }

  bool change(UserRef& ref, const std::string& user) {
    ModelUser& model = model_[user];
    switch (random_.below(4)) {
      case 0: {
        std::vector<int64_t> channels;
        for (size_t i = random_.below(3); i > 0; --i) channels.push_back(random_target().channel);
        std::optional<uint8_t> type;
        if (random_.chance(60)) type = random_type();
        if (channels.empty() && random_.chance(60)) channels.push_back(0);
        const size_t deleted = model.del(type, channels);
        REQUIRE(states_.del(ref, type, channels, now_us_) == deleted);
        if (deleted > 0) deletions_[user] = states_.info(ref, now_us_).last_deletion;
        return deleted > 0;
      }
      case 1: {
        SetOptions options{.type = random_type(), .manual = random_.chance(30)};
        if (random_.chance(30)) options.mentions = random_.counter();
        if (random_.chance(30)) options.flags = static_cast<uint8_t>(random_.below(3));
        const ChannelId target = random_target();
        const bool changed = model.set(target, options);
        REQUIRE(states_.set(ref, target, options, now_us_));
        return changed;
      }
      default: {
        AckOptions options{.type = random_type()};
        std::vector<ChannelId> pairs(1 + random_.below(3));
        for (ChannelId& pair : pairs) pair = random_target();
        if (pairs.size() == 1 && random_.chance(30)) options.mentions = random_.counter();
        if (random_.chance(20)) options.flags = static_cast<uint8_t>(random_.below(3));
        bool changed = false;
        for (const ChannelId& pair : pairs) changed |= model.ack(pair, options);
        REQUIRE((*states_.ack(ref, pairs, options, now_us_) != 0) == changed);
        return changed;
      }
    }
  }

  void incr(const std::string& user) {
    CAPTURE(user);
    const auto amount = [this] {
      const int32_t counter = random_.chance(70) ? 1 : random_.counter();
      return random_.chance(60) ? counter : -counter;
    };
    const IncrOptions options{
        .type = random_type(), .mentions = amount(), .unread = random_.chance(30) ? amount() : 0};
    const ChannelId target = random_target();
    UserRef ref = states_.find(user);
    const bool resident = ref.residency() == Residency::resident;
    if (resident) compare(user);
    ModelUser& model = model_[user];
    const auto row = model.rows.find(RowId{options.type, target.channel});
    const bool read = target.id <= (row == model.rows.end() ? 0 : row->second.mark);
    model.incr(target, options);
    const Result<bool> counted = states_.incr(ref, target, options, now_us_);
    REQUIRE(counted);
    REQUIRE(*counted == (!resident || !read));
    if (resident) compare(user);
  }

  // A resident user is what the model says, also as seen by SINCE; versions never go back.
  void compare(const std::string& user) {
    UserRef ref = states_.find(user);
    Rows all;
    states_.getall(ref, {}, all);
    REQUIRE(without_versions(all.rows) == model_[user].rows);
    REQUIRE(all.head.version >= versions_[user]);
    const int64_t since = random_.chance(50)
                              ? versions_[user]
                              : all.head.version - 2 + static_cast<int64_t>(random_.below(4));
    versions_[user] = all.head.version;

    Rows changed;
    states_.getall(ref, {.since = since}, changed);
    REQUIRE(changed.head.partial ==
            (since != 0 && since <= all.head.version && since >= deletions_[user]));
    if (changed.head.partial) {
      std::erase_if(all.rows, [since](const Row& row) { return row.version <= since; });
    }
    REQUIRE(changed.rows == all.rows);
  }

  // --- The store.

  void collect(int64_t delay_ms, size_t max_users) {
    Commit commit;
    states_.collect(now_us_ / 1000, {.delay_ms = delay_ms, .max_users = max_users}, commit.users);
    send(std::move(commit));
  }
  void collect_one(const std::string& user) {
    Commit commit;
    const bool dirty = states_.is_dirty(user);
    const CollectOutcome outcome = states_.collect_user(user, commit.users);
    REQUIRE((outcome == CollectOutcome::clean) == !dirty);
    REQUIRE((outcome == CollectOutcome::collected) == !commit.users.empty());
    send(std::move(commit));
  }
  void send(Commit commit) {
    if (commit.users.empty()) return;
    for (const UserCommit& user : commit.users) {
      REQUIRE(in_flight_[user.user]++ == 0);
      REQUIRE((user.version == 0) == !user.deltas.empty());
    }
    jobs_.emplace_back(std::move(commit));
  }

  enum class Faults { none, some };

  void do_job(Faults faults) {
    if (jobs_.empty()) return;
    const bool fails = faults == Faults::some && random_.chance(30);
    if (const auto* job = std::get_if<LoadJob>(&jobs_.front())) {
      Load load{.user = job->user};
      if (!fails) load.loaded = store_.load(job->user);
      outcomes_.emplace_back(std::move(load));
    } else {
      Commit commit = std::move(std::get<Commit>(jobs_.front()));
      commit.done = !fails;
      for (const UserCommit& user : commit.users) {
        if (past_.size() < 200) past_.push_back(user);
        past_[random_.below(past_.size())] = user;
      }
      if (!fails || random_.chance(50)) {
        for (const UserCommit& user : commit.users) store_.commit(user);
      }
      outcomes_.emplace_back(std::move(commit));
    }
    jobs_.pop_front();
  }

  void report_outcome() {
    if (outcomes_.empty()) return;
    if (const auto* load = std::get_if<Load>(&outcomes_.front())) {
      if (load->loaded) {
        states_.install(load->user, *load->loaded, now_us_);
        compare(load->user);
      } else {
        states_.load_failed(load->user);
      }
    } else {
      const Commit& commit = std::get<Commit>(outcomes_.front());
      for (const UserCommit& user : commit.users) {
        --in_flight_[user.user];
        if (commit.done) {
          states_.commit_done(user.user);
          REQUIRE(states_.committed_version(user.user) >= user.version);
        } else {
          states_.commit_failed(user.user);
        }
      }
    }
    outcomes_.pop_front();
  }

  void evict(const std::string& user) {
    const bool evictable =
        states_.residency(user) == Residency::resident && !states_.is_dirty(user);
    REQUIRE(states_.evict(user) == evictable);
    if (evictable) REQUIRE(without_versions(store_.load(user).rows) == model_[user].rows);
  }

  // In the end all is in the store, and nothing else.
  void settle() {
    while (!jobs_.empty() || !outcomes_.empty() || states_.dirty_users() > 0) {
      collect(0, 100);
      while (!jobs_.empty()) do_job(Faults::none);
      while (!outcomes_.empty()) report_outcome();
    }
    states_.check();
    CHECK(states_.dirty_bytes() == 0);
    CHECK(states_.pending_users() == 0);
    CHECK_FALSE(states_.oldest_dirty_ms().has_value());
    for (const auto& entry : model_) {
      const auto& user = entry.first;  // clang 14 lets no lambda, and CAPTURE is one, see a binding
      const auto& model = entry.second;
      CAPTURE(user);
      CHECK(without_versions(store_.load(user).rows) == model.rows);
      if (states_.residency(user) != Residency::resident) continue;
      compare(user);
      UserRef ref = states_.find(user);
      Rows rows;
      states_.getall(ref, {}, rows);
      CHECK(rows.rows == store_.load(user).rows);  // versions too
      CHECK(rows.head.version == store_.load(user).version);
    }
  }

  RandomRows random_;
  int64_t now_us_ = 1'700'000'000'000'000;
  ReadStates states_;
  MapStore store_;
  std::map<std::string, ModelUser> model_;
  std::map<std::string, int64_t> versions_;   // last seen
  std::map<std::string, int64_t> deletions_;  // version of the last
  std::map<std::string, int> in_flight_;
  std::deque<std::variant<LoadJob, Commit>> jobs_;
  std::deque<std::variant<Load, Commit>> outcomes_;
  std::vector<UserCommit> past_;  // commits that were sent once
};

TEST_CASE("read states are what was asked for, whatever loads, commits and failures come between") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Simulation(seed).run(3000);
  }
}

}  // namespace
}  // namespace tidemark::storage
