#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/readstate/read_states.hpp"

namespace tidemark::storage::testing {

// What a store would have to do, kept in a map. Every commit is applied as the contract of
// read_states.hpp says.
class MapStore {
 public:
  LoadedUser load(const std::string& user) const {
    const auto found = users_.find(user);
    return found == users_.end() ? LoadedUser{} : found->second;
  }
  void commit(const UserCommit& commit) {
    LoadedUser& user = users_[commit.user];
    if (!commit.deltas.empty()) {
      apply_deltas(commit.deltas, user);
      return;
    }
    if (commit.version < user.version) return;
    user.version = commit.version;
    user.last_deletion = commit.last_deletion;
    std::erase_if(user.rows,
                  [&](const Row& row) { return (commit.erased_types >> row.id.type & 1) != 0; });
    for (const RowId& id : commit.erased) erase(user, id);
    for (const Row& row : commit.rows) {
      erase(user, row.id);
      user.rows.insert(std::ranges::lower_bound(user.rows, row.id, {}, &Row::id), row);
    }
  }

 private:
  static void erase(LoadedUser& user, RowId id) {
    std::erase_if(user.rows, [id](const Row& row) { return row.id == id; });
  }

  std::map<std::string, LoadedUser> users_;
};

// The rows of a reply, with its head.
class Rows final : public RowReceiver {
 public:
  void begin(const RowsHead& begun) override { head = begun; }
  void row(const Row& row) override { rows.push_back(row); }

  RowsHead head;
  std::vector<Row> rows;
};

// Read states and their store, with commands as short as a test wants them. Every command makes the
// clock go on by 1,000 us first.
class Partition {
 public:
  explicit Partition(ReadStatesOptions options = {}) : states(options) {}
  ~Partition() { states.check(); }

  void load(const std::string& user) {
    states.begin_load(user);
    states.install(user, store.load(user), tick());
  }
  UserRef ref(const std::string& user) {
    if (states.residency(user) == Residency::absent) load(user);
    return states.find(user);
  }
  int64_t tick() { return now_us += 1000; }

  Result<int64_t> try_ack(const std::string& user, std::vector<ChannelId> pairs,
                          AckOptions options = {}) {
    UserRef found = ref(user);
    return states.ack(found, pairs, options, tick());
  }
  int64_t ack(const std::string& user, std::vector<ChannelId> pairs, AckOptions options = {}) {
    return *try_ack(user, std::move(pairs), options);
  }
  std::optional<int64_t> set(const std::string& user, ChannelId target, SetOptions options = {}) {
    UserRef found = ref(user);
    return *states.set(found, target, options, tick());
  }
  // Does not load.
  bool incr(const std::string& user, ChannelId target, IncrOptions options = {.mentions = 1}) {
    UserRef found = states.find(user);
    return *states.incr(found, target, options, tick());
  }
  std::optional<Row> get(const std::string& user, int64_t channel, uint8_t type = 0) {
    UserRef found = ref(user);
    return states.get(found, RowId{type, channel});
  }
  Rows getall(const std::string& user, GetAllOptions options = {}) {
    UserRef found = ref(user);
    Rows rows;
    states.getall(found, options, rows);
    CHECK(rows.head.count == rows.rows.size());
    return rows;
  }
  std::vector<Row> unread(const std::string& user, std::vector<ChannelId> heads,
                          UnreadOptions options = {}) {
    UserRef found = ref(user);
    std::vector<Row> rows;
    states.unread(found, heads, options, rows);
    return rows;
  }
  Total total(const std::string& user, TotalOptions options = {}) {
    UserRef found = ref(user);
    return states.total(found, options);
  }
  size_t del(const std::string& user, std::optional<uint8_t> type = {},
             std::vector<int64_t> channels = {}) {
    UserRef found = ref(user);
    return states.del(found, type, channels, tick());
  }

  std::vector<UserCommit> collect(int64_t delay_ms = 0) {
    std::vector<UserCommit> commits;
    states.collect(now_us / 1000, {.delay_ms = delay_ms}, commits);
    return commits;
  }
  void commit_all() {
    for (;;) {
      const std::vector<UserCommit> commits = collect();
      if (commits.empty()) return;
      for (const UserCommit& commit : commits) {
        store.commit(commit);
        states.commit_done(commit.user);
      }
    }
  }
  void reload(const std::string& user) {
    commit_all();
    REQUIRE(states.evict(user));
    load(user);
  }

  int64_t now_us = 1'700'000'000'000'000;
  MapStore store;
  ReadStates states;
};

}  // namespace tidemark::storage::testing
