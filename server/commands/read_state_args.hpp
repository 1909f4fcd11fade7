#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "storage/readstate/read_states.hpp"

namespace tidemark::server {

// The arguments of the READSTATE commands: each reads one of them, with the error that the contract
// gives it. All latch into the reader.

inline constexpr size_t kUserKeyBytesMax = 512;
inline constexpr size_t kAckPairsMax = 4096;
inline constexpr int64_t kFanoutUsersMax = 65536;

// Whether a counter is set, from 0 on, or added to, either way.
enum class Counter : uint8_t { absolute, difference };

// What a command names one of, or many: the usual few take no allocation.
template <typename T>
class Several {
 public:
  void reserve(size_t count) {
    if (count > few_.size()) many_.reserve(count);
  }
  void push_back(const T& value) {
    if (many_.capacity() == 0 && few_count_ < few_.size()) {
      few_[few_count_++] = value;
      return;
    }
    if (many_.empty())
      many_.assign(few_.begin(), few_.begin() + static_cast<ptrdiff_t>(few_count_));
    many_.push_back(value);
  }
  std::span<const T> all() const {
    return many_.empty() ? std::span<const T>(few_.data(), few_count_) : std::span<const T>(many_);
  }

 private:
  std::array<T, 4> few_{};
  size_t few_count_ = 0;
  std::vector<T> many_;
};

// 1 to 512 bytes.
Bytes read_user(ArgReader& args);
int64_t read_channel(ArgReader& args);
int64_t read_message_id(ArgReader& args);
int64_t read_head(ArgReader& args);

// Each: steps over `WORD value` and keeps the value, or returns false where another word is next.
bool accept_type(ArgReader& args, std::optional<uint8_t>& type);
bool accept_mentions(ArgReader& args, Counter counter, std::optional<int32_t>& mentions);
bool accept_unread(ArgReader& args, Counter counter, std::optional<int32_t>& unread);
bool accept_flags(ArgReader& args, std::optional<uint8_t>& flags);

// Fails as an arity mistake of `command` would.
void fail_arity(ArgReader& args, Bytes error);

// What each command says, read from its arguments. A failed reader leaves them half read.
struct AckArgs {
  Bytes user;
  storage::AckOptions options;
  Several<storage::ChannelId> pairs;
};
AckArgs read_ack(ArgReader& args);

struct SetArgs {
  Bytes user;
  storage::SetOptions options;
  storage::ChannelId target;
};
SetArgs read_set(ArgReader& args);

struct IncrArgs {
  Bytes user;
  storage::IncrOptions options;
  storage::ChannelId target;
};
IncrArgs read_incr(ArgReader& args);

struct FanoutArgs {
  std::span<const Bytes> users;
  storage::IncrOptions options;
  storage::ChannelId target;
};
FanoutArgs read_fanout(ArgReader& args);

struct GetArgs {
  Bytes user;
  uint8_t type = 0;
  Several<int64_t> channels;
};
GetArgs read_get(ArgReader& args);

struct GetAllArgs {
  Bytes user;
  storage::GetAllOptions options;
};
GetAllArgs read_getall(ArgReader& args);

struct UnreadArgs {
  Bytes user;
  storage::UnreadOptions options;
  Several<storage::ChannelId> heads;
};
UnreadArgs read_unread(ArgReader& args);

struct TotalArgs {
  Bytes user;
  storage::TotalOptions options;
};
TotalArgs read_total(ArgReader& args);

struct DelArgs {
  Bytes user;
  std::optional<uint8_t> type;
  Several<int64_t> channels;
};
DelArgs read_del(ArgReader& args);

}  // namespace tidemark::server
