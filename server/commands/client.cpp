// CLIENT: what is about one's own connection. What is about all of them is in client_list.cpp and
// client_pause.cpp, and what is about tracking in client_tracking.cpp.

#include "server/commands/client.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/client/client.hpp"
#include "server/client/describe.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

enum class Switch : uint8_t { off, on };

Switch read_switch(ArgReader& args) {
  if (args.accept("on")) return Switch::on;
  if (!args.accept("off")) args.fail_syntax();
  return Switch::off;
}

constexpr Command kClientCaching{
    .name = "caching",
    .summary = "Says whether the keys of the next command are tracked.",
    .since = "6.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(3),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "mode:{YES|NO}",
    .scope = Scope::home,
    .run = client_caching,
};

Reply client_getname(Context& ctx, ArgReader&) {
  const std::string& name = ctx.client().facts().name;
  return name.empty() ? Reply::null() : Reply::bulk(name);
}

constexpr Command kClientGetname{
    .name = "getname",
    .summary = "Tells the name of the connection.",
    .since = "2.6.9",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = client_getname,
};

constexpr Command kClientGetredir{
    .name = "getredir",
    .summary = "Tells where invalidation messages are sent to.",
    .since = "6.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = client_getredir,
};

Reply client_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kClientHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = client_help,
};

Reply client_id(Context& ctx, ArgReader&) {
  return Reply::integer(static_cast<int64_t>(ctx.session().client_id));
}

constexpr Command kClientId{
    .name = "id",
    .summary = "Tells the id of the connection.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = client_id,
};

Reply client_info(Context& ctx, ArgReader&) {
  return Reply::verbatim("txt", describe(ctx.client(), ctx.now_ms()) + '\n');
}

constexpr Command kClientInfo{
    .name = "info",
    .summary = "Describes the connection.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = client_info,
};

constexpr Command kClientKill{
    .name = "kill",
    .summary = "Closes connections.",
    .since = "2.4.0",
    .complexity = "O(N) in the connections",
    .group = Group::connection,
    .arity = at_least(3),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax =
        "filter:{old-format<ip:port>|new-format:{[ID client-id:integer]|[TYPE "
        "client-type:{NORMAL|MASTER|SLAVE|REPLICA|PUBSUB}]|[USER username]|[ADDR "
        "addr<ip:port>]|[LADDR laddr<ip:port>]|[SKIPME skipme:{YES|NO}]}...}",
    .scope = Scope::all_cores,
    .run = client_kill,
};

