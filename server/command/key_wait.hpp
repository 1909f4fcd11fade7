#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/reply.hpp"
#include "server/command/session.hpp"
#include "server/core/claim.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {
class Entry;
}

namespace tidemark::server {

class Client;
class Context;
class OnCore;
class Server;

// How a command waits for keys (BLPOP, BZPOPMIN, XREAD ...). It tries first, and where it finds
// nothing it says what it waits for and returns that:
//
//   Reply blpop(Context& ctx, ArgReader& args) {
//     const auto keys = args.take(args.remaining() - 1);
//     const int64_t timeout_ms = read_timeout(ctx, args, args.next());
//     if (args.failed()) return args.error();
//     for (const Bytes key : keys) ... a list is there: return what is popped
//     return ctx.wait_for_keys(
//         {.keys = keys,
//          .timeout_ms = timeout_ms,
//          .type = ValueType::list,
//          .serve = [](Context& on, Bytes key) { return pop_with_key(on, key); },
//          .on_timeout = Reply::null_array});
//   }
//
// The declaration has Flag::blocking, and names the keys as that of any other command.
//
// After each command that wrote one of the keys, before anything else runs on its core, those who
// wait for it are asked in the order in which they came: is_ready() looks at the value; where it
// says yes, and the command has not ended otherwise, serve() runs, once, as a command's function
// does, and what it returns is the command's reply. It may reach `key` and `destination`, and no
// other key. It may well return an error: then the next in line is asked.
//
// What the two functions need they own (a lambda's copies): they run on the core that owns the key,
// later, when the arguments are gone.
struct WaitForKeys {
  std::span<const Bytes> keys;
  int64_t timeout_ms = 0;  // 0: for ever
  // Of the values that are waited for.
  storage::ValueType type = storage::ValueType::string;
  // Whether what is at the key now (null: nothing) lets serve() answer. Without it, any value of
  // the type does. With it, it is asked after every change of the key: writes of any type, and also
  // when the key goes away, so that the command may be ended with an error. It must change nothing,
  // and several cores may ask it at once.
  std::function<bool(Bytes key, const storage::Entry* entry)> is_ready = nullptr;
  std::function<protocol::Reply(Context& ctx, Bytes key)> serve = nullptr;
  protocol::Reply (*on_timeout)() = nullptr;
  // Whether it ends, with an error, where a key goes away or comes to hold something else.
  bool needs_keys = false;
  // Another key that serve() writes.
  std::optional<Bytes> destination = std::nullopt;
};

// Such a command while it waits. Shared by the client's home core, where it ends by its timeout, by
// CLIENT UNBLOCK or with the client, and by the owners of its keys, where it is served. Whoever
// takes the claim ends it; everybody else forgets it. Constant but for what is said below.
class KeyWait {
 public:
  KeyWait(const Session& session, WaitForKeys wanted, int64_t now_ms);
  KeyWait(const KeyWait&) = delete;
  KeyWait& operator=(const KeyWait&) = delete;

  const Session& session() const { return session_; }
  uint64_t client_id() const { return session_.client_id; }
  // Each once.
  std::span<const std::string> keys() const { return keys_; }
  const std::optional<std::string>& destination() const { return destination_; }
  storage::ValueType type() const { return type_; }
  // Whether it wants to know of every change of its keys, not only of values of its type.
  bool watches_all() const { return is_ready_ != nullptr; }
  bool needs_keys() const { return needs_keys_; }
  // Milliseconds since the epoch; 0 for never.
  int64_t ends_ms() const { return ends_ms_; }
  size_t memory_bytes() const;

  bool is_ready(Bytes key, const storage::Entry* entry) const;
  // REQUIRES: the claim was taken.
  protocol::Reply serve(Context& ctx, Bytes key) const { return serve_(ctx, key); }
  protocol::Reply on_timeout() const { return on_timeout_(); }

  Claim claim;

  // The cores where it stands in line. They are added by the command that begins to wait, while it
  // has all of them to itself.
  std::span<const CoreId> cores() const { return cores_; }
  void add_core(CoreId core);
  // What running it has taken so far: the attempt, then serve(). Whoever has it writes it.
  uint64_t cycles = 0;

 private:
  const Session session_;
  std::vector<std::string> keys_;
  std::vector<CoreId> cores_;
  const std::optional<std::string> destination_;
  storage::ValueType type_;
  bool needs_keys_;
  int64_t ends_ms_ = 0;
  std::function<bool(Bytes, const storage::Entry*)> is_ready_;
  std::function<protocol::Reply(Context&, Bytes)> serve_;
  protocol::Reply (*on_timeout_)();
};

// Takes it out of the lines where it stands: on this core at once, on others by message.
void leave_lines(const OnCore& here, const std::shared_ptr<KeyWait>& wait);
// Nobody waits any more: it ends unanswered, unless it has ended already.
void give_up(const OnCore& here, const std::shared_ptr<KeyWait>& wait);
// The client is about to be closed: from this moment on no key serves it any more. With all cores
// stopped.
void stop_serving(Server& server, Client& client);

}  // namespace tidemark::server
