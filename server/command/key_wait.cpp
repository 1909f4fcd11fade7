#include "server/command/key_wait.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <unordered_set>
#include <utility>

#include "server/client/client.hpp"
#include "server/core/core.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"
#include "storage/keyspace/entry.hpp"

namespace tidemark::server {

namespace {

// What a key costs beside its bytes: its line, its places in it and in the books of its core.
constexpr size_t kKeyBytes = 256;

// Milliseconds since the epoch; 0, for never, where the clock will not get that far.
int64_t end_of(int64_t timeout_ms, int64_t now_ms) {
  if (timeout_ms == 0 || timeout_ms > std::numeric_limits<int64_t>::max() - now_ms) return 0;
  return now_ms + timeout_ms;
}

// Keys are chosen by whoever sends them.
struct BytesHash {
  size_t operator()(Bytes bytes) const { return storage::hash_bytes(bytes); }
};

}  // namespace

KeyWait::KeyWait(const Session& session, WaitForKeys wanted, int64_t now_ms)
    : session_(session),
      destination_(wanted.destination),
      type_(wanted.type),
      needs_keys_(wanted.needs_keys),
      ends_ms_(end_of(wanted.timeout_ms, now_ms)),
      is_ready_(std::move(wanted.is_ready)),
      serve_(std::move(wanted.serve)),
      on_timeout_(wanted.on_timeout) {
  std::unordered_set<Bytes, BytesHash> seen;
  for (const Bytes key : wanted.keys) {
    if (seen.insert(key).second) keys_.emplace_back(key);
  }
}

void KeyWait::add_core(CoreId core) {
  if (std::find(cores_.begin(), cores_.end(), core) == cores_.end()) cores_.push_back(core);
}

size_t KeyWait::memory_bytes() const {
  size_t bytes = sizeof *this;
  for (const std::string& key : keys_) bytes += kKeyBytes + 2 * key.size();
  return bytes;
}

bool KeyWait::is_ready(Bytes key, const storage::Entry* entry) const {
  if (is_ready_ != nullptr) return is_ready_(key, entry);
  return entry != nullptr && entry->type() == type_;
}

void leave_lines(const OnCore& here, const std::shared_ptr<KeyWait>& wait) {
  for (const CoreId core : wait->cores()) {
    if (core == here.id()) {
      here.data().waiting_keys.remove(*wait);
    } else {
      here.post(core, std::make_unique<WorkMessage>(
                          [wait](OnCore& there) { there.data().waiting_keys.remove(*wait); }));
    }
  }
}

void give_up(const OnCore& here, const std::shared_ptr<KeyWait>& wait) {
  // Where somebody else has the claim, what it was served with comes home to nobody.
  (void)wait->claim.take();
  leave_lines(here, wait);
}

void stop_serving(Server& server, Client& client) {
  client.set_going();
  for (const CoreId core : server.router().every_core()) {
    server.core(core).data().waiting_keys.claim_all(client.session().client_id);
  }
}

}  // namespace tidemark::server
