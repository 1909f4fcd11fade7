#include "server/core/waiting_keys.hpp"

#include <algorithm>
#include <utility>

#include "server/command/key_wait.hpp"
#include "storage/base/ensure.hpp"
#include "storage/keyspace/entry.hpp"

namespace tidemark::server {

bool WaitingKeys::Line::has_use_for(const storage::Entry* entry) const {
  if (watching_all_ > 0) return true;
  return entry != nullptr && of_type_[static_cast<size_t>(entry->type())] > 0;
}

WaitingKeys::~WaitingKeys() {
  if (!lines_.empty()) changes_.remove(*this);
}

void WaitingKeys::add(DbIndex db, Bytes key, const std::shared_ptr<KeyWait>& wait, Other other) {
  if (lines_.empty()) changes_.add(*this);
  auto found = lines_.find(Key{.db = db, .bytes = key});
  if (found == lines_.end()) {
    auto line = std::make_unique<Line>();
    line->db_ = db;
    line->key_ = key;
    const Key own{.db = db, .bytes = line->key_};
    found = lines_.emplace(own, std::move(line)).first;
  }
  Line& line = *found->second;
  line.waits_.push_back(wait);
  ++(wait->watches_all() ? line.watching_all_ : line.of_type_[static_cast<size_t>(wait->type())]);
  if (wait->needs_keys() && line.needing_key_++ == 0) ++needed_;
  places_[wait->client_id()].push_back(
      {.line = &line, .at = std::prev(line.waits_.end()), .other = other});
  if (other == Other::none) return;
  ++moves_[line.key_][*wait->destination()];
  if (other == Other::far) ++far_;
}

void WaitingKeys::remove(const KeyWait& wait) {
  const auto found = places_.find(wait.client_id());
  if (found == places_.end()) return;
  std::vector<Place>& places = found->second;
  // A client may already wait again when the last of what it waited for before is taken out.
  const auto kept = std::partition(places.begin(), places.end(), [&wait](const Place& place) {
    return place.at->get() != &wait;
  });
  const std::vector<Place> left(kept, places.end());
  places.erase(kept, places.end());
  if (places.empty()) places_.erase(found);
  for (const Place& place : left) leave(place);
}

void WaitingKeys::leave(const Place& place) {
  Line& line = *place.line;
  const std::shared_ptr<KeyWait> wait = *place.at;
  line.waits_.erase(place.at);
  --(wait->watches_all() ? line.watching_all_ : line.of_type_[static_cast<size_t>(wait->type())]);
  if (wait->needs_keys() && --line.needing_key_ == 0) --needed_;
  if (place.other != Other::none) {
    const auto moves = moves_.find(line.key());
    const auto counted = moves->second.find(*wait->destination());
    if (--counted->second == 0) moves->second.erase(counted);
    if (moves->second.empty()) moves_.erase(moves);
    if (place.other == Other::far) --far_;
  }
  drop_if_unused(line);
}

void WaitingKeys::drop_if_unused(Line& line) {
  if (!line.waits_.empty() || line.ready_ || line.in_use_) return;
  lines_.erase(Key{.db = line.db_, .bytes = line.key_});
  if (lines_.empty()) changes_.remove(*this);
}

void WaitingKeys::claim_all(uint64_t client_id) {
  const auto found = places_.find(client_id);
  if (found == places_.end()) return;
  for (const Place& place : found->second) (void)(*place.at)->claim.take();
}

void WaitingKeys::on_change(const storage::Change& change) {
  using storage::ChangeKind;
  if (change.kind == ChangeKind::flushed) {
    for (const auto& [key, line] : lines_) {
      if (key.db == change.db && line->watching_all_ > 0) note(*line);
    }
    return;
  }
  if (change.kind == ChangeKind::expiry) return;
  const auto found = lines_.find(Key{.db = change.db, .bytes = change.key});
  if (found == lines_.end()) return;
  Line& line = *found->second;
  const bool wanted =
      change.kind == ChangeKind::written && line.of_type_[static_cast<size_t>(change.type)] > 0;
  if (wanted || line.watching_all_ > 0) note(line);
}

void WaitingKeys::note_database(DbIndex db) {
  for (const auto& [key, line] : lines_) {
    if (key.db == db) note(*line);
  }
}

void WaitingKeys::note(DbIndex db, Bytes key) {
  const auto found = lines_.find(Key{.db = db, .bytes = key});
  if (found != lines_.end()) note(*found->second);
}

void WaitingKeys::note(Line& line) {
  if (std::exchange(line.ready_, true)) return;
  ready_.push_back(&line);
}

WaitingKeys::Line* WaitingKeys::take_ready() {
  if (ready_.empty()) return nullptr;
  Line* const line = ready_.front();
  ready_.pop_front();
  line->ready_ = false;
  line->in_use_ = true;
  return line;
}

void WaitingKeys::done_with(Line& line) {
  line.in_use_ = false;
  drop_if_unused(line);
}

}  // namespace tidemark::server
