#include "bench/replay/model.hpp"

#include <algorithm>

namespace tidemark::bench {

namespace {

constexpr int64_t kCounterMax = 2'147'483'647;

int32_t saturating_add(int32_t counter, int32_t delta) {
  const int64_t sum = int64_t{counter} + delta;
  return static_cast<int32_t>(std::clamp<int64_t>(sum, 0, kCounterMax));
}

template <typename Entries>
auto place_of(Entries& entries, const RowId& id) {
  return std::lower_bound(
      entries.begin(), entries.end(), id,
      [](const ModelEntry& entry, const RowId& key) { return entry.id() < key; });
}

ModelEntry fresh(const RowId& id) { return {.channel = id.channel, .type = id.type}; }

}  // namespace

const ModelEntry* ReadStateModel::find(uint32_t user, const RowId& id) const {
  const auto place = place_of(users_[user], id);
  return place != users_[user].end() && place->id() == id ? &*place : nullptr;
}

bool ReadStateModel::write(uint32_t user, const ModelEntry& after) {
  std::vector<ModelEntry>& entries = users_[user];
  const auto place = place_of(entries, after.id());
  if (place == entries.end() || place->id() != after.id()) {
    log(user, after.id(), nullptr);
    entries.insert(place, after);
    ++entry_count_;
    return true;
  }
  if (*place == after) return false;
  log(user, after.id(), &*place);
  *place = after;
  return true;
}

bool ReadStateModel::ack(const Operation& operation) {
  bool changed = false;
  for (const ChannelMessage& pair : operation.channels) {
    const RowId id{.type = operation.type, .channel = pair.channel};
    const ModelEntry* const now = find(operation.user, id);
    if (now != nullptr && pair.message_id < now->mark) continue;
    ModelEntry after = now != nullptr ? *now : fresh(id);
    after.mark = pair.message_id;
    after.mentions = operation.mentions.value_or(0);
    after.unread = operation.unread.value_or(0);
    after.manual = false;
    after.flags = operation.flags.value_or(after.flags);
    changed |= write(operation.user, after);
  }
  return changed;
}

ReadStateModel::Counted ReadStateModel::incr(uint32_t user, const Operation& operation) {
  const ChannelMessage& target = operation.channels.front();
  const RowId id{.type = operation.type, .channel = target.channel};
  const ModelEntry* const now = find(user, id);
  if (now != nullptr && target.message_id <= now->mark) return Counted::dropped;
  const int32_t default_mentions = operation.unread ? 0 : 1;
  ModelEntry after = now != nullptr ? *now : fresh(id);
  after.mentions = saturating_add(after.mentions, operation.mentions.value_or(default_mentions));
  after.unread = saturating_add(after.unread, operation.unread.value_or(0));
  const bool nothing_to_keep = after.mentions == 0 && after.unread == 0;
  if (now == nullptr && nothing_to_keep) return Counted::counted;
  write(user, after);
  return Counted::counted;
}

bool ReadStateModel::set(const Operation& operation) {
  const ChannelMessage& target = operation.channels.front();
  const RowId id{.type = operation.type, .channel = target.channel};
  const ModelEntry* const now = find(operation.user, id);
  ModelEntry after = now != nullptr ? *now : fresh(id);
  after.mark = target.message_id;
  after.mentions = operation.mentions.value_or(after.mentions);
  after.unread = operation.unread.value_or(after.unread);
  after.flags = operation.flags.value_or(after.flags);
  after.manual = operation.manual;
  return write(operation.user, after);
}

size_t ReadStateModel::del(const Operation& operation) {
  std::vector<ModelEntry>& entries = users_[operation.user];
  const size_t before = entries.size();
  if (operation.kind == OperationKind::erase) {
    for (const ModelEntry& entry : entries) log(operation.user, entry.id(), &entry);
    entries.clear();
  }
  for (const ChannelMessage& target : operation.channels) {
    const RowId id{.type = operation.type, .channel = target.channel};
    const auto place = place_of(entries, id);
    if (place == entries.end() || place->id() != id) continue;
    log(operation.user, id, &*place);
    entries.erase(place);
  }
  entry_count_ -= before - entries.size();
  return before - entries.size();
}

void ReadStateModel::restore(uint32_t user, const RowId& id, const ModelEntry* before) {
  std::vector<ModelEntry>& entries = users_[user];
  const auto place = place_of(entries, id);
  const bool there = place != entries.end() && place->id() == id;
  if (before == nullptr) {
    if (!there) return;
    entries.erase(place);
    --entry_count_;
  } else if (there) {
    *place = *before;
  } else {
    entries.insert(place, *before);
    ++entry_count_;
  }
}

}  // namespace tidemark::bench
