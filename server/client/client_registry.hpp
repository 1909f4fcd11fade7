#pragma once

#include <cstdint>
#include <map>
#include <memory>

namespace tidemark::server {

class Client;

// The clients of one core, by id, which is the order in which they connected.
class ClientRegistry {
 public:
  ClientRegistry();
  ~ClientRegistry();

  void add(std::unique_ptr<Client> client);
  // Null where none has this id.
  Client* find(uint64_t id) const;
  // Destroys it. REQUIRES: it waits for nothing.
  void remove(uint64_t id);
  const std::map<uint64_t, std::unique_ptr<Client>>& all() const { return clients_; }
  size_t size() const { return clients_.size(); }

 private:
  std::map<uint64_t, std::unique_ptr<Client>> clients_;
};

}  // namespace tidemark::server
