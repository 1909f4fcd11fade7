// EVAL and its like, and SCRIPT.

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/script/interpreter.hpp"
#include "server/script/sha1.hpp"
#include "server/script/shebang.hpp"
#include "server/scripts/script_call.hpp"
#include "server/scripts/script_run.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

using Origin = ScriptCache::Origin;

constexpr Bytes kNoScript = "NOSCRIPT No matching script. Please use EVAL.";
constexpr Bytes kCacheFull =
    "ERR The script cache is full: see 'lua-script-cache-limit', and SCRIPT FLUSH";
constexpr size_t kShaDigits = 40;

enum class Known : uint8_t { no, yes };

// Runs the script of this name and text, and makes it known if it is good.
Reply run_script(Context& ctx, std::span<const Bytes> command, Bytes sha, Bytes body, Known known,
                 const ScriptInput& input, bool read_only) {
  const script::Script script = script::read_script(body);
  if (!script.error.empty()) return Reply::error(script.error);
  ScriptCache& cache = ctx.server().scripting().cache();
  script::Interpreter& interpreter =
      scripts_at_hand(ctx).scripts(ctx.settings(), cache.generation());
  if (!interpreter.knows(sha)) {
    if (auto error = interpreter.compile(sha, script.code)) return Reply::error(*error);
  }
  // One for which there is no room is run all the same.
  if (known == Known::no) {
    (void)cache.add(sha, body, Origin::eval, ctx.settings().lua_script_cache_limit);
  }
  const ScriptRun::What what{.name = sha,
                             .command = command,
                             .flags = script.flags,
                             .by_read_only_command = read_only,
                             .keys = input.keys};
  return run_with_users(ctx, what, script.code, [&](ScriptRun& run, protocol::Output& reply) {
    return interpreter.run(sha, to_input(ctx, input), run, reply);
  });
}

Reply eval_as(Context& ctx, ArgReader& args, bool read_only) {
  const Bytes body = args.next();
  const ScriptInput input = read_script_input(args);
  if (args.failed()) return args.error();
  return run_script(ctx, args.all(), script::sha1_hex(body), body, Known::no, input, read_only);
}

