#include "server/client/client_registry.hpp"

#include <utility>

#include "server/client/client.hpp"

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

void ClientRegistry::remove(uint64_t id) { clients_.erase(id); }

}  // namespace tidemark::server
