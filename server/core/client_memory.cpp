#include "server/core/client_memory.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "server/client/client.hpp"
#include "server/client/describe.hpp"
#include "server/command/key_wait.hpp"
#include "server/core/core.hpp"
#include "server/core/work_message.hpp"
#include "server/log/log.hpp"
#include "server/server.hpp"

namespace tidemark::server {

uint8_t ClientMemoryBooks::bucket_of(size_t bytes) {
  return static_cast<uint8_t>(std::min<size_t>(std::bit_width(bytes), kBuckets - 1));
}

void ClientMemoryBooks::update(ClientShare& share, size_t bytes, Evictable evictable) {
  if (share.evicted) return;
  if (bytes != share.bytes) {
    add(static_cast<int64_t>(bytes) - static_cast<int64_t>(share.bytes));
    share.bytes = bytes;
  }
  const uint8_t bucket = bucket_of(bytes);
  const bool wanted = evictable == Evictable::yes;
  if (share.evictable == wanted && (!wanted || share.bucket == bucket)) return;
  if (share.evictable) leave(share);
  if (wanted) enter(share, bucket);
}

void ClientMemoryBooks::remove(ClientShare& share) { update(share, 0, Evictable::no); }

ClientShare& ClientMemoryBooks::evict_largest() {
  ClientShare& share = *buckets_[static_cast<size_t>(top_bucket())].back();
  remove(share);
  share.evicted = true;
  return share;
}

void ClientMemoryBooks::enter(ClientShare& share, uint8_t bucket) {
  share.evictable = true;
  share.bucket = bucket;
  share.place = static_cast<uint32_t>(buckets_[bucket].size());
  buckets_[bucket].push_back(&share);
  if (bucket > top_bucket()) top_.store(bucket, std::memory_order_relaxed);
}

void ClientMemoryBooks::leave(ClientShare& share) {
  std::vector<ClientShare*>& bucket = buckets_[share.bucket];
  bucket[share.place] = bucket.back();
  bucket[share.place]->place = share.place;
  bucket.pop_back();
  share.evictable = false;
  int top = top_bucket();
  while (top >= 0 && buckets_[static_cast<size_t>(top)].empty()) --top;
  top_.store(top, std::memory_order_relaxed);
}

namespace {

// 0: none.
int64_t client_memory_limit(const Settings& settings) {
  const MemoryOrPercent& limit = settings.maxmemory_clients;
  if (limit.percent == 0) return static_cast<int64_t>(limit.bytes);
  return static_cast<int64_t>(settings.maxmemory / 100 * limit.percent +
                              settings.maxmemory % 100 * limit.percent / 100);
}

struct Totals {
  int64_t bytes = 0;
  Core* largest = nullptr;  // the core of a largest client; null where none may go
};

Totals add_up(Server& server) {
  Totals totals;
  int top = -1;
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    Core& core = server.core(CoreId(static_cast<uint16_t>(i)));
    const ClientMemoryBooks& books = core.data().client_memory;
    totals.bytes += books.bytes();
    if (books.top_bucket() <= top) continue;
    top = books.top_bucket();
    totals.largest = &core;
  }
  return totals;
}

// Closes a client that was chosen to go.
void close_evicted(const OnCore& here, uint64_t id) {
  Client* const client = here.data().clients.find(id);
  if (client == nullptr || client->closed()) return;
  log::notice(fmt::format("Evicting client: {}", describe(*client, here.now_ms())));
  client->close(here);
}

}  // namespace

// With all cores stopped, so that the largest of all clients go first.
void evict_clients(Server& server) {
  const int64_t limit = client_memory_limit(server.settings());
  if (limit == 0) return;
  for (Totals totals = add_up(server); totals.bytes > limit && totals.largest != nullptr;
       totals = add_up(server)) {
    Core& core = *totals.largest;
    const uint64_t id = core.data().client_memory.evict_largest().client_id;
    ++core.data().statistics.evicted_clients;
    if (Client* const client = core.data().clients.find(id)) stop_serving(server, *client);
    core.post(std::make_unique<WorkMessage>([id](OnCore& on) { close_evicted(on, id); }));
  }
}

void check_client_memory(const OnCore& here) {
  Server& server = here.server();
  const int64_t limit = client_memory_limit(server.settings());
  if (limit == 0) return;
  const Totals totals = add_up(server);
  if (totals.bytes <= limit || totals.largest == nullptr) return;
  // Every core sees that it is too much, round after round, until the cores have stopped once.
  if (server.client_eviction().exchange(true)) return;
  server.exclusives().run(server.router().every_core(), [](OnCore& on) {
    on.server().client_eviction() = false;
    evict_clients(on.server());
  });
}

}  // namespace tidemark::server