std::string lower_case(Bytes text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Reply evalsha_as(Context& ctx, ArgReader& args, bool read_only) {
  const std::string sha = lower_case(args.next());
  if (sha.size() != kShaDigits) args.fail(kNoScript);
  const ScriptInput input = read_script_input(args);
  if (args.failed()) return args.error();
  const auto body = ctx.server().scripting().cache().find(sha);
  if (body == nullptr) return Reply::error(std::string(kNoScript));
  return run_script(ctx, args.all(), sha, *body, Known::yes, input, read_only);
}

constexpr Flag kFlags =
    Flag::no_script | Flag::stale | Flag::skip_monitor | Flag::no_mandatory_keys;

Reply eval(Context& ctx, ArgReader& args) { return eval_as(ctx, args, false); }

constexpr Command kEval{
    .name = "eval",
    .summary = "Runs a script in Lua.",
    .since = "2.6.0",
    .complexity = "Depends on the script.",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = kFlags | Flag::may_write,
    .keys = {counted_keys_at(2, Access::access_update)},
    .syntax = "script numkeys:integer [key:key...] [arg...]",
    .scope = Scope::script,
    .run = eval,
};

Reply eval_ro(Context& ctx, ArgReader& args) { return eval_as(ctx, args, true); }

constexpr Command kEvalRo{
    .name = "eval_ro",
    .summary = "Runs a script in Lua that writes nothing.",
    .since = "7.0.0",
    .complexity = "Depends on the script.",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = kFlags | Flag::readonly,
    .keys = {counted_keys_at(2, Access::read)},
    .syntax = "script numkeys:integer [key:key...] [arg...]",
    .scope = Scope::script,
    .run = eval_ro,
};

Reply evalsha(Context& ctx, ArgReader& args) { return evalsha_as(ctx, args, false); }

constexpr Command kEvalsha{
    .name = "evalsha",
    .summary = "Runs a script in Lua by its SHA1.",
    .since = "2.6.0",
    .complexity = "Depends on the script.",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = kFlags | Flag::may_write,
    .keys = {counted_keys_at(2, Access::access_update)},
    .syntax = "sha1 numkeys:integer [key:key...] [arg...]",
    .scope = Scope::script,
    .run = evalsha,
};

Reply evalsha_ro(Context& ctx, ArgReader& args) { return evalsha_as(ctx, args, true); }

constexpr Command kEvalshaRo{
    .name = "evalsha_ro",
    .summary = "Runs a script in Lua that writes nothing by its SHA1.",
    .since = "7.0.0",
    .complexity = "Depends on the script.",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = kFlags | Flag::readonly,
    .keys = {counted_keys_at(2, Access::read)},
    .syntax = "sha1 numkeys:integer [key:key...] [arg...]",
    .scope = Scope::script,
    .run = evalsha_ro,
};

// ---- SCRIPT

Reply script_debug(Context&, ArgReader& args) {
  if (args.accept("no")) {
    args.finish();
    return args.failed() ? args.error() : Reply::ok();
  }
  if (args.accept("yes") || args.accept("sync")) {
    return Reply::error("ERR The debugger for scripts is not available");
  }
  return Reply::error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

constexpr Command kScriptDebug{
    .name = "debug",
    .summary =
        "Chooses how scripts are debugged; there is no debugger, so that it may only be off.",
    .since = "3.2.0",
    .complexity = "O(1)",
    .group = Group::scripting,
    .arity = exactly(3),
    .flags = Flag::no_script,
    .syntax = "mode:{YES|SYNC|NO}",
    .scope = Scope::home,
    .run = script_debug,
};

Reply script_exists(Context& ctx, ArgReader& args) {
  std::vector<Reply> known;
  for (const Bytes sha : args.rest()) {
    const bool exists = ctx.server().scripting().cache().find(lower_case(sha)) != nullptr;
    known.push_back(Reply::integer(exists ? 1 : 0));
  }
  return Reply::array(std::move(known));
}

constexpr Command kScriptExists{
    .name = "exists",
    .summary = "Tells which scripts the cache has.",
    .since = "2.6.0",
    .complexity = "O(N) in the scripts asked for",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = Flag::no_script,
    .syntax = "sha1...",
    .tips = {"request_policy:all_shards", "response_policy:agg_logical_and"},
    .scope = Scope::home,
    .run = script_exists,
};

Reply script_flush(Context& ctx, ArgReader& args) {
  const bool good = args.empty() || args.accept("async") || args.accept("sync");
  if (!good || !args.empty()) {
    return Reply::error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  }
  ctx.server().scripting().cache().clear();
  for (const CoreId core : ctx.all_cores()) ctx.data(core).scripts.forget_scripts();
  return Reply::ok();
}

constexpr Command kScriptFlush{
    .name = "flush",
    .summary = "Empties the cache of scripts.",
    .since = "2.6.0",
    .complexity = "O(N) in the scripts",
    .group = Group::scripting,
    .arity = at_least(2),
    .flags = Flag::no_script,
    .syntax = "[flush-type:{ASYNC|SYNC}]",
    .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = script_flush,
};

Reply script_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kScriptHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::scripting,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = script_help,
};

Reply script_kill(Context& ctx, ArgReader&) {
  const auto refusal = ctx.server().scripting().running().stop(RunningScripts::Kind::script);
  return refusal ? Reply::error(*refusal) : Reply::ok();
}

constexpr Command kScriptKill{
    .name = "kill",
    .summary = "Ends the script that runs, unless it has written.",
    .since = "2.6.0",
    .complexity = "O(1)",
    .group = Group::scripting,
    .arity = exactly(2),
    .flags = Flag::no_script | Flag::allow_busy,
    .tips = {"request_policy:all_shards", "response_policy:one_succeeded"},
    .scope = Scope::home,
    .run = script_kill,
};

Reply script_load(Context& ctx, ArgReader& args) {
  const Bytes body = args.next();
  args.finish();
  if (args.failed()) return args.error();
  const script::Script script = script::read_script(body);
  if (!script.error.empty()) return Reply::error(script.error);
  const std::string sha = script::sha1_hex(body);
  ScriptCache& cache = ctx.server().scripting().cache();
  script::Interpreter& interpreter =
      ctx.here().data().scripts.scripts(ctx.settings(), cache.generation());
  if (!interpreter.knows(sha)) {
    if (auto error = interpreter.compile(sha, script.code)) return Reply::error(*error);
  }
  if (!cache.add(sha, body, Origin::load, ctx.settings().lua_script_cache_limit)) {
    return Reply::error(std::string(kCacheFull));
  }
  return Reply::bulk_copy(sha);
}

constexpr Command kScriptLoad{
    .name = "load",
    .summary = "Puts a script into the cache.",
    .since = "2.6.0",
    .complexity = "O(N) in the bytes of the script",
    .group = Group::scripting,
    .arity = exactly(3),
    .flags = Flag::no_script | Flag::stale,
    .syntax = "script",
    .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    .scope = Scope::home,
    .run = script_load,
};

constexpr Command kScriptCommands[] = {kScriptDebug, kScriptExists, kScriptFlush,
                                       kScriptHelp,  kScriptKill,   kScriptLoad};

constexpr Command kScript{
    .name = "script",
    .summary = "A container for commands about scripts.",
    .since = "2.6.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::scripting,
    .arity = at_least(2),
    .subcommands = kScriptCommands,
};

constexpr Command kCommands[] = {kEval, kEvalRo, kEvalsha, kEvalshaRo, kScript};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> script_commands() { return kCommands; }

}  // namespace tidemark::server
