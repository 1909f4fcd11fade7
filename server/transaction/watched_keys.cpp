#include "server/transaction/watched_keys.hpp"

#include <utility>

namespace tidemark::server {

using storage::ChangeKind;

WatchedKeys::~WatchedKeys() {
  if (!keys_.empty()) changes_.remove(*this);
}

// A key whose time is up is not there, whether or not it has been removed.
bool WatchedKeys::is_there(const Watched& watched) const {
  return keyspace_.database(watched.db).peek(storage::hash_key(watched.key)) != nullptr;
}

void WatchedKeys::add(DbIndex db, Bytes key, const std::shared_ptr<Watch>& watch) {
  if (keys_.empty()) changes_.add(*this);
  auto found = keys_.find(Key{.db = db, .bytes = key});
  if (found == keys_.end()) {
    auto watched = std::make_unique<Watched>(Watched{.db = db, .key = std::string(key)});
    const Key own{.db = db, .bytes = watched->key};
    found = keys_.emplace(own, std::move(watched)).first;
  }
  Watched& watched = *found->second;
  watched.watchers.push_back({.watch = watch, .was_there = is_there(watched)});
  by_watch_[watch.get()].push_back(&watched);
}

void WatchedKeys::remove(const Watch& watch) {
  const auto node = by_watch_.extract(&watch);
  if (node.empty()) return;
  for (Watched* const watched : node.mapped()) remove_from(*watched, watch);
  if (keys_.empty()) changes_.remove(*this);
}

void WatchedKeys::remove_from(Watched& watched, const Watch& watch) {
  std::erase_if(watched.watchers,
                [&watch](const Watcher& watcher) { return watcher.watch.get() == &watch; });
  if (!watched.watchers.empty()) return;
  keys_.erase(Key{.db = watched.db, .bytes = watched.key});
}

void WatchedKeys::look(const Watch& watch) {
  const auto found = by_watch_.find(&watch);
  if (found == by_watch_.end()) return;
  for (const Watched* const watched : found->second) {
    for (const Watcher& watcher : watched->watchers) {
      if (watcher.watch.get() != &watch || !watcher.was_there) continue;
      if (!is_there(*watched)) watcher.watch->set_broken();
    }
  }
}

void WatchedKeys::on_change(const storage::Change& change) {
  if (change.kind == ChangeKind::flushed) {
    for (const auto& [key, watched] : keys_) {
      if (key.db != change.db) continue;
      for (const Watcher& watcher : watched->watchers) {
        if (watcher.was_there) watcher.watch->set_broken();
      }
    }
    return;
  }
  const auto found = keys_.find(Key{.db = change.db, .bytes = change.key});
  if (found == keys_.end()) return;
  for (const Watcher& watcher : found->second->watchers) {
    // What was not there for who watches it is now removed, too.
    if (change.kind == ChangeKind::expired && !watcher.was_there) continue;
    watcher.watch->set_broken();
  }
}

void WatchedKeys::on_swap(DbIndex one, DbIndex other) {
  if (one == other) return;
  for (const auto& [key, watched] : keys_) {
    if (key.db != one && key.db != other) continue;
    const bool there = is_there(*watched);
    for (const Watcher& watcher : watched->watchers) {
      if (watcher.was_there || there) watcher.watch->set_broken();
    }
  }
}

}  // namespace tidemark::server
