#include "bench/replay/judge.hpp"

#include <doctest/doctest.h>

#include "bench/base/random.hpp"
#include "bench/workload/stream.hpp"

using namespace tidemark::bench;
using tidemark::protocol::DecodedReply;

namespace {

constexpr uint32_t kUsers = 20;

DecodedReply integer(int64_t value) { return {.type = ':', .integer = value}; }
DecodedReply bulk(const std::string& text) { return {.type = '$', .text = text}; }
DecodedReply array() { return {.type = '*'}; }

// Replies as a right server would; `corrupt` says which reply comes out wrong, and how.
class RightServer {
 public:
  enum class Fault : uint8_t { none, lost_change, old_version, wrong_counter };

  DecodedReply reply(const Operation& op, Fault fault = Fault::none) {
    switch (op.kind) {
      case OperationKind::ack: {
        if (fault == Fault::lost_change) return integer(next_version(op.user));
        const bool changed = model_.ack(op);
        if (fault == Fault::old_version) return integer(changed ? versions_[op.user] : 1);
        return integer(changed ? next_version(op.user) : 0);
      }
      case OperationKind::incr:
        return integer(model_.incr(op.user, op) == ReadStateModel::Counted::counted ? 1 : 0);
      case OperationKind::set:
        return integer(model_.set(op) ? next_version(op.user) : versions_[op.user]);
      case OperationKind::del:
      case OperationKind::erase:
        return integer(static_cast<int64_t>(model_.del(op)));
      case OperationKind::fanout: {
        int64_t counted = 0;
        for (const uint32_t user : op.fanout_users) {
          counted += model_.incr(user, op) == ReadStateModel::Counted::counted ? 1 : 0;
        }
        return integer(counted);
      }
      case OperationKind::getall:
      case OperationKind::getall_since:
        return getall(op.user, fault);
      case OperationKind::get:
      case OperationKind::unread:
        return lookup(op);
      case OperationKind::total:
        return total(op.user);
    }
    return {};
  }

 private:
  int64_t next_version(uint32_t user) { return ++versions_[user]; }

  static std::vector<DecodedReply> fields(const ModelEntry& entry, int64_t version) {
    return {integer(entry.type),
            bulk(std::to_string(entry.channel)),
            bulk(std::to_string(entry.mark)),
            integer(entry.mentions),
            integer(entry.unread),
            integer(entry.flags),
            integer(entry.manual),
            integer(version)};
  }

  DecodedReply getall(uint32_t user, Fault fault) {
    DecodedReply rows = array();
    for (ModelEntry entry : model_.entries(user)) {
      if (fault == Fault::wrong_counter) entry.unread ^= 1;
      DecodedReply row = array();
      row.items = fields(entry, 1);
      rows.items.push_back(row);
    }
    DecodedReply map = array();
    const int64_t version = fault == Fault::old_version ? 0 : versions_[user];
    map.items = {bulk("version"), integer(version), bulk("partial"),
                 integer(0),      bulk("entries"),  rows};
    return map;
  }

  DecodedReply lookup(const Operation& op) {
    DecodedReply out = array();
    for (const ChannelMessage& asked : op.channels) {
      const ModelEntry* found = model_.find(op.user, {.type = op.type, .channel = asked.channel});
      DecodedReply item = array();
      if (op.kind == OperationKind::get) {
        item.null = found == nullptr;
        if (found != nullptr) {
          for (const DecodedReply& field : fields(*found, 1)) {
            item.items.push_back(bulk("name"));
            item.items.push_back(field);
          }
        }
      } else {
        const ModelEntry entry =
            found != nullptr ? *found : ModelEntry{.channel = asked.channel, .type = op.type};
        const bool unread =
            asked.message_id > entry.mark || entry.mentions > 0 || entry.unread > 0 || entry.manual;
        if (!unread) continue;
        item.items = fields(entry, found != nullptr ? 1 : 0);
      }
      out.items.push_back(item);
    }
    return out;
  }

  DecodedReply total(uint32_t user) {
    int64_t mentions = 0;
    int64_t unread = 0;
    int64_t channels = 0;
    for (const ModelEntry& entry : model_.entries(user)) {
      mentions += entry.mentions;
      unread += entry.unread;
      channels += entry.mentions > 0 ? 1 : 0;
    }
    DecodedReply map = array();
    map.items = {bulk("mentions"), integer(mentions),
                 bulk("unread"),   integer(unread),
                 bulk("channels"), integer(channels),
                 bulk("entries"),  integer(static_cast<int64_t>(model_.entries(user).size())),
                 bulk("version"),  integer(versions_[user])};
    return map;
  }

