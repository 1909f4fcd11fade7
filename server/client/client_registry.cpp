#include "server/client/client_registry.hpp"

#include <utility>

#include "server/client/client.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

ClientRegistry::ClientRegistry() = default;
ClientRegistry::~ClientRegistry() = default;

void ClientRegistry::add(std::unique_ptr<Client> client) {
  const uint64_t id = client->session().client_id;
  clients_.emplace(id, std::move(client));
}

Client* ClientRegistry::find(uint64_t id) const {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

void ClientRegistry::remove(uint64_t id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  // What it waits for would come back to nobody.
  ENSURE(!found->second->waiting());
  clients_.erase(found);
}

}  // namespace tidemark::server
