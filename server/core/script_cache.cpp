#include "server/core/script_cache.hpp"

#include <utility>

namespace tidemark::server {

namespace {

// What a script costs beside its text: its nodes in the list and in the table, and its name.
constexpr size_t kScriptBytes = 256;

}  // namespace

size_t ScriptCache::bytes_of(const Script& script) { return script.body->size() + kScriptBytes; }

std::shared_ptr<const std::string> ScriptCache::find(Bytes sha) {
  const MutexLock lock(mutex_);
  const auto found = by_sha_.find(sha);
  if (found == by_sha_.end()) return nullptr;
  if (found->second->origin == Origin::eval) {
    evaluated_.splice(evaluated_.end(), evaluated_, found->second);
  }
  return found->second->body;
}

bool ScriptCache::add(Bytes sha, Bytes body, Origin origin, size_t bytes_max) {
  const MutexLock lock(mutex_);
  const auto found = by_sha_.find(sha);
  if (found != by_sha_.end()) {
    const auto script = found->second;
    if (script->origin == Origin::load) return true;
    script->origin = origin;
    Scripts& list = origin == Origin::eval ? evaluated_ : loaded_;
    list.splice(list.end(), evaluated_, script);
    return true;
  }
  Script script{
      .sha = std::string(sha), .body = std::make_shared<const std::string>(body), .origin = origin};
  const size_t bytes = bytes_of(script);
  make_room(bytes, bytes_max);
  if (bytes > bytes_max || bytes_ > bytes_max - bytes) return false;
  bytes_ += bytes;
  Scripts& list = origin == Origin::eval ? evaluated_ : loaded_;
  const auto added = list.insert(list.end(), std::move(script));
  by_sha_.emplace(added->sha, added);
  return true;
}

void ScriptCache::make_room(size_t bytes, size_t bytes_max) {
  if (bytes > bytes_max) return;
  while (bytes_ > bytes_max - bytes && !evaluated_.empty()) {
    bytes_ -= bytes_of(evaluated_.front());
    by_sha_.erase(evaluated_.front().sha);
    evaluated_.pop_front();
  }
}

void ScriptCache::clear() {
  const MutexLock lock(mutex_);
  by_sha_.clear();
  evaluated_.clear();
  loaded_.clear();
  bytes_ = 0;
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

size_t ScriptCache::size() {
  const MutexLock lock(mutex_);
  return by_sha_.size();
}

size_t ScriptCache::bytes() {
  const MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace tidemark::server
