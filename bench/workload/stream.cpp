#include "bench/workload/stream.hpp"

#include <algorithm>
#include <cmath>

#include "storage/base/ensure.hpp"

namespace tidemark::bench {

namespace {

uint32_t users_in_lane(uint32_t users, WorkloadStream::Lane lane) {
  ENSURE(lane.of > 0 && lane.index < lane.of && lane.of <= users);
  return users / lane.of + (lane.index < users % lane.of ? 1 : 0);
}

constexpr uint64_t kLateMessagesMax = 100'000;
constexpr int32_t kCounterMax = 2'147'483'647;

}  // namespace

WorkloadStream::WorkloadStream(const WorkloadConfig& config, Lane lane)
    : config_(config),
      population_(config.population),
      lane_(lane),
      lane_users_(users_in_lane(config.population.users, lane)),
      random_(mix64(config.population.seed) + lane.index),
      ranks_(lane_users_, config.user_theta),
      shuffle_(lane_users_) {}

uint32_t WorkloadStream::user_of_rank(uint64_t rank) const {
  return static_cast<uint32_t>(shuffle_(rank)) * lane_.of + lane_.index;
}

uint32_t WorkloadStream::pick_user() { return user_of_rank(ranks_.sample(random_)); }

// A user reads a few of the channels much more than the others: the square of a uniform number puts
// half of the choices on the first quarter. One in twenty is an announcement.
RowId WorkloadStream::pick_channel(uint32_t user) {
  const uint32_t announcements = config_.population.announcement_channels;
  if (announcements != 0 && random_.below(20) == 0) {
    return population_.announcement(static_cast<uint32_t>(random_.below(announcements)));
  }
  const double u = random_.unit();
  const auto count = static_cast<double>(population_.channel_count(user));
  return population_.channel(user, static_cast<uint32_t>(u * u * count));
}

int64_t WorkloadStream::message() {
  // Lanes share the clock roughly: each counts its own operations for all of them.
  const uint64_t newest = kLateMessagesMax + operations_ * lane_.of + lane_.index;
  if (random_.unit() >= config_.late) return message_snowflake(newest);
  return message_snowflake(newest - random_.below(kLateMessagesMax));
}

Operation WorkloadStream::next() {
  ++operations_;
  if (config_.storm_every != 0 && operations_ % config_.storm_every == 0) {
    storm_left_ = config_.storm_size;
  }
  if (storm_left_ != 0) {
    --storm_left_;
    const auto user = static_cast<uint32_t>(random_.below(lane_users_)) * lane_.of + lane_.index;
    return {.kind = OperationKind::getall_since, .user = user};
  }
  if (random_.unit() < config_.fanout) return fanout();
  const uint32_t user = pick_user();
  double dice = random_.unit() *
                (config_.ack + config_.incr + config_.getall + config_.lookup + config_.set_or_del);
  if ((dice -= config_.ack) < 0) return ack(user);
  if ((dice -= config_.incr) < 0) return incr(user);
  if ((dice -= config_.getall) < 0) {
    const bool since = random_.below(2) == 0;
    return {.kind = since ? OperationKind::getall_since : OperationKind::getall, .user = user};
  }
  if ((dice -= config_.lookup) < 0) return lookup(user);
  return set_or_del(user);
}

Operation WorkloadStream::ack(uint32_t user) {
  const RowId row = pick_channel(user);
  Operation op{.kind = OperationKind::ack, .user = user, .type = row.type};
  op.channels.push_back({row.channel, message()});
  switch (random_.below(50)) {
    case 0:  // a guild is marked as read
      for (uint64_t more = 1 + random_.below(9); more != 0; --more) {
        const RowId other = pick_channel(user);
        if (other.type == op.type) op.channels.push_back({other.channel, message()});
      }
      break;
    case 1:  // read up to a message before the last mention
      op.mentions = static_cast<int32_t>(1 + random_.below(3));
      break;
    case 2:
      op.unread = static_cast<int32_t>(1 + random_.below(40));
      break;
    case 3:
      op.flags = static_cast<uint8_t>(random_.below(256));
      break;
    default:
      break;
  }
  return op;
}

Operation WorkloadStream::incr(uint32_t user) {
  const RowId row = pick_channel(user);
  Operation op{.kind = OperationKind::incr, .user = user, .type = row.type};
  op.channels.push_back({row.channel, message()});
  const uint64_t dice = random_.below(1000);
  if (dice < 650) return op;  // one mention, the default
  if (dice < 950) {
    op.unread = 1;
  } else if (dice < 980) {
    op.mentions = 1;
    op.unread = 1;
  } else if (dice < 998) {  // a message was deleted
    op.mentions = -1;
  } else {  // both ends saturate
    op.mentions = dice == 998 ? kCounterMax : -kCounterMax;
  }
  return op;
}

Operation WorkloadStream::lookup(uint32_t user) {
  const uint64_t which = random_.below(3);
  if (which == 0) return {.kind = OperationKind::total, .user = user};
  const RowId row = pick_channel(user);
  Operation op{.kind = which == 1 ? OperationKind::get : OperationKind::unread,
               .user = user,
               .type = row.type};
  op.channels.push_back({row.channel, message()});
  for (uint64_t more = random_.below(10); more != 0; --more) {
    const RowId other = pick_channel(user);
    if (other.type == op.type) op.channels.push_back({other.channel, message()});
  }
  return op;
}

Operation WorkloadStream::set_or_del(uint32_t user) {
  const RowId row = pick_channel(user);
  const uint64_t which = random_.below(300);
  if (which == 299) return {.kind = OperationKind::erase, .user = user};
  Operation op{.kind = which < 200 ? OperationKind::set : OperationKind::del,
               .user = user,
               .type = row.type};
  op.channels.push_back({row.channel, message()});
  if (op.kind == OperationKind::del) return op;
  op.manual = random_.below(2) == 0;
  if (random_.below(4) == 0) op.mentions = static_cast<int32_t>(random_.below(10));
  if (random_.below(4) == 0) op.unread = static_cast<int32_t>(random_.below(100));
  if (random_.below(8) == 0) op.flags = static_cast<uint8_t>(random_.below(256));
  return op;
}

Operation WorkloadStream::fanout() {
  Operation op{.kind = OperationKind::fanout};
  const uint32_t channels = std::max(1U, config_.population.announcement_channels);
  const RowId row = config_.population.announcement_channels == 0
                        ? population_.channel(0, 0)
                        : population_.announcement(static_cast<uint32_t>(random_.below(channels)));
  op.type = row.type;
  op.channels.push_back({row.channel, message()});
  if (random_.below(2) == 0) op.unread = 1;
  const double limit = std::log(static_cast<double>(config_.fanout_max) + 1);
  const auto size = static_cast<uint32_t>(std::exp(random_.unit() * limit));
  const auto hot = static_cast<uint64_t>(config_.resident_share * lane_users_);
  op.fanout_users.reserve(size);
  for (uint32_t i = 0; i < std::clamp(size, 1U, config_.fanout_max); ++i) {
    const bool cold = hot == 0 || random_.unit() < config_.fanout_cold;
    const uint64_t rank =
        cold ? hot + random_.below(std::max<uint64_t>(1, lane_users_ - hot)) : random_.below(hot);
    op.fanout_users.push_back(user_of_rank(std::min<uint64_t>(rank, lane_users_ - 1)));
  }
  return op;
}

}  // namespace tidemark::bench
