#include "server/scripts/busy.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <vector>

#include "server/client/client.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

constexpr int64_t kPauseMs = 5;
constexpr size_t kReadBytes = size_t{16} * 1024;
// A core that is busy is as good as full for whoever looks for the one with the fewest clients.
constexpr uint32_t kLoad = 1U << 24;

}  // namespace

BusyCores::BusyCores(const OnCore& here, Reach reach) : server_(here.server()) {
  cores_.assign(reach.cores().begin(), reach.cores().end());
  if (cores_.empty()) cores_.push_back(here.id());
  for (const CoreId id : cores_) {
    Core& core = server_.core(id);
    core.set_in_script(true);
    core.load().fetch_add(kLoad, std::memory_order_relaxed);
  }
}

BusyCores::~BusyCores() {
  for (const CoreId id : cores_) {
    Core& core = server_.core(id);
    core.set_in_script(false);
    core.load().fetch_sub(kLoad, std::memory_order_relaxed);
  }
}

void BusyCores::let_in(const OnCore& here, const Client* runner) {
  const int64_t now_ms = monotonic_ms();
  if (now_ms - looked_ms_ < kPauseMs) return;
  looked_ms_ = now_ms;
  const bool has_entrance = std::find(cores_.begin(), cores_.end(), CoreId(0)) != cores_.end();
  if (has_entrance) server_.accept_waiting();
  for (const CoreId core : cores_) {
    OnCore there = here.at(core);
    server_.core(core).arrivals().take_in(there);
  }
  let_in_clients(runner);
}

void BusyCores::let_in_clients(const Client* runner) const {
  struct Place {
    CoreId core;
    uint64_t client;
  };
  std::vector<Place> places;
  std::vector<pollfd> sockets;
  for (const CoreId core : cores_) {
    for (const auto& [id, client] : server_.core(core).data().clients.all()) {
      if (client.get() == runner || client->closed() || !client->reading()) continue;
      places.push_back({.core = core, .client = id});
      sockets.push_back({.fd = client->fd(), .events = POLLIN, .revents = 0});
    }
  }
  if (sockets.empty() || poll(sockets.data(), sockets.size(), 0) <= 0) return;
  std::array<char, kReadBytes> room;
  for (size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i].revents == 0) continue;
    Client* const client = server_.core(places[i].core).data().clients.find(places[i].client);
    // Somebody's command may have closed it.
    if (client != nullptr && !client->closed()) client->read_now(room);
  }
}

}  // namespace tidemark::server
