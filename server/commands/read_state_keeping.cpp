// READSTATE: what is about the memory that users take up, and about the store.

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/families.hpp"
#include "server/commands/read_state_args.hpp"
#include "server/commands/scan_cursor.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

using storage::Residency;
using storage::StoreStatus;

std::optional<Reply> check_user_keys(ArgReader& args) {
  while (!args.empty() && !args.failed()) (void)read_user(args);
  if (args.failed()) return args.error();
  return std::nullopt;
}

// A commit that the command waits for. It may be over before the command has returned.
class Wait {
 public:
  explicit Wait(Caller& caller) : caller_(caller) {}

  // Within the command: its reply, or that it waits.
  Reply end_of_command(Context& ctx) {
    if (reply_) return std::move(*reply_);
    suspended_ = true;
    return ctx.suspend();
  }
  void done(Core& core, Reply reply) {
    if (!suspended_) {
      reply_ = std::move(reply);
      return;
    }
    core.enter([this, &reply](OnCore& here) { caller_.resume(here, std::move(reply)); });
  }

 private:
  Caller& caller_;
  std::optional<Reply> reply_;
  bool suspended_ = false;
};

bool keys_of_commit(std::span<const Bytes> args, FoundKeys& found) {
  // None at all is a call for everybody, not a mistake.
  for (size_t i = 1; i < args.size(); ++i) found.add(i, Access::inspect);
  return true;
}

Reply commit(Context& ctx, ArgReader& args) {
  std::vector<std::string> users;
  while (!args.empty() && !args.failed()) users.emplace_back(read_user(args));
  if (args.failed()) return args.error();

  storage::WriteBehind* write_behind = ctx.here().data().write_behind.get();
  if (write_behind == nullptr) return Reply::integer(0);
  Core& core = ctx.server().core(ctx.here().id());
  const auto wait = std::make_shared<Wait>(ctx.caller());
  const auto done = [&core, wait](size_t committed, const StoreStatus& status) {
    wait->done(
        core, status ? Reply::integer(static_cast<int64_t>(committed)) : store_down(status.reason));
  };
  if (users.empty()) {
    write_behind->commit_all_now(ctx.now_us(), done);
  } else {
    write_behind->commit_now(users, ctx.now_us(), done);
  }
  return wait->end_of_command(ctx);
}

constexpr Command kCommit{
    .name = "readstate.commit",
    .summary = "Waits until the changes of users are in the store.",
    .since = "0.1.0",
    .complexity = "O(N) in the rows to commit",
    .group = Group::read_state,
    .arity = at_least(1),
    .flags = Flag::no_script | Flag::no_mandatory_keys | Flag::after_transaction,
    .keys = {{.start = StartAt{1}, .walk = Walk{.last = -1}, .access = Access::inspect}},
    .find_keys = keys_of_commit,
    .syntax = "[key:key...]",
    .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
    .merge = Merge::sum,
    .check = check_user_keys,
    .run = commit,
};

int64_t evict_users(CoreData& data, const std::vector<std::string>& users) {
  int64_t dropped = 0;
  for (const std::string& user : users) dropped += data.read_states.evict(user) ? 1 : 0;
  return dropped;
}

Reply evict(Context& ctx, ArgReader& args) {
  std::vector<std::string> users;
  while (!args.empty() && !args.failed()) users.emplace_back(read_user(args));
  if (args.failed()) return args.error();

  CoreData& data = ctx.here().data();
  if (data.write_behind == nullptr) return Reply::integer(evict_users(data, users));
  Core& core = ctx.server().core(ctx.here().id());
  const auto wait = std::make_shared<Wait>(ctx.caller());
  data.write_behind->commit_now(
      users, ctx.now_us(), [&core, &data, wait, users](size_t, const StoreStatus& status) {
        wait->done(core,
                   status ? Reply::integer(evict_users(data, users)) : store_down(status.reason));
      });
  return wait->end_of_command(ctx);
}

