#include "server/notify/read_state_notifier.hpp"

#include <utility>

#include <fmt/format.h>

#include "server/config/setting_types.hpp"
#include "server/core/core.hpp"
#include "server/pubsub/publish.hpp"

namespace tidemark::server {

namespace {

using storage::ChangeOp;

constexpr Bytes kChannelPrefix = "__readstate__:";

uint8_t bit_of(ChangeOp op) {
  switch (op) {
    case ChangeOp::ack:
      return readstate_event::kAck;
    case ChangeOp::set:
      return readstate_event::kSet;
    case ChangeOp::del:
      return readstate_event::kDel;
    case ChangeOp::incr:
      return readstate_event::kIncr;
  }
  return 0;
}

Bytes word_of(ChangeOp op) {
  switch (op) {
    case ChangeOp::ack:
      return "ack";
    case ChangeOp::set:
      return "set";
    case ChangeOp::del:
      return "del";
    case ChangeOp::incr:
      return "incr";
  }
  return {};
}

// Ids are strings: JavaScript loses integers above 2^53.
std::string json_of(ChangeOp op, const storage::Row& row) {
  return fmt::format(
      R"({{"op":"{}","type":{},"channel":"{}","mark":"{}","mentions":{},"unread":{},"flags":{},)"
      R"("manual":{},"version":{}}})",
      word_of(op), row.id.type, row.id.channel, row.mark, row.mentions, row.unread, row.flags,
      row.manual ? 1 : 0, row.version);
}

}  // namespace

void ReadStateNotifier::on_change(ChangeOp op, Bytes user, const storage::Row& row) {
  if ((events_ & bit_of(op)) == 0) return;
  if (subscribed_names_ == nullptr || subscribed_names_->load(std::memory_order_relaxed) == 0) {
    return;
  }
  notes_.push_back({.op = op, .user = std::string(user), .row = row});
  changes_.set_noted();
}

void ReadStateNotifier::publish(const OnCore& here) {
  std::string user;
  std::string channel;
  bool wanted = false;
  for (const Note& note : std::exchange(notes_, {})) {
    if (channel.empty() || note.user != user) {
      user = note.user;
      channel = std::string(kChannelPrefix) + user;
      wanted = may_be_wanted(here, channel);
    }
    if (wanted) announce(here, channel, json_of(note.op, note.row));
  }
}

}  // namespace tidemark::server
