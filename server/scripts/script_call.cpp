#include "server/scripts/script_call.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "server/client/client_limits.hpp"
#include "server/scripts/core_scripts.hpp"
#include "server/scripts/script_users.hpp"
#include "server/server.hpp"

namespace tidemark::server {

ScriptInput read_script_input(ArgReader& args) {
  const int64_t keys = args.next_integer();
  if (args.failed()) return {};
  if (keys < 0) {
    args.fail("ERR Number of keys can't be negative");
  } else if (static_cast<uint64_t>(keys) > args.remaining()) {
    args.fail("ERR Number of keys can't be greater than number of args");
  }
  if (args.failed()) return {};
  ScriptInput input;
  input.keys = args.take(static_cast<size_t>(keys));
  input.args = args.rest();
  return input;
}

script::Input to_input(const Context& ctx, const ScriptInput& input) {
  const auto limit = static_cast<size_t>(ctx.settings().lua_memory_limit);
  return {.keys = input.keys,
          .args = input.args,
          .client = ctx.session().resp,
          .reply_bytes_max = std::min(limit, output_bytes_max(ctx.settings()))};
}

CoreScripts& scripts_at_hand(const Context& ctx) {
  const bool all = ctx.reach().cores().size() == ctx.server().core_count();
  return all ? ctx.data(CoreId(0)).scripts : ctx.here().data().scripts;
}

Reply run_with_users(Context& ctx, ScriptRun::What what, Bytes code, const RunIt& run_it) {
  auto users = ScriptUsers::take(ctx);
  const bool may_wait = ctx.session().may_wait;
  if (may_wait && ScriptUsers::may_need(code) && !ScriptUsers::bring(ctx, users, what.keys)) {
    return ctx.suspend_uncounted();
  }
  for (;;) {
    what.may_run_again = may_wait && (users == nullptr || users->may_try_again());
    protocol::Output reply;
    std::string missing;
    script::Ending ending;
    {
      ScriptRun run(ctx, what);
      if (auto refusal = run.refusal()) return std::move(*refusal);
      ending = run_it(run, reply);
      missing = run.missing_user();
    }
    if (missing.empty()) {
      if (ending.counted) ctx.set_error_counted();
      return Reply::encoded(std::move(reply));
    }
    const Bytes user = missing;
    if (!ScriptUsers::bring(ctx, users, {&user, 1})) return ctx.suspend_uncounted();
  }
}

}  // namespace tidemark::server
