// WAIT and WAITAOF, for a server without replicas and without an append-only file: nobody is there
// who could acknowledge a write.

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

constexpr int64_t kReplicas = 0;
constexpr int64_t kSyncedHere = 0;

// A time to wait in milliseconds, 0 for ever.
uint64_t read_timeout(const Context& ctx, ArgReader& args) {
  using Limits = std::numeric_limits<int64_t>;
  const int64_t timeout_ms = args.next_integer(Limits::min(), Limits::max(),
                                               "ERR timeout is not an integer or out of range");
  if (timeout_ms < 0) args.fail("ERR timeout is negative");
  if (timeout_ms > Limits::max() - ctx.now_ms()) args.fail("ERR timeout is out of range");
  return args.failed() ? 0 : static_cast<uint64_t>(timeout_ms);
}

Reply wait_for_timeout(Context& ctx, uint64_t timeout_ms, Reply (*on_timeout)()) {
  ctx.here().data().timed_waits.add(ctx.server().core(ctx.here().id()),
                                    {.client_id = ctx.session().client_id,
                                     .caller = ctx.caller(),
                                     .timeout_ms = timeout_ms,
                                     .on_timeout = on_timeout});
  return ctx.suspend();
}

Reply acknowledged() { return Reply::integer(kReplicas); }

Reply wait(Context& ctx, ArgReader& args) {
  const int64_t replicas = args.next_integer();
  const uint64_t timeout_ms = read_timeout(ctx, args);
  if (args.failed()) return args.error();
  if (replicas <= kReplicas || !ctx.session().may_wait) return acknowledged();
  return wait_for_timeout(ctx, timeout_ms, acknowledged);
}

constexpr Command kWait{
    .name = "wait",
    .summary = "Waits until replicas have received what this connection wrote.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(3),
    .flags = Flag::blocking,
    .categories = Category::connection,
    .syntax = "numreplicas:integer timeout:integer",
    .tips = {"request_policy:all_shards", "response_policy:agg_min"},
    .scope = Scope::home,
    .run = wait,
};

Reply synced() {
  std::vector<Reply> here_and_there;
  here_and_there.push_back(Reply::integer(kSyncedHere));
  here_and_there.push_back(Reply::integer(kReplicas));
  return Reply::array(std::move(here_and_there));
}

Reply waitaof(Context& ctx, ArgReader& args) {
  const int64_t here = args.next_integer();
  if (here < 0 || here > 1) args.fail("ERR value is out of range, value must between 0 and 1");
  const int64_t replicas = args.next_integer(0, std::numeric_limits<int64_t>::max(),
                                             "ERR value is out of range, must be positive");
  const uint64_t timeout_ms = read_timeout(ctx, args);
  if (here > kSyncedHere) {
    args.fail("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  }
  if (args.failed()) return args.error();
  if (replicas <= kReplicas || !ctx.session().may_wait) return synced();
  return wait_for_timeout(ctx, timeout_ms, synced);
}

constexpr Command kWaitaof{
    .name = "waitaof",
    .summary = "Waits until what this connection wrote is synced to disk, here and on replicas.",
    .since = "7.2.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(4),
    .flags = Flag::blocking,
    .categories = Category::connection,
    .syntax = "numlocal:integer numreplicas:integer timeout:integer",
    .tips = {"request_policy:all_shards", "response_policy:agg_min"},
    .scope = Scope::home,
    .run = waitaof,
};

constexpr Command kCommands[] = {kWait, kWaitaof};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> wait_commands() { return kCommands; }

}  // namespace tidemark::server
