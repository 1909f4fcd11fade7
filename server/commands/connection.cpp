// What a client says of its connection: who it is, which protocol and database it wants.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/client/client.hpp"
#include "server/client/describe.hpp"
#include "server/client/monitors.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/database_arg.hpp"
#include "server/commands/families.hpp"
#include "server/config/version.hpp"
#include "server/server.hpp"
#include "server/tracking/invalidation.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

using protocol::RespVersion;

constexpr Bytes kDefaultUser = "default";

// Takes a time that says nothing of where two texts differ.
bool equal_secrets(Bytes given, Bytes secret) {
  auto difference = static_cast<unsigned>(given.size() != secret.size());
  for (size_t i = 0; i < given.size(); ++i) {
    const char of_secret = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned>(given[i] ^ of_secret);
  }
  return difference == 0;
}

// There is one user. Without `requirepass` any password is its.
std::optional<Reply> authenticate(const Context& ctx, Bytes user, Bytes password) {
  const std::string& required = ctx.settings().requirepass;
  const bool accepted =
      user == kDefaultUser && (required.empty() || equal_secrets(password, required));
  if (!accepted) {
    return Reply::error("WRONGPASS invalid username-password pair or user is disabled.");
  }
  ctx.client().facts().authenticated = true;
  return std::nullopt;
}

