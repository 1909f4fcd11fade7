#include "server/core/passing_users.hpp"

#include <utility>

#include "server/core/core.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

bool is_full(const OnCore& here) {
  return here.server().settings().maxmemory > 0 && !here.server().make_room(here);
}

// Without a store, a user who has come to anything would be lost.
bool may_go(const CoreData& data, const std::string& user) {
  if (data.write_behind != nullptr) return true;
  const storage::UserInfo known = data.read_states.info(data.read_states.find(user), 0);
  return known.entries == 0 && known.version == 0;
}

}  // namespace

void PassingUsers::part(const OnCore& here) {
  storage::ReadStates& all = here.data().read_states;
  for (std::string& user : std::exchange(arrived_, {})) {
    if (!is_full(here) || !may_go(here.data(), user)) continue;
    if (!all.evict(user) && all.is_dirty(user)) dirty_.push_back(std::move(user));
  }
}

void PassingUsers::part_late(const OnCore& here) {
  // Some may have arrived in this very round.
  for (std::string& user : std::exchange(dirty_, {})) arrived_.push_back(std::move(user));
  part(here);
}

}  // namespace tidemark::server
