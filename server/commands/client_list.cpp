#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/client/client.hpp"
#include "server/client/describe.hpp"
#include "server/command/key_wait.hpp"
#include "server/commands/client.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

// The kinds of client that limits and lists tell apart. Clients that replicate are not among those
// we have, so lists of them are empty.
enum class ClientType : uint8_t { normal, master, replica, pubsub };

std::optional<ClientType> type_of(Bytes word) {
  if (equals_nocase(word, "normal")) return ClientType::normal;
  if (equals_nocase(word, "master")) return ClientType::master;
  if (equals_nocase(word, "replica") || equals_nocase(word, "slave")) return ClientType::replica;
  if (equals_nocase(word, "pubsub")) return ClientType::pubsub;
  return std::nullopt;
}

ClientType type_of(const Client& client) {
  return client.is_subscriber() ? ClientType::pubsub : ClientType::normal;
}

Reply unknown_type(Bytes word) {
  return Reply::error("ERR Unknown client type '" + std::string(word) + "'");
}

// A client and where it lives.
struct Found {
  CoreId core;
  Client* client;
};

bool is_connected(const Client& client) { return !client.closed() && !client.evicted(); }

// Everybody who is connected, in the order in which they came.
std::vector<Found> everybody(const Context& ctx) {
  std::vector<Found> all;
  for (const CoreId core : ctx.all_cores()) {
    for (const auto& [id, client] : ctx.data(core).clients.all()) {
      if (is_connected(*client)) all.push_back({.core = core, .client = client.get()});
    }
  }
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
    return a.client->session().client_id < b.client->session().client_id;
  });
  return all;
}

Client* find(const Context& ctx, uint64_t id) {
  for (const CoreId core : ctx.all_cores()) {
    Client* const client = ctx.data(core).clients.find(id);
    if (client != nullptr && is_connected(*client)) return client;
  }
  return nullptr;
}

void add_line(std::string& text, const Client& client, int64_t now_ms) {
  text += describe(client, now_ms);
  text += '\n';
}

}  // namespace

Reply client_list(Context& ctx, ArgReader& args) {
  std::optional<ClientType> type;
  std::vector<uint64_t> ids;
  if (args.remaining() == 2 && args.accept("type")) {
    const Bytes word = args.next();
    type = type_of(word);
    if (!type) return unknown_type(word);
  } else if (args.accept_with("id", 1)) {
    while (!args.empty()) {
      ids.push_back(static_cast<uint64_t>(
          args.next_integer(1, std::numeric_limits<int64_t>::max(), "ERR Invalid client ID")));
      if (args.failed()) return args.error();
    }
  }
  args.finish();
  if (args.failed()) return args.error();

  std::string text;
  for (const uint64_t id : ids) {
    if (const Client* const client = find(ctx, id)) add_line(text, *client, ctx.now_ms());
  }
  if (ids.empty()) {
    for (const Found& found : everybody(ctx)) {
      if (type && *type != type_of(*found.client)) continue;
      add_line(text, *found.client, ctx.now_ms());
    }
  }
  return Reply::verbatim("txt", text);
}

namespace {

// Whom CLIENT KILL means.
struct KillFilter {
  std::optional<uint64_t> id;
  std::optional<ClientType> type;
  std::optional<Bytes> address;
  std::optional<Bytes> local_address;
  bool skip_me = true;

  bool matches(const Client& client, uint64_t me) const {
    const uint64_t its_id = client.session().client_id;
    if (address && client.facts().peer != *address) return false;
    if (local_address && client.facts().local != *local_address) return false;
    if (type && *type != type_of(client)) return false;
    if (id && its_id != *id) return false;
    return !skip_me || its_id != me;
  }
};

// Reads pairs of an option and its value; the error of the first that is wrong.
std::optional<Reply> read_filter(ArgReader& args, KillFilter& filter) {
  while (!args.empty() && !args.failed()) {
    if (args.accept_with("id", 1)) {
      filter.id = static_cast<uint64_t>(args.next_integer(
          1, std::numeric_limits<int64_t>::max(), "ERR client-id should be greater than 0"));
    } else if (args.accept_with("type", 1)) {
      const Bytes word = args.next();
      filter.type = type_of(word);
      if (!filter.type) return unknown_type(word);
    } else if (args.accept_with("addr", 1)) {
      filter.address = args.next();
    } else if (args.accept_with("laddr", 1)) {
      filter.local_address = args.next();
    } else if (args.accept_with("user", 1)) {
      const Bytes user = args.next();
      if (user != "default") {
        return Reply::error("ERR No such user '" + std::string(user) + "'");
      }
    } else if (args.accept_with("skipme", 1)) {
      if (args.accept("yes")) {
        filter.skip_me = true;
      } else if (args.accept("no")) {
        filter.skip_me = false;
      } else {
        args.fail_syntax();
      }
    } else {
      args.fail_syntax();
    }
  }
  if (args.failed()) return args.error();
  return std::nullopt;
}

// Closes a client where it lives; the one that asks for it, when it has its reply.
void kill(Context& ctx, const Found& found) {
  const uint64_t id = found.client->session().client_id;
  if (id == ctx.session().client_id) return found.client->close_after_reply();
  stop_serving(ctx.server(), *found.client);
  ctx.server().core(found.core).post(std::make_unique<WorkMessage>([id](OnCore& here) {
    if (Client* const client = here.data().clients.find(id)) client->close(here);
  }));
}

}  // namespace

Reply client_kill(Context& ctx, ArgReader& args) {
  KillFilter filter;
  const bool old_form = args.remaining() == 1;
  if (old_form) {
    filter.address = args.next();
    filter.skip_me = false;
  } else if (auto error = read_filter(args, filter)) {
    return std::move(*error);
  }
  if (args.failed()) return args.error();

  int64_t killed = 0;
  for (const Found& found : everybody(ctx)) {
    if (!filter.matches(*found.client, ctx.session().client_id)) continue;
    kill(ctx, found);
    ++killed;
  }
  if (!old_form) return Reply::integer(killed);
  return killed > 0 ? Reply::ok() : Reply::error("ERR No such client");
}

}  // namespace tidemark::server
