// FCALL and FCALL_RO.

#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/script/function_interpreter.hpp"
#include "server/scripts/library_loading.hpp"
#include "server/scripts/script_call.hpp"
#include "server/scripts/script_run.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

Reply call_function(Context& ctx, ArgReader& args, bool read_only) {
  const Bytes name = args.next();
  const auto library = ctx.server().scripting().libraries().find_by_function(name);
  if (library == nullptr) args.fail("ERR Function not found");
  if (!args.failed() && !parse_int64(args.peek())) args.fail("ERR Bad number of keys provided");
  const ScriptInput input = read_script_input(args);
  if (args.failed()) return args.error();

  const script::FunctionFacts& function = *library->find(name);
  std::string error;
  script::FunctionInterpreter* const interpreter = interpreter_with(ctx, *library, error);
  if (interpreter == nullptr) return Reply::error(std::move(error));
  const ScriptRun::What what{.kind = RunningScripts::Kind::function,
                             .name = function.name,
                             .command = args.all(),
                             .flags = function.flags,
                             .by_read_only_command = read_only,
                             .keys = input.keys};
  return run_with_users(ctx, what, library->code, [&](ScriptRun& run, protocol::Output& reply) {
    return interpreter->call(library->compiled_name, function.name, to_input(ctx, input), run,
                             reply);
  });
}

constexpr Flag kFlags =
    Flag::no_script | Flag::stale | Flag::skip_monitor | Flag::no_mandatory_keys;

Reply fcall(Context& ctx, ArgReader& args) { return call_function(ctx, args, false); }

constexpr Command kFcall{
    .name = "fcall",
    .summary = "Calls a function.",
    .since = "7.0.0",
    .complexity = "Depends on the function.",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = kFlags | Flag::may_write,
    .keys = {counted_keys_at(2, Access::access_update)},
    .syntax = "function numkeys:integer [key:key...] [arg...]",
    .scope = Scope::script,
    .run = fcall,
};

Reply fcall_ro(Context& ctx, ArgReader& args) { return call_function(ctx, args, true); }

constexpr Command kFcallRo{
    .name = "fcall_ro",
    .summary = "Calls a function that writes nothing.",
    .since = "7.0.0",
    .complexity = "Depends on the function.",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = kFlags | Flag::readonly,
    .keys = {counted_keys_at(2, Access::read)},
    .syntax = "function numkeys:integer [key:key...] [arg...]",
    .scope = Scope::script,
    .run = fcall_ro,
};

constexpr Command kCommands[] = {kFcall, kFcallRo};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> function_call_commands() { return kCommands; }

}  // namespace tidemark::server