constexpr Command kEvict{
    .name = "readstate.evict",
    .summary = "Commits the changes of users and drops them from memory.",
    .since = "0.1.0",
    .complexity = "O(N) in the rows to commit",
    .group = Group::read_state,
    .arity = at_least(2),
    .flags = Flag::no_script | Flag::after_transaction,
    .keys = {keys_from(1, Access::inspect)},
    .syntax = "key:key...",
    .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
    .merge = Merge::sum,
    .check = check_user_keys,
    .run = evict,
};

Reply scan(Context& ctx, ArgReader& args) {
  const ScanArgs read = read_scan(args, ScanWords::plain);
  if (args.failed()) return args.error();

  std::vector<Reply> users;
  const storage::ReadStates& all = ctx.here().data().read_states;
  const uint64_t next = all.scan(bound_of(read.cursor), read.count, [&](Bytes user) {
    if (read.matches(user)) users.push_back(Reply::bulk_copy(user));
  });
  return scan_reply(ctx, next, std::move(users));
}

constexpr Command kScan{
    .name = "readstate.scan",
    .summary = "Iterates over the users in memory.",
    .since = "0.1.0",
    .complexity = "O(1) for a call, O(N) for all users in memory",
    .group = Group::read_state,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::touches_arbitrary_keys,
    .syntax = "cursor:integer [MATCH pattern:pattern] [COUNT count:integer]",
    .tips = {"nondeterministic_output", "request_policy:special", "response_policy:special"},
    .owner = owner_of_cursor,
    .run = scan,
};

Reply info(Context& ctx, ArgReader& args) {
  const Bytes key = read_user(args);
  if (args.failed()) return args.error();

  const storage::ReadStates& all = ctx.data(key).read_states;
  const auto user = all.find(key);
  const storage::UserInfo known = all.info(user, ctx.now_us());
  std::vector<Reply> fields;
  const auto add = [&fields](Bytes name, int64_t value) {
    fields.push_back(Reply::bulk(name));
    fields.push_back(Reply::integer(value));
  };
  add("resident", known.residency == Residency::resident ? 1 : 0);
  add("loading", known.residency == Residency::loading ? 1 : 0);
  add("partition", ctx.server().router().owner(key).value());
  add("slot", Router::slot_of(key).value());
  add("entries", static_cast<int64_t>(known.entries));
  add("bytes", static_cast<int64_t>(known.bytes));
  add("version", known.version);
  add("last-deletion", known.last_deletion);
  add("dirty-ms", known.dirty_ms);
  add("idle-ms", known.idle_ms);
  add("pending", static_cast<int64_t>(known.pending));
  return Reply::map(std::move(fields));
}

constexpr Command kInfo{
    .name = "readstate.info",
    .summary = "Tells how a user is kept in memory.",
    .since = "0.1.0",
    .complexity = "O(1)",
    .group = Group::read_state,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output"},
    .run = info,
};

Reply help(Context& ctx, ArgReader&) {
  std::vector<Reply> lines;
  for (const CommandEntry& entry : ctx.commands().commands()) {
    if (entry.command->group != Group::read_state) continue;
    lines.push_back(Reply::simple(entry.command->name));
    lines.push_back(Reply::simple(entry.command->summary));
  }
  return Reply::array(std::move(lines));
}

constexpr Command kHelp{
    .name = "readstate.help",
    .summary = "Lists the commands of read states.",
    .since = "0.1.0",
    .complexity = "O(1)",
    .group = Group::read_state,
    .arity = exactly(1),
    .flags = Flag::loading | Flag::stale | Flag::fast,
    .scope = Scope::home,
    .run = help,
};

constexpr Command kCommands[] = {kCommit, kEvict, kScan, kInfo, kHelp};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> read_state_keeping_commands() { return kCommands; }

}  // namespace tidemark::server
