#include "server/command/context.hpp"

#include <algorithm>
#include <utility>

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

storage::Entry* Context::find_to_read(Bytes key) const {
  return find_and_count(key, touch(), Miss::told);
}

storage::Entry* Context::find_to_inspect(Bytes key) const {
  return find_and_count(key, storage::Touch::no, Miss::told);
}

storage::Entry* Context::find_to_describe(Bytes key) const {
  return find_and_count(key, storage::Touch::no, Miss::untold);
}

storage::Entry* Context::find_and_count(Bytes key, storage::Touch touch, Miss miss) const {
  storage::Entry* entry = database(key).find(hashed(key), touch);
  if (entry != nullptr) {
    ++here().data().statistics.keyspace_hits;
    return entry;
  }
  ++here().data().statistics.keyspace_misses;
  if (miss == Miss::untold) return nullptr;
  CoreData& owner = data(key);
  if (owner.notifier.active()) [[unlikely]] {
    owner.notifier.on_miss(session_.db, key);
  }
  return nullptr;
}

bool Context::is_past_reply_limit(size_t bytes) const {
  return bytes > output_bytes_max(settings());
}

// Stands in the lines for all its keys, and goes home.
Reply Context::wait_for_keys(WaitForKeys wanted) {
  if (!session_.may_wait) return wanted.on_timeout();
  using Other = WaitingKeys::Other;
  const Router& router = server().router();
  key_wait_ = std::make_shared<KeyWait>(session_, std::move(wanted), now_ms());
  for (const std::string& key : key_wait_->keys()) {
    const CoreId owner = router.owner(key);
    auto other = Other::none;
    if (key_wait_->destination()) {
      const bool near = router.owner(*key_wait_->destination()) == owner;
      other = near ? Other::near : Other::far;
    }
    key_wait_->add_core(owner);
    data(owner).waiting_keys.add(session_.db, key, key_wait_, other);
  }
  parts_.caller.await(here(), key_wait_);
  return suspend();
}

Client& Context::client() const {
  ENSURE(parts_.client != nullptr);
  return *parts_.client;
}

}  // namespace tidemark::server
