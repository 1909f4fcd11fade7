// DEBUG: for tests and for people in need. Access to it is `enable-debug-command`.

#include <chrono>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/debug_data.hpp"
#include "server/commands/debug_process.hpp"
#include "server/commands/families.hpp"
#include "server/config/value_text.hpp"
#include "server/log/log.hpp"
#include "server/server.hpp"
#include "storage/base/glob.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/value/random.hpp"

namespace tidemark::server {

namespace {

// Asks for a switch: 0 is off, everything else on, as atoi() has it for Redis.
bool next_switch(ArgReader& args) { return std::atoi(std::string(args.next()).c_str()) != 0; }

Reply set_active_expire(Context& ctx, ArgReader& args) {
  ctx.server().debug().active_expire = next_switch(args);
  return Reply::ok();
}

Reply pause_cron(Context& ctx, ArgReader& args) {
  ctx.server().debug().cron_paused = next_switch(args);
  return Reply::ok();
}

Reply skip_checksums(Context& ctx, ArgReader& args) {
  ctx.server().debug().verify_checksums = !next_switch(args);
  return Reply::ok();
}

Reply sleep_all(Context&, ArgReader& args) {
  const double seconds = std::strtod(std::string(args.next()).c_str(), nullptr);
  if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  return Reply::ok();
}

Reply log_message(Context&, ArgReader& args) {
  log::warning(fmt::format("DEBUG LOG: {}", args.next()));
  return Reply::ok();
}

Reply error_reply_of(Context&, ArgReader& args) {
  std::string text(args.next());
  for (char& c : text) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  return Reply::error(std::move(text));
}

Reply set_disable_deny_scripts(Context& ctx, ArgReader& args) {
  ctx.server().debug().scripts_call_all = next_switch(args);
  return Reply::ok();
}

Reply change_replication_id(Context& ctx, ArgReader&) {
  log::notice("Changing replication IDs after receiving DEBUG change-repl-id");
  ctx.server().change_replication_id();
  return Reply::ok();
}

// Lists have no threshold of their own for large elements.
Reply set_packed_threshold(Context&, ArgReader& args) {
  constexpr uint64_t kMost = uint64_t{4} << 30;
  const auto bytes = parse_memory(args.next());
  if (bytes && *bytes <= kMost) return Reply::ok();
  return Reply::error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
}

// Replies are kept for as long as they wait, in as much memory as they need.
Reply set_reply_buffer(Context&, ArgReader& args) {
  if (args.accept("peak-reset-time")) {
    if (!args.accept("never") && !args.accept("reset")) (void)args.next_integer();
  } else if (args.accept("resizing")) {
    (void)args.next();
  } else {
    return Reply::none();
  }
  return args.failed() ? args.error() : Reply::ok();
}

Reply match_glob(Context&, ArgReader& args) {
  const Bytes pattern = args.next();
  return Reply::integer(glob_matches(pattern, args.next()) ? 1 : 0);
}

// Random patterns, mostly of what has a meaning, against random texts.
Reply fuzz_globs(Context& ctx, ArgReader&) {
  static constexpr Bytes kAlphabet = "*?[]^-\\abc";
  constexpr int kRounds = 20000;
  constexpr size_t kLongest = 32;
  storage::Random random(static_cast<uint64_t>(ctx.now_us()));
  const auto text = [&random] {
    std::string bytes(random.below(kLongest), ' ');
    for (char& c : bytes) c = kAlphabet[random.below(kAlphabet.size())];
    return bytes;
  };
  int matches = 0;
  for (int i = 0; i < kRounds; ++i) matches += glob_matches(text(), text()) ? 1 : 0;
  return Reply::status_copy(
      fmt::format("No crash: {} of {} random patterns matched", matches, kRounds));
}

// For switches of Redis's internals that have no like here.
Reply nothing(Context&, ArgReader& args) {
  (void)args.rest();
  return Reply::ok();
}

Reply numbers(int64_t count) {
  std::vector<Reply> items;
  for (int64_t i = 0; i < count; ++i) items.push_back(Reply::integer(i));
  return Reply::array(std::move(items));
}

// One reply of each type there is, to test clients with.
Reply one_of_type(Context& ctx, ArgReader& args) {
  const Bytes type = args.next();
  const auto is = [type](Bytes name) { return equals_nocase(type, name); };
  const auto list = [](auto... replies) {
    std::vector<Reply> items;
    (items.push_back(std::move(replies)), ...);
    return items;
  };
  if (is("string")) return Reply::bulk("Hello World");
  if (is("integer")) return Reply::integer(12345);
  if (is("double")) return Reply::real(3.141);
  if (is("null")) return Reply::null();
  if (is("array")) return numbers(3);
  if (is("set")) return Reply::set(list(Reply::integer(0), Reply::integer(1), Reply::integer(2)));
  if (is("map")) {
    return Reply::map(list(Reply::integer(0), Reply::boolean(false), Reply::integer(1),
                           Reply::boolean(true), Reply::integer(2), Reply::boolean(false)));
  }
  if (is("attrib")) {
    return Reply::attribute(list(Reply::bulk("key-popularity"),
                                 Reply::array(list(Reply::bulk("key:123"), Reply::integer(90)))),
                            Reply::bulk("Some real reply following the attribute"));
  }
  if (is("push")) {
    if (ctx.session().resp == protocol::RespVersion::v2) {
      return Reply::error("ERR RESP2 is not supported by this command");
    }
    protocol::Output wire;
    protocol::encode(Reply::push(list(Reply::bulk("server-cpu-usage"), Reply::integer(42))),
                     protocol::RespVersion::v3, wire);
    protocol::encode(Reply::bulk("Some real reply following the push reply"),
                     protocol::RespVersion::v3, wire);
    return Reply::encoded(std::move(wire));
  }
  if (is("verbatim")) return Reply::verbatim("txt", "This is a verbatim\nstring");
  if (is("true")) return Reply::boolean(true);
  if (is("false")) return Reply::boolean(false);
  if (is("bignum")) return Reply::big_number("1234567999999999999999999999999999999");
  return Reply::error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

Reply help(Context&, ArgReader&);

struct Subcommand {
  Bytes name;
  // Arguments after the name.
  size_t least;
  size_t most;
  // None: there is no such call of it.
  Reply (*run)(Context&, ArgReader&);
  Bytes usage;
  Bytes help;
};

constexpr size_t kAnyNumber = static_cast<size_t>(-1);

constexpr Subcommand kSubcommands[] = {
    {"assert", 0, 0, debug_assert, "", "Crash by a broken invariant."},
    {"aof-flush-sleep", 1, 1, nothing, "<microsec>", "Accepted, without effect."},
    {"change-repl-id", 0, 0, change_replication_id, "", "Change the id of this history."},
    {"client-eviction", 0, 0, debug_client_eviction, "",
     "Tell what the clients of each core hold."},
    {"config-rewrite-force-all", 0, 0, debug_rewrite_config, "",
     "As CONFIG REWRITE, with the options that have their defaults."},
    {"digest", 0, 0, debug_digest, "", "A hash of all data."},
    {"digest-value", 1, kAnyNumber, debug_digest_value, "<key> [<key> ...]",
     "A hash of each of these values."},
    {"error", 1, 1, error_reply_of, "<string>", "Reply with this error."},
    {"help", 0, 0, help, "", "Print this help."},
    {"htstats", 1, 2, debug_htstats, "<dbid>", "Tell about the tables of a database."},
    {"loadaof", 0, 0, debug_reload, "", "As RELOAD."},
    {"log", 1, 1, log_message, "<message>", "Write a message to the log."},
    {"mallctl", 1, 2, debug_mallctl, "<key> [<value>]",
     "Read or change a number of the allocator's."},
    {"mallctl-str", 1, 2, debug_mallctl_text, "<key> [VOID]",
     "The same for a text, or for a call."},
    {"object", 1, 2, debug_object, "<key>", "Tell how a value is kept."},
    {"oom", 0, 0, debug_oom, "", "Crash as where the system has no more memory."},
    {"panic", 0, 0, debug_panic, "", "Crash by a panic."},
    {"pause-cron", 1, 1, pause_cron, "<0|1>", "Stop what is done periodically."},
    {"populate", 1, 3, debug_populate, "<count> [<prefix>] [<size>]", "Create string keys."},
    {"protocol", 1, 1, one_of_type, "<type>", "Reply with a value of this type of the protocol."},
    {"quicklist-packed-threshold", 1, 1, set_packed_threshold, "<size>",
     "Checked, without effect."},
    {"reload", 0, kAnyNumber, debug_reload, "[MERGE] [NOFLUSH] [NOSAVE]",
     "Save all data, forget it, and load it again."},
    {"replybuffer", 2, 2, set_reply_buffer, "<PEAK-RESET-TIME|RESIZING> <value>",
     "Checked, without effect."},
    {"segfault", 0, 0, debug_segfault, "", "Crash by an access to memory that is refused."},
    {"set-active-expire", 1, 1, set_active_expire, "<0|1>",
     "Whether expired keys are removed before somebody asks for them."},
    {"set-disable-deny-scripts", 1, 1, set_disable_deny_scripts, "<0|1>",
     "Let scripts call what they may not call otherwise."},
    {"set-skip-checksum-validation", 1, 1, skip_checksums, "<0|1>",
     "Whether the checksums of restored values are verified."},
    {"sleep", 1, 1, sleep_all, "<seconds>", "Stop all cores for a while."},
    {"stringmatch-len", 2, 2, match_glob, "<pattern> <string>",
     "Whether the string matches the pattern."},
    {"stringmatch-test", 0, 0, fuzz_globs, "", "Match random patterns."},
};

Reply help(Context&, ArgReader&) {
  std::vector<Reply> lines;
  lines.push_back(Reply::simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
  for (const Subcommand& subcommand : kSubcommands) {
    std::string line(subcommand.name);
    for (char& c : line) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    if (!subcommand.usage.empty()) line += " " + std::string(subcommand.usage);
    lines.push_back(Reply::status_copy(std::move(line)));
    lines.push_back(Reply::status_copy("    " + std::string(subcommand.help)));
  }
  return Reply::array(std::move(lines));
}

Reply debug(Context& ctx, ArgReader& args) {
  const Bytes name = args.next();
  for (const Subcommand& subcommand : kSubcommands) {
    if (!equals_nocase(subcommand.name, name)) continue;
    if (args.remaining() < subcommand.least || args.remaining() > subcommand.most) break;
    Reply reply = subcommand.run(ctx, args);
    if (!reply.is_none()) return reply;
  }
  return Reply::error(fmt::format(
      "ERR unknown subcommand or wrong number of arguments for '{}'. Try DEBUG HELP.", name));
}

constexpr Command kDebug{
    .name = "debug",
    .summary = "A container for commands for testing the server.",
    .since = "1.0.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::server,
    .arity = at_least(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale | Flag::system |
             Flag::is_protected,
    .scope = Scope::all_cores,
    .run = debug,
};

constexpr Command kCommands[] = {kDebug};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> debug_commands() { return kCommands; }

}  // namespace tidemark::server
