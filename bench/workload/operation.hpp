#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/readstate/row.hpp"

namespace tidemark::bench {

enum class OperationKind : uint8_t {
  ack,
  incr,
  getall,
  getall_since,
  get,
  unread,
  total,
  set,
  del,
  erase,  // READSTATE.DEL of the whole user
  fanout,
};
inline constexpr int kOperationKinds = 11;

const char* name_of(OperationKind kind);

// A channel and the message it is about: an ack's pair, an unread's head.
struct ChannelMessage {
  int64_t channel = 0;
  int64_t message_id = 0;
};

// One READSTATE command, before it has bytes. Which members count depends on the kind.
struct Operation {
  OperationKind kind = OperationKind::total;
  uint32_t user = 0;  // not of a fan-out
  uint8_t type = 0;
  std::vector<ChannelMessage> channels;  // one of incr, set and fanout
  std::optional<int32_t> mentions;
  std::optional<int32_t> unread;
  std::optional<uint8_t> flags;
  bool manual = false;  // of set
  std::vector<uint32_t> fanout_users;
};

// Appends the command as RESP. `since` is the version for getall_since.
void append_operation(std::string& out, const Operation& operation, int64_t since);

// The command as a line of text, for people.
std::string operation_line(const Operation& operation);

}  // namespace tidemark::bench
