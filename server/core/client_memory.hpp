#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemark::server {

// Where one client stands in the books of its core; a part of the client.
struct ClientShare {
  uint64_t client_id = 0;
  size_t bytes = 0;
  uint8_t bucket = 0;
  uint32_t place = 0;  // within the bucket
  bool evictable = false;
  bool evicted = false;  // it was chosen to go, and is in no books any more
};

// What the clients of one core hold: the sum, and who to disconnect first when all clients together
// hold more than maxmemory-clients. Clients are sorted by the power of two below their size, so
// that keeping the books costs a few instructions and finding a largest one (to within a factor of
// two) does not depend on their number.
//
// Its core's thread, or exclusive work.
class ClientMemoryBooks {
 public:
  static constexpr size_t kBuckets = 48;

  enum class Evictable : uint8_t { no, yes };
  void update(ClientShare& share, size_t bytes, Evictable evictable);
  void remove(ClientShare& share);

  // The largest client's bucket; -1 where there is none that may be disconnected.
  int top_bucket() const { return top_.load(std::memory_order_relaxed); }
  // Chooses a largest client to go: from now on it counts no more. REQUIRES: top_bucket() >= 0.
  ClientShare& evict_largest();

  // Any thread: as of the last change.
  int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static uint8_t bucket_of(size_t bytes);
  void enter(ClientShare& share, uint8_t bucket);
  void leave(ClientShare& share);
  void add(int64_t bytes) {
    bytes_.store(this->bytes() + bytes, std::memory_order_relaxed);  // one writer at a time
  }

  std::array<std::vector<ClientShare*>, kBuckets> buckets_;
  std::atomic<int64_t> bytes_ = 0;
  std::atomic<int> top_ = -1;
};

class OnCore;
class Server;

// Once a round: where the clients of all cores hold more than maxmemory-clients, has the largest
// disconnected until they do not. Three loads where there is no such limit.
void check_client_memory(const OnCore& here);
// The same at once. Within exclusive work on all cores.
void evict_clients(Server& server);

}  // namespace tidemark::server