constexpr Command kClientList{
    .name = "list",
    .summary = "Describes the open connections.",
    .since = "2.4.0",
    .complexity = "O(N) in the connections",
    .group = Group::connection,
    .arity = at_least(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "[TYPE client-type:{NORMAL|MASTER|REPLICA|PUBSUB}] [ID client-id:integer...]",
    .tips = {"nondeterministic_output"},
    .scope = Scope::all_cores,
    .run = client_list,
};

Reply client_no_evict(Context& ctx, ArgReader& args) {
  const Switch wanted = read_switch(args);
  if (args.failed()) return args.error();
  ctx.client().facts().no_evict = wanted == Switch::on;
  return Reply::ok();
}

constexpr Command kClientNoEvict{
    .name = "no-evict",
    .summary = "Exempts the connection from being evicted, or ends that.",
    .since = "7.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "enabled:{ON|OFF}",
    .scope = Scope::home,
    .run = client_no_evict,
};

Reply client_no_touch(Context& ctx, ArgReader& args) {
  const Switch wanted = read_switch(args);
  if (args.failed()) return args.error();
  ctx.client().session().no_touch = wanted == Switch::on;
  return Reply::ok();
}

constexpr Command kClientNoTouch{
    .name = "no-touch",
    .summary = "Says whether the commands of the connection count as use of the keys.",
    .since = "7.2.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(3),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "enabled:{ON|OFF}",
    .scope = Scope::home,
    .run = client_no_touch,
};

constexpr Command kClientPause{
    .name = "pause",
    .summary = "Holds back the commands of clients for a time.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = at_least(3),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "timeout:integer [mode:{WRITE|ALL}]",
    .scope = Scope::all_cores,
    .run = client_pause,
};

Reply client_reply(Context& ctx, ArgReader& args) {
  using Mode = Client::ReplyMode;
  Client& client = ctx.client();
  if (args.accept("on")) {
    client.set_reply_mode(Mode::on);
    return Reply::ok();
  }
  if (args.accept("off")) {
    client.set_reply_mode(Mode::off);
  } else if (args.accept("skip")) {
    if (client.reply_mode() != Mode::off) client.set_reply_mode(Mode::skip_next);
  } else {
    args.fail_syntax();
  }
  if (args.failed()) return args.error();
  return Reply::none();
}

constexpr Command kClientReply{
    .name = "reply",
    .summary = "Says whether the connection wants replies.",
    .since = "3.2.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(3),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "action:{ON|OFF|SKIP}",
    .scope = Scope::home,
    .run = client_reply,
};

Reply client_setinfo(Context& ctx, ArgReader& args) {
  const Bytes attribute = args.next();
  const Bytes value = args.next();
  if (args.failed()) return args.error();
  ClientFacts& facts = ctx.client().facts();
  std::string* fact = nullptr;
  if (equals_nocase(attribute, "lib-name")) fact = &facts.library_name;
  if (equals_nocase(attribute, "lib-ver")) fact = &facts.library_version;
  if (fact == nullptr) {
    return Reply::error("ERR Unrecognized option '" + std::string(attribute) + "'");
  }
  if (!fits_a_list(value)) {
    return Reply::error("ERR " + std::string(attribute) +
                        " cannot contain spaces, newlines or special characters.");
  }
  *fact = value;
  return Reply::ok();
}

constexpr Command kClientSetinfo{
    .name = "setinfo",
    .summary = "Notes a fact about the client, such as the name of its library.",
    .since = "7.2.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(4),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "attr:{LIB-NAME libname|LIB-VER libver}",
    .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    .scope = Scope::home,
    .run = client_setinfo,
};

Reply client_setname(Context& ctx, ArgReader& args) {
  const Bytes name = args.next();
  if (!fits_a_list(name)) {
    args.fail("ERR Client names cannot contain spaces, newlines or special characters.");
  }
  if (args.failed()) return args.error();
  ctx.client().facts().name = name;
  return Reply::ok();
}

constexpr Command kClientSetname{
    .name = "setname",
    .summary = "Names the connection.",
    .since = "2.6.9",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(3),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "connection-name",
    .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    .scope = Scope::home,
    .run = client_setname,
};

constexpr Command kClientTracking{
    .name = "tracking",
    .summary = "Tells the client when keys that it has read are changed, or stops doing so.",
    .since = "6.0.0",
    .complexity = "O(1), or O(N) in the prefixes",
    .group = Group::connection,
    .arity = at_least(3),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .syntax =
        "status:{ON|OFF} [REDIRECT client-id:integer] [PREFIX prefix]... [BCAST] [OPTIN] [OPTOUT] "
        "[NOLOOP]",
    .scope = Scope::all_cores,
    .run = client_tracking,
};

constexpr Command kClientTrackinginfo{
    .name = "trackinginfo",
    .summary = "Tells how the connection tracks keys.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::no_script | Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = client_trackinginfo,
};

// Ends a wait before its time, on whichever core the client is; that core does it when it goes on.
Reply client_unblock(Context& ctx, ArgReader& args) {
  if (args.remaining() > 2) {
    return Reply::error(
        "ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.");
  }
  const Bytes id_text = args.next();
  auto how = TimedWaits::End::timeout;
  if (args.accept("error")) {
    how = TimedWaits::End::error;
  } else if (!args.empty() && !args.accept("timeout")) {
    args.fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const auto id = parse_int64(id_text);
  if (!id) args.fail("ERR value is not an integer or out of range");
  if (args.failed()) return args.error();

  const auto client_id = static_cast<uint64_t>(*id);
  for (const CoreId core : ctx.all_cores()) {
    if (!ctx.data(core).timed_waits.claim(client_id)) continue;
    ctx.server().core(core).post(std::make_unique<WorkMessage>([client_id, how](OnCore& there) {
      there.data().timed_waits.end_claimed(there, client_id, how);
    }));
    return Reply::integer(1);
  }
  return Reply::integer(0);
}

constexpr Command kClientUnblock{
    .name = "unblock",
    .summary = "Ends the wait of another client.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = at_least(3),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "client-id:integer [unblock-type:{TIMEOUT|ERROR}]",
    .scope = Scope::all_cores,
    .run = client_unblock,
};

constexpr Command kClientUnpause{
    .name = "unpause",
    .summary = "Ends CLIENT PAUSE.",
    .since = "6.2.0",
    .complexity = "O(N) in the clients held back",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .scope = Scope::all_cores,
    .run = client_unpause,
};

constexpr Command kClientCommands[] = {
    kClientCaching,      kClientGetname, kClientGetredir, kClientHelp,    kClientId,
    kClientInfo,         kClientKill,    kClientList,     kClientNoEvict, kClientNoTouch,
    kClientPause,        kClientReply,   kClientSetinfo,  kClientSetname, kClientTracking,
    kClientTrackinginfo, kClientUnblock, kClientUnpause};

constexpr Command kClient{
    .name = "client",
    .summary = "A container for commands about connections.",
    .since = "2.4.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::connection,
    .arity = at_least(2),
    .subcommands = kClientCommands,
};

constexpr Command kCommands[] = {kClient};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> client_commands() { return kCommands; }

}  // namespace tidemark::server
