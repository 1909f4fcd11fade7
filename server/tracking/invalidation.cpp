#include "server/tracking/invalidation.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "protocol/encode.hpp"
#include "server/client/client.hpp"
#include "server/core/core.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"
#include "server/tracking/tracking.hpp"

namespace tidemark::server {

namespace {

using protocol::RespVersion;

constexpr Bytes kChannel = "__redis__:invalidate";

// nullopt: all of them.
using Keys = std::optional<std::vector<std::string>>;

void write_keys(protocol::Output& out, RespVersion version, const Keys& keys) {
  if (!keys) return protocol::write_null(out, version);
  protocol::write_array_header(out, keys->size());
  for (const std::string& key : *keys) protocol::write_bulk(out, key);
}

void write_keys_in_resp3(protocol::Output& out, const Keys& keys) {
  protocol::write_push_header(out, RespVersion::v3, 2);
  protocol::write_bulk(out, "invalidate");
  write_keys(out, RespVersion::v3, keys);
}

// In RESP2 only a subscriber can tell it from a reply.
void push_keys(const OnCore& here, Client& client, const Keys& keys) {
  const RespVersion version = client.session().resp;
  protocol::Output out;
  if (version == RespVersion::v3) {
    write_keys_in_resp3(out, keys);
  } else {
    if (!client.is_subscriber()) return;
    protocol::write_push_header(out, version, 3);
    protocol::write_bulk(out, "message");
    protocol::write_bulk(out, kChannel);
    write_keys(out, version, keys);
  }
  client.push_between(here, out.view());
}

template <typename Work>
void at_core(const OnCore& here, CoreId core, Work work) {
  if (core == here.id()) return work(here);
  here.post(core,
            std::make_unique<WorkMessage>([work = std::move(work)](OnCore& on) { work(on); }));
}

// The one that the client redirects to is gone.
void say_broken(const OnCore& home, uint64_t client_id) {
  Client* const client = home.data().clients.find(client_id);
  if (client == nullptr || client->tracking() == nullptr) return;
  const auto& redirect = client->tracking()->options().redirect;
  if (!redirect) return;
  client->tracking()->set_broken();
  if (client->session().resp != RespVersion::v3) return;
  protocol::Output out;
  protocol::write_push_header(out, RespVersion::v3, 2);
  protocol::write_bulk(out, "tracking-redir-broken");
  protocol::write_integer(out, static_cast<int64_t>(redirect->client_id));
  client->push_between(home, out.view());
}

void redirect_to(const OnCore& home, const Redirect& redirect, const Tracker& tracker, Keys keys) {
  at_core(home, redirect.home, [redirect, tracker, keys = std::move(keys)](const OnCore& there) {
    Client* const client = there.data().clients.find(redirect.client_id);
    if (client != nullptr && !client->closed()) return push_keys(there, *client, keys);
    at_core(there, tracker.home,
            [id = tracker.client_id](const OnCore& on) { say_broken(on, id); });
  });
}

// Of what it has read, or of whatever it asked for.
enum class About : uint8_t { reads, anything };

void tell(const OnCore& here, const Tracker& tracker, About about, Keys keys) {
  at_core(here, tracker.home, [tracker, about, keys = std::move(keys)](const OnCore& home) {
    Client* const client = home.data().clients.find(tracker.client_id);
    if (client == nullptr || client->closed() || client->tracking() == nullptr) return;
    const TrackingOptions& options = client->tracking()->options();
    if (about == About::reads && options.broadcast) return;
    const auto& redirect = options.redirect;
    if (redirect) return redirect_to(home, *redirect, tracker, keys);
    if (client->session().resp == RespVersion::v3) push_keys(home, *client, keys);
  });
}

}  // namespace

void invalidate(const OnCore& here, const Tracker& tracker, std::string key) {
  std::vector<std::string> keys;
  keys.push_back(std::move(key));
  tell(here, tracker, About::reads, std::move(keys));
}

void invalidate_prefix(const OnCore& here, const Tracker& tracker, std::vector<std::string> keys) {
  tell(here, tracker, About::anything, std::move(keys));
}

void invalidate_all(const OnCore& here, const Tracker& tracker) {
  tell(here, tracker, About::anything, std::nullopt);
}

void write_invalidation(protocol::Output& out, const std::optional<std::string>& key) {
  write_keys_in_resp3(out, key ? Keys(std::vector<std::string>{*key}) : Keys());
}

void stop_tracking(const OnCore& home, Client& client) {
  if (client.tracking() == nullptr) return;
  const uint64_t id = client.session().client_id;
  home.data().tracking.remove_client(id);
  for (const std::string& prefix : client.tracking()->options().prefixes) {
    for (const CoreId core : home.server().router().every_core()) {
      at_core(home, core, [prefix, id](const OnCore& there) {
        there.data().tracking.remove_prefix(prefix, id);
      });
    }
  }
  client.set_tracking(nullptr);
}

}  // namespace tidemark::server
