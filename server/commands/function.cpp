// FUNCTION: libraries of functions.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/script/function_interpreter.hpp"
#include "server/scripts/function_payload.hpp"
#include "server/scripts/library_loading.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"
#include "storage/base/glob.hpp"

namespace tidemark::server {

namespace {

constexpr Bytes kEngine = "LUA";

const FunctionLibraries& libraries_of(const Context& ctx) {
  return ctx.server().scripting().libraries();
}

Reply function_delete(Context& ctx, ArgReader& args) {
  const Bytes name = args.next();
  args.finish();
  if (args.failed()) return args.error();

  if (!remove_library(ctx.server(), name)) return Reply::error("ERR Library not found");
  return Reply::ok();
}

constexpr Command kDelete{
    .name = "delete",
    .summary = "Deletes a library and its functions.",
    .since = "7.0.0",
    .complexity = "O(1)",
    .group = Group::scripting,
    .arity = exactly(3),
    .flags = Flag::write | Flag::no_script,
    .syntax = "library-name",
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = function_delete,
};

Reply function_dump(Context& ctx, ArgReader&) {
  std::vector<Bytes> codes;
  for (const auto& [name, library] : libraries_of(ctx).all()) codes.push_back(library->code);
  const auto compression = ctx.settings().rdbcompression ? storage::rdb::Compression::lzf
                                                         : storage::rdb::Compression::none;
  return Reply::bulk_copy(make_function_payload(codes, compression));
}

constexpr Command kDump{
    .name = "dump",
    .summary = "Returns all libraries as one payload.",
    .since = "7.0.0",
    .complexity = "O(N) in the libraries",
    .group = Group::scripting,
    .arity = exactly(2),
    .flags = Flag::no_script,
    .scope = Scope::home,
    .run = function_dump,
};

Reply function_flush(Context& ctx, ArgReader& args) {
  if (args.remaining() > 1) {
    return Reply::error(fmt::format(
        "ERR unknown subcommand or wrong number of arguments for '{}'. Try FUNCTION HELP.",
        args.all()[1]));
  }
  if (!args.empty() && !args.accept("async") && !args.accept("sync")) {
    return Reply::error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  remove_all_libraries(ctx.server());
  return Reply::ok();
}

constexpr Command kFlush{
    .name = "flush",
    .summary = "Deletes all libraries.",
    .since = "7.0.0",
    .complexity = "O(N) in the functions",
    .group = Group::scripting,
    .arity = at_least(2),
    .flags = Flag::write | Flag::no_script,
    .syntax = "[flush-type:{ASYNC|SYNC}]",
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = function_flush,
};

Reply function_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "7.0.0",
    .complexity = "O(1)",
    .group = Group::scripting,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = function_help,
};

Reply function_kill(Context& ctx, ArgReader&) {
  const auto refusal = ctx.server().scripting().running().stop(RunningScripts::Kind::function);
  return refusal ? Reply::error(*refusal) : Reply::ok();
}

constexpr Command kKill{
    .name = "kill",
    .summary = "Ends the function that runs, unless it has written.",
    .since = "7.0.0",
    .complexity = "O(1)",
    .group = Group::scripting,
    .arity = exactly(2),
    .flags = Flag::no_script | Flag::allow_busy,
    .tips = {"request_policy:all_shards", "response_policy:one_succeeded"},
    .scope = Scope::home,
    .run = function_kill,
};

// ---- LIST

void add(std::vector<Reply>& map, Bytes name, Reply value) {
  map.push_back(Reply::bulk(name));
  map.push_back(std::move(value));
}

Reply describe_function(const script::FunctionFacts& function) {
  std::vector<Reply> flags;
  for (const Bytes flag : script::names_of(function.flags)) flags.push_back(Reply::simple(flag));
  std::vector<Reply> facts;
  add(facts, "name", Reply::bulk_copy(function.name));
  add(facts, "description",
      function.description ? Reply::bulk_copy(*function.description) : Reply::null());
  add(facts, "flags", Reply::set(std::move(flags)));
  return Reply::map(std::move(facts));
}

Reply describe_library(const FunctionLibrary& library, bool with_code) {
  std::vector<Reply> functions;
  for (const script::FunctionFacts& function : library.functions) {
    functions.push_back(describe_function(function));
  }
  std::vector<Reply> facts;
  add(facts, "library_name", Reply::bulk_copy(library.name));
  add(facts, "engine", Reply::bulk(kEngine));
  add(facts, "functions", Reply::array(std::move(functions)));
  if (with_code) add(facts, "library_code", Reply::bulk_copy(library.code));
  return Reply::map(std::move(facts));
}

Reply function_list(Context& ctx, ArgReader& args) {
  bool with_code = false;
  std::optional<Bytes> pattern;
  while (!args.empty()) {
    if (!with_code && args.accept("withcode")) {
      with_code = true;
    } else if (!pattern && args.accept("libraryname")) {
      if (args.empty()) return Reply::error("ERR library name argument was not given");
      pattern = args.next();
    } else {
      return Reply::error(fmt::format("ERR Unknown argument {}", args.next()));
    }
  }
  std::vector<Reply> found;
  for (const auto& [name, library] : libraries_of(ctx).all()) {
    if (pattern && !glob_matches(*pattern, name, GlobCase::ignored)) continue;
    found.push_back(describe_library(*library, with_code));
  }
  return Reply::array(std::move(found));
}

constexpr Command kList{
    .name = "list",
    .summary = "Describes libraries and their functions.",
    .since = "7.0.0",
    .complexity = "O(N) in the functions",
    .group = Group::scripting,
    .arity = at_least(2),
    .flags = Flag::no_script,
    .syntax = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
    .tips = {"nondeterministic_output_order"},
    .scope = Scope::home,
    .run = function_list,
};

// ---- LOAD and RESTORE

Reply function_load(Context& ctx, ArgReader& args) {
  auto replace = Replace::no;
  while (args.remaining() > 1) {
    if (!args.accept("replace")) {
      return Reply::error(fmt::format("ERR Unknown option given: {}", args.next()));
    }
    replace = Replace::yes;
  }
  const Bytes code = args.next();
  if (args.failed()) return args.error();

  if (auto error = add_library(ctx.server(), code, replace)) return Reply::error(*error);
  return Reply::bulk_copy(script::read_library_head(code).name);
}

constexpr Command kLoad{
    .name = "load",
    .summary = "Makes a library of functions.",
    .since = "7.0.0",
    .complexity = "O(1)",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom | Flag::no_script,
    .syntax = "[REPLACE] function-code",
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = function_load,
};

Reply function_restore(Context& ctx, ArgReader& args) {
  const Bytes payload = args.next();
  auto policy = RestorePolicy::append;
  if (args.remaining() > 1) {
    return Reply::error(fmt::format(
        "ERR unknown subcommand or wrong number of arguments for '{}'. Try FUNCTION HELP.",
        args.all()[1]));
  }
  if (!args.empty()) {
    if (args.accept("append")) {
      policy = RestorePolicy::append;
    } else if (args.accept("replace")) {
      policy = RestorePolicy::replace;
    } else if (args.accept("flush")) {
      policy = RestorePolicy::flush;
    } else {
      return Reply::error(
          "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    }
  }
  if (args.failed()) return args.error();

  FunctionCodes read = read_function_payload(payload);
  if (!read.error.empty()) return Reply::error(std::move(read.error));
  if (auto error = restore_libraries(ctx.server(), read.codes, policy))
    return Reply::error(std::move(*error));
  return Reply::ok();
}

constexpr Command kRestore{
    .name = "restore",
    .summary = "Makes the libraries of a payload.",
    .since = "7.0.0",
    .complexity = "O(N) in the functions of the payload",
    .group = Group::scripting,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom | Flag::no_script,
    .syntax = "serialized-value [policy:{FLUSH|APPEND|REPLACE}]",
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = function_restore,
};

// ---- STATS

Reply describe_running(const Context& ctx) {
  const auto running = ctx.server().scripting().running().longest();
  if (!running) return Reply::null();
  std::vector<Reply> words;
  for (const std::string& word : running->command) words.push_back(Reply::bulk_copy(word));
  const double took_us = CycleClock::microseconds(CycleClock::now() - running->start);
  std::vector<Reply> facts;
  add(facts, "name", Reply::bulk_copy(running->name));
  add(facts, "command", Reply::array(std::move(words)));
  add(facts, "duration_ms", Reply::integer(static_cast<int64_t>(took_us / 1000)));
  return Reply::map(std::move(facts));
}

Reply function_stats(Context& ctx, ArgReader&) {
  const FunctionLibraries& libraries = libraries_of(ctx);
  std::vector<Reply> counts;
  add(counts, "libraries_count", Reply::integer(static_cast<int64_t>(libraries.all().size())));
  add(counts, "functions_count", Reply::integer(static_cast<int64_t>(libraries.function_count())));
  std::vector<Reply> engines;
  add(engines, kEngine, Reply::map(std::move(counts)));
  std::vector<Reply> stats;
  add(stats, "running_script", describe_running(ctx));
  add(stats, "engines", Reply::map(std::move(engines)));
  return Reply::map(std::move(stats));
}

constexpr Command kStats{
    .name = "stats",
    .summary = "Tells what runs, and how many libraries and functions there are.",
    .since = "7.0.0",
    .complexity = "O(1)",
    .group = Group::scripting,
    .arity = exactly(2),
    .flags = Flag::no_script | Flag::allow_busy,
    .tips = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
    .scope = Scope::home,
    .run = function_stats,
};

constexpr Command kFunctionCommands[] = {kDelete, kDump, kFlush,   kHelp, kKill,
                                         kList,   kLoad, kRestore, kStats};

constexpr Command kFunction{
    .name = "function",
    .summary = "A container for commands about functions.",
    .since = "7.0.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::scripting,
    .arity = at_least(2),
    .subcommands = kFunctionCommands,
};

constexpr Command kCommands[] = {kFunction};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> function_commands() { return kCommands; }

}  // namespace tidemark::server