Reply auth(Context& ctx, ArgReader& args) {
  const bool password_alone = args.remaining() == 1;
  const Bytes user = password_alone ? kDefaultUser : args.next();
  const Bytes password = args.next();
  args.finish();
  if (args.failed()) return args.error();

  if (password_alone && ctx.settings().requirepass.empty()) {
    return Reply::error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  auto refusal = authenticate(ctx, user, password);
  return refusal ? std::move(*refusal) : Reply::ok();
}

constexpr Command kAuth{
    .name = "auth",
    .summary = "Proves who the client is.",
    .since = "1.0.0",
    .complexity = "O(N) in the passwords of the user",
    .group = Group::connection,
    .arity = at_least(2),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast | Flag::no_auth |
             Flag::allow_busy | Flag::hidden_args | Flag::rewrites_session,
    .syntax = "[username] password",
    .scope = Scope::home,
    .run = auth,
};

Reply echo(Context&, ArgReader& args) {
  const Bytes message = args.next();
  if (args.failed()) return args.error();
  return Reply::bulk(message);
}

constexpr Command kEcho{
    .name = "echo",
    .summary = "Returns its argument.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale | Flag::fast,
    .syntax = "message",
    .scope = Scope::home,
    .run = echo,
};

struct Greeting {
  std::optional<RespVersion> version;
  std::optional<std::pair<Bytes, Bytes>> user_and_password;
  std::optional<Bytes> name;
};

// An error, or nothing and `greeting`.
std::optional<Reply> read_greeting(ArgReader& args, Greeting& greeting) {
  if (args.empty()) return std::nullopt;
  const auto version = parse_int64(args.next());
  if (!version) return Reply::error("ERR Protocol version is not an integer or out of range");
  if (*version != 2 && *version != 3) {
    return Reply::error("NOPROTO unsupported protocol version");
  }
  greeting.version = static_cast<RespVersion>(*version);
  while (!args.empty()) {
    if (args.accept_with("auth", 2)) {
      const Bytes user = args.next();
      greeting.user_and_password = {user, args.next()};
    } else if (args.accept_with("setname", 1)) {
      greeting.name = args.next();
      if (!fits_a_list(*greeting.name)) {
        return Reply::error(
            "ERR Client names cannot contain spaces, newlines or special characters.");
      }
    } else {
      return Reply::error("ERR Syntax error in HELLO option '" + std::string(args.peek()) + "'");
    }
  }
  return std::nullopt;
}

Reply introduction(const Context& ctx) {
  std::vector<Reply> fields;
  const auto add = [&fields](Bytes name, Reply value) {
    fields.push_back(Reply::bulk(name));
    fields.push_back(std::move(value));
  };
  add("server", Reply::bulk("redis"));
  add("version", Reply::bulk(kRedisVersion));
  add("proto", Reply::integer(static_cast<int64_t>(ctx.session().resp)));
  add("id", Reply::integer(static_cast<int64_t>(ctx.session().client_id)));
  add("mode", Reply::bulk("standalone"));
  add("role", Reply::bulk("master"));
  add("modules", Reply::empty_array());
  return Reply::map(std::move(fields));
}

Reply hello(Context& ctx, ArgReader& args) {
  Greeting greeting;
  if (auto error = read_greeting(args, greeting)) return std::move(*error);

  if (greeting.user_and_password) {
    const auto& [user, password] = *greeting.user_and_password;
    if (auto refusal = authenticate(ctx, user, password)) return std::move(*refusal);
  }
  Client& client = ctx.client();
  if (!client.facts().authenticated) {
    return Reply::error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  if (greeting.name) client.facts().name = std::string(*greeting.name);
  if (greeting.version) client.session().resp = *greeting.version;
  return introduction(ctx);
}

// HELLO version AUTH user password SETNAME name: what stands behind AUTH, also where the call is
// wrong in some other way.
bool is_secret_of_hello(std::span<const Bytes> args, size_t position) {
  size_t i = 1;
  while (i < position) {
    if (equals_nocase(args[i], "auth")) {
      if (position <= i + 2) return true;
      i += 3;
    } else {
      i += equals_nocase(args[i], "setname") ? 2 : 1;
    }
  }
  return false;
}

constexpr Command kHello{
    .name = "hello",
    .summary = "Agrees on the version of the protocol, and greets.",
    .since = "6.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = at_least(1),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast | Flag::no_auth |
             Flag::allow_busy | Flag::hidden_args | Flag::rewrites_session,
    .syntax = "[arguments:(protover:integer [AUTH auth:(username password)] [SETNAME clientname])]",
    .scope = Scope::home,
    .is_secret = is_secret_of_hello,
    .run = hello,
};

Reply ping(Context& ctx, ArgReader& args) {
  const bool plain = args.empty();
  const Bytes message = plain ? Bytes() : args.next();
  if (!args.empty()) return Reply::error("ERR wrong number of arguments for 'ping' command");
  // Among messages, which are arrays in RESP2, so is this.
  if (ctx.session().resp == RespVersion::v2 && ctx.client().is_subscriber()) {
    std::vector<Reply> parts;
    parts.push_back(Reply::bulk("pong"));
    parts.push_back(Reply::bulk(message));
    return Reply::array(std::move(parts));
  }
  return plain ? Reply::pong() : Reply::bulk(message);
}

constexpr Command kPing{
    .name = "ping",
    .summary = "Says that the server is alive.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = at_least(1),
    .flags = Flag::fast | Flag::tells_health | Flag::for_subscribers,
    .syntax = "[message]",
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::home,
    .run = ping,
};

Reply quit(Context& ctx, ArgReader&) {
  ctx.client().close_after_reply();
  return Reply::ok();
}

constexpr Command kQuit{
    .name = "quit",
    .summary = "Closes the connection.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .deprecated = {.since = "7.2.0", .instead = "closing the connection"},
    .group = Group::connection,
    .arity = at_least(1),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast | Flag::no_auth |
             Flag::allow_busy | Flag::at_once | Flag::for_subscribers,
    .scope = Scope::home,
    .run = quit,
};

// As if the connection were new; what the client said of its library stays.
Reply reset(Context& ctx, ArgReader&) {
  Client& client = ctx.client();
  client.drop_transaction(ctx.here());
  stop_tracking(ctx.here(), client);
  ctx.here().data().subscribers.release(ctx.here(), client);
  Session& session = client.session();
  session.db = DbIndex(0);
  session.resp = RespVersion::v2;
  session.no_touch = false;
  client.set_reply_mode(Client::ReplyMode::on);
  client.facts().name.clear();
  client.facts().no_evict = false;
  if (client.facts().monitor) stop_monitoring(ctx.here(), client);
  client.facts().authenticated = ctx.settings().requirepass.empty();
  return Reply::simple("RESET");
}

constexpr Command kReset{
    .name = "reset",
    .summary = "Makes the connection as if it were new.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(1),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast | Flag::no_auth |
             Flag::allow_busy | Flag::rewrites_session | Flag::at_once | Flag::for_subscribers,
    .scope = Scope::home,
    .run = reset,
};

Reply select(Context& ctx, ArgReader& args) {
  const DbIndex db = read_database(ctx, args);
  if (args.failed()) return args.error();
  ctx.caller().select(db);
  return Reply::ok();
}

constexpr Command kSelect{
    .name = "select",
    .summary = "Chooses the database of the connection.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale | Flag::fast,
    .syntax = "index:integer",
    .scope = Scope::home,
    .run = select,
};

constexpr Command kCommands[] = {kAuth, kEcho, kHello, kPing, kQuit, kReset, kSelect};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> connection_commands() { return kCommands; }

}  // namespace tidemark::server
