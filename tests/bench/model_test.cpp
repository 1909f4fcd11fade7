#include "bench/replay/model.hpp"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "bench/base/random.hpp"
#include "bench/replay/history.hpp"
#include "bench/workload/stream.hpp"

using namespace tidemark::bench;

namespace {

constexpr int32_t kCounterMax = 2'147'483'647;

Operation about(OperationKind kind, int64_t channel, int64_t id) {
  Operation op{.kind = kind, .user = 0};
  op.channels.push_back({channel, id});
  return op;
}

ModelEntry entry_of(const ReadStateModel& model, int64_t channel) {
  const ModelEntry* found = model.find(0, {.type = 0, .channel = channel});
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_CASE("a stale acknowledgement changes nothing, not even the flags") {
  ReadStateModel model(1);
  CHECK(model.ack(about(OperationKind::ack, 5, 100)));
  Operation stale = about(OperationKind::ack, 5, 99);
  stale.flags = 7;
  stale.mentions = 3;
  CHECK_FALSE(model.ack(stale));
  CHECK(entry_of(model, 5).mark == 100);
  CHECK(entry_of(model, 5).flags == 0);
  CHECK(entry_of(model, 5).mentions == 0);
}

TEST_CASE("an equal acknowledgement clears counters and the manual bit, and is then a no-op") {
  ReadStateModel model(1);
  Operation set = about(OperationKind::set, 5, 100);
  set.mentions = 4;
  set.unread = 9;
  set.flags = 3;
  set.manual = true;
  CHECK(model.set(set));
  CHECK(model.ack(about(OperationKind::ack, 5, 100)));
  const ModelEntry entry = entry_of(model, 5);
  CHECK(entry.mentions == 0);
  CHECK(entry.unread == 0);
  CHECK_FALSE(entry.manual);
  CHECK(entry.flags == 3);
  CHECK_FALSE(model.ack(about(OperationKind::ack, 5, 100)));
}

TEST_CASE("set goes backwards and keeps what it does not name") {
  ReadStateModel model(1);
  Operation ack = about(OperationKind::ack, 5, 100);
  ack.mentions = 2;
  ack.flags = 8;
  model.ack(ack);
  CHECK(model.set(about(OperationKind::set, 5, 10)));
  CHECK(entry_of(model, 5).mark == 10);
  CHECK(entry_of(model, 5).mentions == 2);
  CHECK(entry_of(model, 5).flags == 8);
  CHECK_FALSE(model.set(about(OperationKind::set, 5, 10)));
}

TEST_CASE("a counter at or below the mark is dropped") {
  ReadStateModel model(1);
  model.ack(about(OperationKind::ack, 5, 100));
  CHECK(model.incr(0, about(OperationKind::incr, 5, 100)) == ReadStateModel::Counted::dropped);
  CHECK(entry_of(model, 5).mentions == 0);
  CHECK(model.incr(0, about(OperationKind::incr, 5, 101)) == ReadStateModel::Counted::counted);
  CHECK(entry_of(model, 5).mentions == 1);
}

TEST_CASE("counters saturate at both ends") {
  ReadStateModel model(1);
  Operation up = about(OperationKind::incr, 5, 1);
  up.mentions = kCounterMax;
  up.unread = 1;
  model.incr(0, up);
  model.incr(0, up);
  CHECK(entry_of(model, 5).mentions == kCounterMax);
  CHECK(entry_of(model, 5).unread == 2);
  Operation down = about(OperationKind::incr, 5, 1);
  down.mentions = -kCounterMax;
  model.incr(0, down);
  model.incr(0, down);
  CHECK(entry_of(model, 5).mentions == 0);
  CHECK(entry_of(model, 5).unread == 2);
}

TEST_CASE("a counter creates only what is positive, and UNREAD alone adds no mention") {
  ReadStateModel model(1);
  Operation down = about(OperationKind::incr, 5, 1);
  down.mentions = -1;
  CHECK(model.incr(0, down) == ReadStateModel::Counted::counted);
  CHECK(model.entry_count() == 0);
  Operation unread = about(OperationKind::incr, 6, 1);
  unread.unread = 2;
  model.incr(0, unread);
  CHECK(entry_of(model, 6).mark == 0);
  CHECK(entry_of(model, 6).mentions == 0);
  CHECK(entry_of(model, 6).unread == 2);
}

TEST_CASE("deletion counts what was there") {
  ReadStateModel model(1);
  for (int64_t channel = 1; channel <= 5; ++channel) {
    model.ack(about(OperationKind::ack, channel, 10));
  }
  CHECK(model.del(about(OperationKind::del, 3, 0)) == 1);
  CHECK(model.del(about(OperationKind::del, 3, 0)) == 0);
  CHECK(model.del({.kind = OperationKind::erase, .user = 0}) == 4);
  CHECK(model.entry_count() == 0);
}

TEST_CASE("the workload's changes, taken back one by one, lead through every earlier state") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    WorkloadConfig config;
    config.population = {.seed = seed, .users = 5, .channels_max = 8};
    config.fanout = 0.05;
    config.fanout_max = 8;
    config.set_or_del = 0.3;
    config.storm_every = 0;
    WorkloadStream stream(config, {});
    ReadStateModel model(5);
    RecentHistory history;
    model.set_change_log(&history);
    std::vector<std::vector<ModelEntry>> states{model.entries(0)};
    for (int n = 0; n < 400; ++n) {
      const Operation op = stream.next();
      history.begin_operation(uint64_t(n));
      switch (op.kind) {
        case OperationKind::ack:
          model.ack(op);
          break;
        case OperationKind::incr:
          model.incr(op.user, op);
          break;
        case OperationKind::set:
          model.set(op);
          break;
        case OperationKind::del:
        case OperationKind::erase:
          model.del(op);
          break;
        case OperationKind::fanout:
          for (const uint32_t user : op.fanout_users) model.incr(user, op);
          break;
        default:
          break;
      }
      const auto& entries = model.entries(0);
      CHECK(std::is_sorted(entries.begin(), entries.end(),
                           [](const auto& a, const auto& b) { return a.id() < b.id(); }));
      if (entries != states.back()) states.push_back(entries);
    }
    REQUIRE(states.size() > 50);
    const auto steps = history.steps_by_user()[0];
    Random random(seed);
    const size_t chosen = states.size() - 1 - random.below(states.size() / 2);
    const PrefixMatch match = match_prefix(model, 0, steps, states[chosen]);
    CHECK(match.matched);
    CHECK(model.entries(0) == states[chosen]);
    if (match.lost != 0) CHECK(match.oldest_lost_ns);
  }
}

