#include "server/commands/read_state_args.hpp"

#include "server/errors.hpp"

namespace tidemark::server {

namespace {

constexpr int64_t kIdMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kCounterMax = std::numeric_limits<int32_t>::max();

template <typename T>
bool accept_number(ArgReader& args, Bytes word, int64_t low, int64_t high, Bytes error,
                   std::optional<T>& value) {
  if (!args.accept(word)) return false;
  value = static_cast<T>(args.next_integer(low, high, error));
  return true;
}

// What is left of the arguments as channels and ids in turn.
void read_pairs(ArgReader& args, int64_t (*read_id)(ArgReader&), Bytes arity_error,
                Several<storage::ChannelId>& pairs) {
  if (args.empty() || args.remaining() % 2 != 0) return fail_arity(args, arity_error);
  pairs.reserve(args.remaining() / 2);
  while (!args.empty() && !args.failed()) {
    const int64_t channel = read_channel(args);
    pairs.push_back({.channel = channel, .id = read_id(args)});
  }
}

// "neither given means MENTIONS 1"
storage::IncrOptions increments(std::optional<uint8_t> type, std::optional<int32_t> mentions,
                                std::optional<int32_t> unread) {
  if (!mentions && !unread) mentions = 1;
  return {.type = type.value_or(0), .mentions = mentions.value_or(0), .unread = unread.value_or(0)};
}

}  // namespace

Bytes read_user(ArgReader& args) {
  const Bytes user = args.next();
  if (user.empty() || user.size() > kUserKeyBytesMax) {
    args.fail("ERR user key must be 1 to 512 bytes");
  }
  return user;
}

int64_t read_channel(ArgReader& args) {
  return args.next_integer(0, kIdMax,
                           "ERR channel id must be an integer between 0 and 9223372036854775807");
}

int64_t read_message_id(ArgReader& args) {
  return args.next_integer(0, kIdMax,
                           "ERR message id must be an integer between 0 and 9223372036854775807");
}

int64_t read_head(ArgReader& args) {
  return args.next_integer(0, kIdMax,
                           "ERR head must be an integer between 0 and 9223372036854775807");
}

bool accept_type(ArgReader& args, std::optional<uint8_t>& type) {
  return accept_number(args, "type", 0, 15, "ERR TYPE must be an integer between 0 and 15", type);
}

bool accept_mentions(ArgReader& args, Counter counter, std::optional<int32_t>& mentions) {
  if (counter == Counter::absolute) {
    return accept_number(args, "mentions", 0, kCounterMax,
                         "ERR MENTIONS must be an integer between 0 and 2147483647", mentions);
  }
  return accept_number(args, "mentions", -kCounterMax, kCounterMax,
                       "ERR MENTIONS must be an integer between -2147483647 and 2147483647",
                       mentions);
}

bool accept_unread(ArgReader& args, Counter counter, std::optional<int32_t>& unread) {
  if (counter == Counter::absolute) {
    return accept_number(args, "unread", 0, kCounterMax,
                         "ERR UNREAD must be an integer between 0 and 2147483647", unread);
  }
  return accept_number(args, "unread", -kCounterMax, kCounterMax,
                       "ERR UNREAD must be an integer between -2147483647 and 2147483647", unread);
}

bool accept_flags(ArgReader& args, std::optional<uint8_t>& flags) {
  return accept_number(args, "flags", 0, 255, "ERR FLAGS must be an integer between 0 and 255",
                       flags);
}

void fail_arity(ArgReader& args, Bytes error) { args.fail(error); }

AckArgs read_ack(ArgReader& args) {
  constexpr Bytes kArity = "ERR wrong number of arguments for 'readstate.ack' command";
  AckArgs read;
  std::optional<uint8_t> type;
  std::optional<int32_t> mentions;
  std::optional<int32_t> unread;
  read.user = read_user(args);
  while (accept_type(args, type) || accept_mentions(args, Counter::absolute, mentions) ||
         accept_unread(args, Counter::absolute, unread) || accept_flags(args, read.options.flags)) {
  }
  if (args.remaining() > 2 * kAckPairsMax) fail_arity(args, kArity);
  read_pairs(args, read_message_id, kArity, read.pairs);
  if ((mentions || unread) && read.pairs.all().size() != 1) {
    args.fail("ERR MENTIONS and UNREAD need exactly one channel");
  }
  read.options.type = type.value_or(0);
  read.options.mentions = mentions.value_or(0);
  read.options.unread = unread.value_or(0);
  return read;
}

SetArgs read_set(ArgReader& args) {
  SetArgs read;
  std::optional<uint8_t> type;
  read.user = read_user(args);
  const auto accept_option = [&] {
    if (args.accept("manual")) return read.options.manual = true;
    return accept_type(args, type) ||
           accept_mentions(args, Counter::absolute, read.options.mentions) ||
           accept_unread(args, Counter::absolute, read.options.unread) ||
           accept_flags(args, read.options.flags) ||
           accept_number(args, "ifversion", 0, kIdMax,
                         "ERR IFVERSION must be an integer between 0 and 9223372036854775807",
                         read.options.if_version);
  };
  while (accept_option()) {
  }
  if (args.remaining() < 2) {
    fail_arity(args, "ERR wrong number of arguments for 'readstate.set' command");
  }
  read.target.channel = read_channel(args);
  read.target.id = read_message_id(args);
  while (accept_option()) {
  }
  args.finish();
  read.options.type = type.value_or(0);
  return read;
}

IncrArgs read_incr(ArgReader& args) {
  IncrArgs read;
  std::optional<uint8_t> type;
  std::optional<int32_t> mentions;
  std::optional<int32_t> unread;
  read.user = read_user(args);
  const auto accept_option = [&] {
    return accept_type(args, type) || accept_mentions(args, Counter::difference, mentions) ||
           accept_unread(args, Counter::difference, unread);
  };
  while (accept_option()) {
  }
  if (args.remaining() < 2) {
    fail_arity(args, "ERR wrong number of arguments for 'readstate.incr' command");
  }
  read.target.channel = read_channel(args);
  read.target.id = read_message_id(args);
  while (accept_option()) {
  }
  args.finish();
  read.options = increments(type, mentions, unread);
  return read;
}

FanoutArgs read_fanout(ArgReader& args) {
  FanoutArgs read;
  std::optional<uint8_t> type;
  std::optional<int32_t> mentions;
  std::optional<int32_t> unread;
  read.target.channel = read_channel(args);
  read.target.id = read_message_id(args);
  const int64_t count = args.next_integer(1, std::numeric_limits<int64_t>::max(),
                                          "ERR numkeys should be greater than 0");
  if (count > kFanoutUsersMax) args.fail("ERR numkeys should be at most 65536");
  read.users = args.take(static_cast<size_t>(count));
  for (const Bytes user : read.users) {
    if (user.empty() || user.size() > kUserKeyBytesMax) {
      args.fail("ERR user key must be 1 to 512 bytes");
    }
  }
  while (accept_type(args, type) || accept_mentions(args, Counter::difference, mentions) ||
         accept_unread(args, Counter::difference, unread)) {
  }
  args.finish();
  read.options = increments(type, mentions, unread);
  return read;
}

GetArgs read_get(ArgReader& args) {
  GetArgs read;
  std::optional<uint8_t> type;
  read.user = read_user(args);
  while (accept_type(args, type)) {
  }
  if (args.empty()) {
    fail_arity(args, "ERR wrong number of arguments for 'readstate.get' command");
  }
  read.channels.reserve(args.remaining());
  while (!args.empty() && !args.failed()) read.channels.push_back(read_channel(args));
  read.type = type.value_or(0);
  return read;
}

GetAllArgs read_getall(ArgReader& args) {
  GetAllArgs read;
  storage::GetAllOptions& options = read.options;
  read.user = read_user(args);
  while (!args.empty() && !args.failed()) {
    std::optional<int64_t> number;
    if (accept_type(args, options.type)) continue;
    if (accept_number(args, "since", 0, kIdMax,
                      "ERR SINCE must be an integer between 0 and 9223372036854775807", number)) {
      options.since = *number;
    } else if (args.accept("nonzero")) {
      options.nonzero = true;
    } else if (args.accept("after")) {
      const auto type = static_cast<uint8_t>(
          args.next_integer(0, 15, "ERR TYPE must be an integer between 0 and 15"));
      options.after = storage::RowId{.type = type, .channel = read_channel(args)};
    } else if (accept_number(args, "count", 1, kIdMax,
                             "ERR COUNT must be an integer between 1 and 9223372036854775807",
                             number)) {
      options.count = static_cast<size_t>(*number);
    } else {
      args.fail_syntax();
    }
  }
  return read;
}

UnreadArgs read_unread(ArgReader& args) {
  UnreadArgs read;
  std::optional<uint8_t> type;
  std::optional<int64_t> mark;
  read.user = read_user(args);
  while (accept_type(args, type) ||
         accept_number(args, "default", 0, kIdMax,
                       "ERR DEFAULT must be an integer between 0 and 9223372036854775807", mark)) {
  }
  read_pairs(args, read_head, "ERR wrong number of arguments for 'readstate.unread' command",
             read.heads);
  read.options.type = type.value_or(0);
  read.options.default_mark = mark.value_or(0);
  return read;
}

TotalArgs read_total(ArgReader& args) {
  TotalArgs read;
  std::optional<uint8_t> mask;
  read.user = read_user(args);
  while (accept_type(args, read.options.type) ||
         accept_number(args, "exclude", 0, 255, "ERR EXCLUDE must be an integer between 0 and 255",
                       mask)) {
  }
  args.finish();
  read.options.exclude = mask.value_or(0);
  return read;
}

DelArgs read_del(ArgReader& args) {
  DelArgs read;
  read.user = read_user(args);
  while (accept_type(args, read.type)) {
  }
  read.channels.reserve(args.remaining());
  while (!args.empty() && !args.failed()) read.channels.push_back(read_channel(args));
  return read;
}

}  // namespace tidemark::server