  ReadStateModel model_{kUsers};
  std::vector<int64_t> versions_ = std::vector<int64_t>(kUsers, 1000);
};

WorkloadStream small_stream(uint64_t seed) {
  WorkloadConfig config;
  config.population = {.seed = seed, .users = kUsers, .channels_max = 10};
  config.fanout = 0.02;
  config.fanout_max = 30;
  config.set_or_del = 0.1;
  config.lookup = 0.3;
  config.storm_every = 0;
  return WorkloadStream(config, {});
}

Operation getall_of(uint32_t user) { return {.kind = OperationKind::getall, .user = user}; }

Operation ack_of(int64_t channel, int64_t id) {
  Operation op{.kind = OperationKind::ack, .user = 0};
  op.channels.push_back({channel, id});
  return op;
}

}  // namespace

TEST_CASE("a right server is found without fault") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    WorkloadStream stream = small_stream(seed);
    RightServer server;
    Judge judge(kUsers);
    for (int i = 0; i < 5000; ++i) {
      const Operation op = stream.next();
      judge.settle(op, server.reply(op), 1);
    }
    for (uint32_t user = 0; user < kUsers; ++user) {
      judge.settle(getall_of(user), server.reply(getall_of(user)), 1);
    }
    CHECK(judge.violations() == 0);
    for (const std::string& example : judge.examples()) MESSAGE(example);
    CHECK(judge.users_verified() >= kUsers);
  }
}

TEST_CASE("a change that a server forgot shows when the user is compared") {
  RightServer server;
  Judge judge(kUsers);
  judge.settle(ack_of(1, 10), server.reply(ack_of(1, 10), RightServer::Fault::lost_change), 1);
  CHECK(judge.violations() == 0);
  judge.settle(getall_of(0), server.reply(getall_of(0)), 1);
  CHECK(judge.violations() == 1);
  REQUIRE(judge.examples().size() == 1);
  CHECK(judge.examples()[0] == "GETALL differs: READSTATE.GETALL u0");
}

TEST_CASE("a wrong counter and a version that does not grow are violations") {
  RightServer server;
  Judge judge(kUsers);
  judge.settle(ack_of(1, 10), server.reply(ack_of(1, 10)), 1);
  judge.settle(getall_of(0), server.reply(getall_of(0), RightServer::Fault::wrong_counter), 1);
  CHECK(judge.violations() == 1);
  judge.settle(ack_of(1, 11), server.reply(ack_of(1, 11), RightServer::Fault::old_version), 1);
  CHECK(judge.violations() == 2);
}

TEST_CASE("an error reply changes nothing in the model and is counted") {
  Judge judge(kUsers);
  judge.settle(ack_of(1, 10), {.type = '-', .text = "OOM no"}, 1);
  CHECK(judge.error_replies() == 1);
  CHECK(judge.first_error() == "OOM no");
  CHECK(judge.model().entry_count() == 0);
}

TEST_CASE("after a crash a prefix is accepted, and a loss older than allowed is not") {
  for (const uint64_t allowed_ns : {uint64_t{50}, uint64_t{5}}) {
    CAPTURE(allowed_ns);
    RightServer survived;
    RightServer server;
    Judge judge(kUsers);
    RecentHistory history;
    judge.remember(history);
    judge.settle(ack_of(1, 10), server.reply(ack_of(1, 10)), 100);
    survived.reply(ack_of(1, 10));
    judge.settle(ack_of(1, 20), server.reply(ack_of(1, 20)), 110);
    judge.settle(ack_of(2, 20), server.reply(ack_of(2, 20)), 115);
    judge.settle_unanswered(ack_of(3, 30));
    judge.begin_recovery({.crashed_ns = 120, .loss_max_ns = allowed_ns});
    judge.settle(getall_of(0), survived.reply(getall_of(0)), 130);
    const Judge::CrashReport report = judge.end_recovery();
    CHECK(report.users_with_losses == 1);
    CHECK(report.operations_lost == 2);
    CHECK(report.oldest_lost_ns == 10);
    CHECK(judge.violations() == (allowed_ns == 50 ? 0 : 1));
    // The model follows what survived.
    judge.settle(getall_of(0), survived.reply(getall_of(0)), 140);
    CHECK(judge.violations() == (allowed_ns == 50 ? 0 : 1));
  }
}