TEST_CASE("a state that the user never was in matches no prefix") {
  ReadStateModel model(1);
  RecentHistory history;
  model.set_change_log(&history);
  for (int64_t id = 1; id <= 3; ++id) {
    history.begin_operation(uint64_t(id));
    model.ack(about(OperationKind::ack, id, 10));
  }
  // The second change without the first: no prefix.
  const std::vector<ModelEntry> torn{{.channel = 2, .mark = 10}};
  CHECK_FALSE(match_prefix(model, 0, history.steps_by_user()[0], torn).matched);
}

TEST_CASE("an operation without a reply is not counted as lost") {
  ReadStateModel model(1);
  RecentHistory history;
  model.set_change_log(&history);
  history.begin_operation(5);
  model.ack(about(OperationKind::ack, 1, 10));
  history.begin_operation(std::nullopt);
  model.ack(about(OperationKind::ack, 1, 20));
  const PrefixMatch match =
      match_prefix(model, 0, history.steps_by_user()[0], {{.channel = 1, .mark = 10}});
  CHECK(match.matched);
  CHECK(match.lost == 0);
}

TEST_CASE("forgotten history no longer explains a loss") {
  ReadStateModel model(1);
  RecentHistory history;
  model.set_change_log(&history);
  history.begin_operation(5);
  model.ack(about(OperationKind::ack, 1, 10));
  history.begin_operation(9);
  model.ack(about(OperationKind::ack, 1, 20));
  history.forget_before(9);
  CHECK(history.size() == 1);
  CHECK_FALSE(match_prefix(model, 0, history.steps_by_user()[0], {}).matched);
}
