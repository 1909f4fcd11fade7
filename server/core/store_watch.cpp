#include "server/core/store_watch.hpp"

#include <fmt/format.h>

#include "server/core/core.hpp"
#include "server/log/log.hpp"

namespace tidemark::server {

void StoreWatch::look(const OnCore& here) {
  const storage::WriteBehind* const store = here.data().write_behind.get();
  if (store == nullptr) return;
  StoreTroubles& known = here.data().store_troubles;
  const int64_t now_us = here.now_us();
  follow(
      commits_, known.cannot_commit, !store->writes().up(), now_us,
      [store] {
        return fmt::format(
            "The read state store takes no commits: {}. Changes are kept in memory, up to "
            "dirty-limit, until it does.",
            store->writes().last_error());
      },
      "The read state store takes commits again");
  follow(
      loads_, known.cannot_load, !store->reads().up(), now_us,
      [store] {
        return fmt::format(
            "The read state store cannot be read: {}. Users who are not in memory get STOREDOWN.",
            store->reads().last_error());
      },
      "The read state store can be read again");
  follow(
      buffer_, known.buffer_full, store->buffer_full(), now_us,
      [] {
        return std::string(
            "Changes that the read state store has not fill dirty-limit: writes of read states get "
            "STOREDOWN.");
      },
      "Read states may be written again");
  const size_t refused = store->users_refused();
  if (refused > known.users_refused) {
    log::warning(fmt::format(
        "The read state store refuses the changes of {} more users, which stay in memory: {}",
        refused - known.users_refused, store->writes().last_error()));
  }
  known.users_refused = refused;
}

void StoreWatch::follow(Trouble& trouble, bool& known, bool now, int64_t now_us,
                        const std::function<std::string()>& words, const char* words_at_end) {
  if (now == known) return;
  known = now;
  if (now) {
    if (trouble.cores.fetch_add(1) > 0) return;
    trouble.since_us.store(now_us);
    log::warning(words());
  } else {
    if (trouble.cores.fetch_sub(1) > 1) return;
    const auto lasted_us = static_cast<double>(now_us - trouble.since_us.load());
    log::notice(fmt::format("{}, after {:.1f} seconds.", words_at_end, lasted_us / 1e6));
  }
}

}  // namespace tidemark::server
