#include "server/command/context.hpp"

#include <algorithm>

#include "server/client/client.hpp"
#include "server/client/client_limits.hpp"
#include "server/server.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

const Settings& Context::settings() const { return server().settings(); }

const CommandTable& Context::commands() const { return server().commands(); }

CoreData& Context::data(Bytes key) const {
  // Nothing but the core that the command runs on: no need to ask whose the key is.
  if (parts_.reach.cores().empty()) return here().data();
  return data(server().router().owner(key));
}

CoreData& Context::data(CoreId core) const {
  if (core == here().id()) return here().data();
  const auto reach = parts_.reach.cores();
  ENSURE(std::find(reach.begin(), reach.end(), core) != reach.end());
  return server().core(core).data();
}

storage::Entry* Context::find_to_read(Bytes key) const { return find_and_count(key, touch()); }

storage::Entry* Context::find_to_inspect(Bytes key) const {
  return find_and_count(key, storage::Touch::no);
}

storage::Entry* Context::find_and_count(Bytes key, storage::Touch touch) const {
  storage::Entry* entry = database(key).find(hashed(key), touch);
  ++(entry != nullptr ? here().data().statistics.keyspace_hits
                      : here().data().statistics.keyspace_misses);
  return entry;
}

bool Context::is_past_reply_limit(size_t bytes) const {
  return bytes > output_bytes_max(settings());
}

Client& Context::client() const {
  ENSURE(parts_.client != nullptr);
  return *parts_.client;
}

}  // namespace tidemark::server
