// The server itself: its time, its end, and what it would save.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/config/version.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"
#include "server/snapshot/save.hpp"

namespace tidemark::server {

namespace {

Reply bgrewriteaof(Context&, ArgReader&) {
  return Reply::error("ERR append-only files are not available in this version");
}

constexpr Command kBgrewriteaof{
    .name = "bgrewriteaof",
    .summary = "Rewrites the append-only file in the background.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(1),
    .flags = Flag::admin | Flag::no_script | Flag::no_async_loading,
    .scope = Scope::home,
    .run = bgrewriteaof,
};

constexpr Bytes kSaving = "ERR Background save already in progress";

Reply bgsave(Context& ctx, ArgReader& args) {
  (void)args.accept("schedule");
  args.finish();
  if (args.failed()) return args.error();
  if (snapshot_path(ctx.settings()).empty()) return Reply::error("ERR");
  if (!ctx.server().background_save().begin(ctx.here())) return Reply::error(std::string(kSaving));
  return Reply::simple("Background saving started");
}

constexpr Command kBgsave{
    .name = "bgsave",
    .summary = "Saves the data to disk in the background.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = at_least(1),
    .flags = Flag::admin | Flag::no_script | Flag::no_async_loading,
    .syntax = "[SCHEDULE]",
    .scope = Scope::all_cores,
    .run = bgsave,
};

Reply lastsave(Context& ctx, ArgReader&) {
  return Reply::integer(ctx.server().snapshots().last_save);
}

constexpr Command kLastsave{
    .name = "lastsave",
    .summary = "Tells the Unix time of the last successful save.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(1),
    .flags = Flag::loading | Flag::stale | Flag::fast,
    .categories = Category::admin | Category::dangerous,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = lastsave,
};

Reply lolwut(Context&, ArgReader& args) {
  (void)args.rest();
  return Reply::verbatim("txt", fmt::format("   .-.     .-.     .-.\n"
                                            "  /   \\   /   \\   /   \\\n"
                                            " /     `-'     `-'     `-~\n"
                                            "Tidemark {}, as Redis ver. {}\n",
                                            kTidemarkVersion, kRedisVersion));
}

constexpr Command kLolwut{
    .name = "lolwut",
    .summary = "Draws a picture and tells the version.",
    .since = "5.0.0",
    .group = Group::server,
    .arity = at_least(1),
    .flags = Flag::readonly | Flag::fast,
    .syntax = "[VERSION version:integer]",
    .scope = Scope::home,
    .run = lolwut,
};

Reply save(Context& ctx, ArgReader&) {
  if (ctx.server().background_save().running()) return Reply::error(std::string(kSaving));
  return save_snapshot(ctx.here()) ? Reply::ok() : Reply::error("ERR");
}

constexpr Command kSave{
    .name = "save",
    .summary = "Saves the data to disk before it returns.",
    .since = "1.0.0",
    .complexity = "O(N) in the keys",
    .group = Group::server,
    .arity = exactly(1),
    .flags = Flag::admin | Flag::no_script | Flag::no_async_loading | Flag::no_multi,
    .scope = Scope::all_cores,
    .run = save,
};

// What SHUTDOWN's words ask for.
struct ShutdownWords {
  bool save = false;
  bool nosave = false;
  bool now = false;
  bool force = false;
  bool abort = false;
};

ShutdownWords read_words(ArgReader& args) {
  ShutdownWords words;
  while (!args.empty()) {
    bool* const word = args.accept("nosave")  ? &words.nosave
                       : args.accept("save")  ? &words.save
                       : args.accept("now")   ? &words.now
                       : args.accept("force") ? &words.force
                       : args.accept("abort") ? &words.abort
                                              : nullptr;
    if (word == nullptr) {
      args.fail_syntax();
      break;
    }
    *word = true;
  }
  const bool others = words.save || words.nosave || words.now || words.force;
  if ((words.abort && others) || (words.save && words.nosave)) args.fail_syntax();
  return words;
}

// Answers only where the server goes on.
Reply shutdown(Context& ctx, ArgReader& args) {
  const ShutdownWords words = read_words(args);
  if (args.failed()) return args.error();
  if (words.abort) {
    return ctx.server().shutdown().abort() ? Reply::ok()
                                           : Reply::error("ERR No shutdown in progress.");
  }
  RunningScripts& running = ctx.server().scripting().running();
  if (running.any() && !words.nosave) return Reply::error(running.refusal());

  Caller* const caller = &ctx.caller();
  const bool started = ctx.server().shutdown().request(
      {.on_failure = words.force ? ShutdownOrder::OnFailure::stop : ShutdownOrder::OnFailure::go_on,
       .save = words.save     ? ShutdownOrder::Save::yes
               : words.nosave ? ShutdownOrder::Save::no
                              : ShutdownOrder::Save::if_configured,
       .home = ctx.here().id(),
       .refused = [caller](OnCore& here) {
         caller->resume(here, Reply::error("ERR Errors trying to SHUTDOWN. Check logs."));
       }});
  if (!started) return Reply::error("ERR A shutdown is in progress already.");
  running.stop_all();
  return ctx.suspend();
}

constexpr Command kShutdown{
    .name = "shutdown",
    .summary = "Stops the server, saving the data unless told otherwise.",
    .since = "1.0.0",
    .complexity = "O(N) in the keys when saving, else O(1)",
    .group = Group::server,
    .arity = at_least(1),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale | Flag::no_multi |
             Flag::allow_busy,
    .syntax =
        "[abort-selector:{save-selector-block:([save-selector:{NOSAVE|SAVE}] [NOW] "
        "[FORCE])|ABORT}]",
    .scope = Scope::home,
    .run = shutdown,
};

Reply time(Context&, ArgReader&) {
  // Not the time of the callback: clients measure with this.
  const int64_t now_us = wall_clock_us();
  std::vector<Reply> parts;
  parts.push_back(Reply::bulk_integer(now_us / 1'000'000));
  parts.push_back(Reply::bulk_integer(now_us % 1'000'000));
  return Reply::array(std::move(parts));
}

constexpr Command kTime{
    .name = "time",
    .summary = "Tells the time of the server.",
    .since = "2.6.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(1),
    .flags = Flag::loading | Flag::stale | Flag::fast,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = time,
};

constexpr Command kCommands[] = {kBgrewriteaof, kBgsave,   kLastsave, kLolwut,
                                 kSave,         kShutdown, kTime};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> server_commands() { return kCommands; }

}  // namespace tidemark::server
