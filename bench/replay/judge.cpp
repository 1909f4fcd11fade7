#include "bench/replay/judge.hpp"

#include <algorithm>
#include <charconv>

namespace tidemark::bench {

namespace {

using protocol::DecodedReply;

constexpr size_t kExamplesMax = 10;
constexpr size_t kRowFields = 8;

// Ids come as bulk strings, counters and versions as integers; nothing where it is neither.
std::optional<int64_t> number_of(const DecodedReply& reply) {
  if (reply.type == ':') return reply.integer;
  int64_t value = 0;
  const char* const end = reply.text.data() + reply.text.size();
  const auto [stop, error] = std::from_chars(reply.text.data(), end, value);
  if (reply.null || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

struct VersionedEntry {
  ModelEntry entry;
  int64_t version = 0;
};

// From `first`, every `step`-th item of eight: 0 and 1 for a row, 1 and 2 for an entry's flat
// array.
std::optional<VersionedEntry> read_entry(const DecodedReply& reply, size_t first, size_t step) {
  if (reply.items.size() != kRowFields * step) return std::nullopt;
  int64_t fields[kRowFields];
  for (size_t i = 0; i < kRowFields; ++i) {
    const auto number = number_of(reply.items[first + i * step]);
    if (!number) return std::nullopt;
    fields[i] = *number;
  }
  return VersionedEntry{.entry = {.channel = fields[1],
                                  .mark = fields[2],
                                  .mentions = static_cast<int32_t>(fields[3]),
                                  .unread = static_cast<int32_t>(fields[4]),
                                  .type = static_cast<uint8_t>(fields[0]),
                                  .flags = static_cast<uint8_t>(fields[5]),
                                  .manual = fields[6] != 0},
                        .version = fields[7]};
}

// The value of a field in a flat map.
const DecodedReply* field_of(const DecodedReply& map, Bytes name) {
  for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
    if (map.items[i].text == name) return &map.items[i + 1];
  }
  return nullptr;
}

std::optional<int64_t> number_field(const DecodedReply& map, Bytes name) {
  const DecodedReply* const field = field_of(map, name);
  return field == nullptr ? std::nullopt : number_of(*field);
}

bool is_unread(const ModelEntry& entry, int64_t head) {
  return head > entry.mark || entry.mentions > 0 || entry.unread > 0 || entry.manual;
}

}  // namespace

void Judge::remember(RecentHistory& history) {
  history_ = &history;
  model_.set_change_log(&history);
}

void Judge::expect(bool holds, const Operation& operation, const char* what) {
  if (holds) return;
  ++violations_;
  if (examples_.size() >= kExamplesMax) return;
  std::string line = operation_line(operation);
  if (line.size() > 200) line = line.substr(0, 200) + " ...";
  examples_.push_back(std::string(what) + ": " + line);
}

void Judge::raise_version(const Operation& operation, int64_t version) {
  int64_t& last = versions_[operation.user];
  expect(version > last, operation, "a change did not raise the user's version");
  last = std::max(last, version);
}

void Judge::settle(const Operation& operation, const Reply& reply, uint64_t now_ns) {
  if (reply.type == '-' || reply.type == '!') {
    // A command that fails changes nothing, in the model neither.
    ++error_replies_;
    if (first_error_.empty()) first_error_ = reply.text;
    return;
  }
  if (history_ != nullptr) history_->begin_operation(now_ns);
  switch (operation.kind) {
    case OperationKind::ack:
      return judge_ack(operation, reply);
    case OperationKind::incr:
      return judge_incr(operation, reply);
    case OperationKind::set:
      return judge_set(operation, reply);
    case OperationKind::del:
    case OperationKind::erase:
      return judge_del(operation, reply);
    case OperationKind::fanout:
      return judge_fanout(operation, reply);
    case OperationKind::get:
      return judge_get(operation, reply);
    case OperationKind::unread:
      return judge_unread(operation, reply);
    case OperationKind::total:
      return judge_total(operation, reply);
    case OperationKind::getall:
    case OperationKind::getall_since:
      return judge_getall(operation, reply);
  }
}

void Judge::settle_unanswered(const Operation& operation) {
  if (history_ != nullptr) history_->begin_operation(std::nullopt);
  switch (operation.kind) {
    case OperationKind::ack:
      model_.ack(operation);
      break;
    case OperationKind::incr:
      model_.incr(operation.user, operation);
      break;
    case OperationKind::set:
      model_.set(operation);
      break;
    case OperationKind::del:
    case OperationKind::erase:
      model_.del(operation);
      break;
    case OperationKind::fanout:
      for (const uint32_t user : operation.fanout_users) model_.incr(user, operation);
      break;
    default:
      break;
  }
}

void Judge::judge_ack(const Operation& operation, const Reply& reply) {
  const bool changed = model_.ack(operation);
  const auto version = number_of(reply);
  if (!version) return expect(false, operation, "the reply is no integer");
  expect((*version != 0) == changed, operation,
         "an ack replied 0 for a change, or a version for none");
  if (*version != 0) raise_version(operation, *version);
}

void Judge::judge_incr(const Operation& operation, const Reply& reply) {
  const auto counted = model_.incr(operation.user, operation);
  const auto said = number_of(reply);
  if (said == 1) return;  // a user who is not in memory: accepted, whatever becomes of it
  const bool lowers = operation.mentions.value_or(0) < 0 || operation.unread.value_or(0) < 0;
  expect(said == 0 && (counted == ReadStateModel::Counted::dropped || lowers), operation,
         "a counter that counts was dropped");
}

void Judge::judge_set(const Operation& operation, const Reply& reply) {
  const bool changed = model_.set(operation);
  const auto version = number_of(reply);
  if (!version) return expect(false, operation, "the reply is no integer");
  if (changed) {
    raise_version(operation, *version);
  } else {
    expect(*version >= versions_[operation.user], operation, "a version went back");
  }
}

void Judge::judge_del(const Operation& operation, const Reply& reply) {
  const auto removed = static_cast<int64_t>(model_.del(operation));
  expect(number_of(reply) == removed, operation, "another number of entries was removed");
}

void Judge::judge_fanout(const Operation& operation, const Reply& reply) {
  int64_t counted = 0;
  for (const uint32_t user : operation.fanout_users) {
    counted += model_.incr(user, operation) == ReadStateModel::Counted::counted ? 1 : 0;
  }
  const int64_t said = number_of(reply).value_or(-1);
  expect(said >= counted && said <= static_cast<int64_t>(operation.fanout_users.size()), operation,
         "a fan-out counted fewer than it had to, or more than it was given");
}

void Judge::judge_get(const Operation& operation, const Reply& reply) {
  bool right = reply.items.size() == operation.channels.size();
  for (size_t i = 0; right && i < reply.items.size(); ++i) {
    const RowId id{.type = operation.type, .channel = operation.channels[i].channel};
    const ModelEntry* const wanted = model_.find(operation.user, id);
    if (wanted == nullptr) {
      right = reply.items[i].null;
      continue;
    }
    const auto got = read_entry(reply.items[i], 1, 2);
    right = got && got->entry == *wanted;
  }
  expect(right, operation, "GET differs");
}

void Judge::judge_unread(const Operation& operation, const Reply& reply) {
  size_t at = 0;
  bool right = true;
  for (const ChannelMessage& asked : operation.channels) {
    const RowId id{.type = operation.type, .channel = asked.channel};
    const ModelEntry* const known = model_.find(operation.user, id);
    const ModelEntry wanted =
        known != nullptr ? *known : ModelEntry{.channel = asked.channel, .type = operation.type};
    if (!is_unread(wanted, asked.message_id)) continue;
    const auto got = at < reply.items.size() ? read_entry(reply.items[at], 0, 1) : std::nullopt;
    ++at;
    right = right && got && got->entry == wanted;
  }
  expect(right && at == reply.items.size(), operation, "UNREAD differs");
}

void Judge::judge_total(const Operation& operation, const Reply& reply) {
  int64_t mentions = 0;
  int64_t unread = 0;
  int64_t channels = 0;
  for (const ModelEntry& entry : model_.entries(operation.user)) {
    mentions += entry.mentions;
    unread += entry.unread;
    channels += entry.mentions > 0 ? 1 : 0;
  }
  const auto entries = static_cast<int64_t>(model_.entries(operation.user).size());
  expect(number_field(reply, "mentions") == mentions && number_field(reply, "unread") == unread &&
             number_field(reply, "channels") == channels &&
             number_field(reply, "entries") == entries,
         operation, "TOTAL differs");
  expect(number_field(reply, "version").value_or(-1) >= versions_[operation.user], operation,
         "a version went back");
}

std::optional<Judge::Snapshot> Judge::read_snapshot(const Reply& reply) {
  const DecodedReply* const rows = field_of(reply, "entries");
  const auto version = number_field(reply, "version");
  const auto partial = number_field(reply, "partial");
  if (rows == nullptr || !version || !partial) return std::nullopt;
  Snapshot snapshot{.version = *version, .partial = *partial};
  snapshot.entries.reserve(rows->items.size());
  for (const DecodedReply& row : rows->items) {
    const auto entry = read_entry(row, 0, 1);
    if (!entry) return std::nullopt;
    snapshot.entries.push_back(entry->entry);
    snapshot.entry_versions.push_back(entry->version);
  }
  return snapshot;
}

void Judge::judge_getall(const Operation& operation, const Reply& reply) {
  const auto snapshot = read_snapshot(reply);
  if (!snapshot) return expect(false, operation, "GETALL cannot be read");
  for (const int64_t version : snapshot->entry_versions) {
    expect(version > 0 && version <= snapshot->version, operation,
           "an entry's version is above the user's");
  }
  if (crash_) return judge_recovered(operation, *snapshot);
  int64_t& last = versions_[operation.user];
  expect(snapshot->version >= last, operation, "a version went back");
  last = std::max(last, snapshot->version);
  if (snapshot->partial == 0) {
    ++users_verified_;
    return expect(snapshot->entries == model_.entries(operation.user), operation, "GETALL differs");
  }
  expect(operation.kind == OperationKind::getall_since, operation, "partial without SINCE");
  for (const ModelEntry& entry : snapshot->entries) {
    const ModelEntry* const wanted = model_.find(operation.user, entry.id());
    expect(wanted != nullptr && *wanted == entry, operation, "GETALL SINCE differs");
  }
}

void Judge::begin_recovery(const CrashTerms& terms) {
  crash_ = terms;
  crash_report_ = {};
  steps_ = history_ != nullptr ? history_->steps_by_user() : decltype(steps_){};
}

void Judge::judge_recovered(const Operation& operation, const Snapshot& snapshot) {
  ++crash_report_.users_compared;
  ++users_verified_;
  const uint32_t user = operation.user;
  // What was lost took its versions with it; the clock keeps new ones above them.
  versions_[user] = snapshot.version;
  const auto steps = steps_.find(user);
  static const std::vector<RecentHistory::Step> kNone;
  const PrefixMatch match =
      match_prefix(model_, user, steps != steps_.end() ? steps->second : kNone, snapshot.entries);
  expect(match.matched, operation, "the recovered state is no prefix of the user's history");
  if (!match.matched || match.lost == 0) return;
  const uint64_t age = crash_->crashed_ns - std::min(crash_->crashed_ns, *match.oldest_lost_ns);
  ++crash_report_.users_with_losses;
  crash_report_.operations_lost += match.lost;
  crash_report_.oldest_lost_ns = std::max(crash_report_.oldest_lost_ns, age);
  expect(age <= crash_->loss_max_ns, operation, "a change older than the commit delay was lost");
}

Judge::CrashReport Judge::end_recovery() {
  crash_.reset();
  steps_.clear();
  if (history_ != nullptr) history_->clear();
  return crash_report_;
}

}  // namespace tidemark::bench
