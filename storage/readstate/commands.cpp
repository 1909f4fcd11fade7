#include <algorithm>

#include "storage/base/ensure.hpp"
#include "storage/readstate/read_states.hpp"
#include "storage/readstate/user_index.hpp"

// The commands, as shared rules of the contract; what they say of their arguments is verified
// before.
namespace tidemark::storage {

using State = PackedUser::State;

namespace {

// The resident user of `slot`, whose use is noted.
PackedUser& use(UserIndex& index, Slot* slot) {
  ENSURE(slot != nullptr && UserIndex::user_of(*slot).state() == State::resident);
  index.use_again(*slot);
  return UserIndex::user_of(*slot);
}

// How many of `pairs` name channels that have no row.
size_t count_new_channels(const PackedUser& user, std::span<const ChannelId> pairs, uint8_t type) {
  std::vector<int64_t> channels;
  for (const ChannelId& pair : pairs) {
    if (!user.locate(RowId{type, pair.channel}).found) channels.push_back(pair.channel);
  }
  std::ranges::sort(channels);
  // Not std::ranges::unique: clang 14 cannot compile GCC 12's subrange.
  const auto distinct_end = std::unique(channels.begin(), channels.end());
  return static_cast<size_t>(distinct_end - channels.begin());
}

Row row_or_new(const PackedUser& user, PackedUser::Place place, RowId id) {
  return place.found ? user.row_at(place) : Row{.id = id};
}

// A row with its new version goes to its place.
void change(UserIndex& index, Slot& slot, PackedUser::Place place, const Row& row, ChangeOp op) {
  index.put(slot, place, row);
  index.notify(op, UserIndex::user_of(slot), row);
}

Result<bool> accept_delta(UserIndex& index, Bytes key, Slot* slot, Delta delta, int64_t now_us) {
  ENSURE(index.options.backing == ReadStatesOptions::Backing::store);
  // Nobody has read less than message 0, and a sum with nothing is no change.
  if (delta.message_id == 0 || (delta.mentions == 0 && delta.unread == 0)) return true;
  if (slot == nullptr) slot = index.insert(key, State::absent);
  delta.version = index.next_delta_version(now_us);
  PackedUser& user = UserIndex::user_of(*slot);
  index.edit_unsaved(user, [&](Unsaved& unsaved) {
    unsaved.add(delta);
    if (unsaved.since_ms == Unsaved::kNever) unsaved.since_ms = now_us / 1000;
  });
  index.settle(user, index.fresh);
  return true;
}

// Calls visit(row) for each row that GETALL names, in order.
template <typename Visit>
void select(const PackedUser& user, const GetAllOptions& options, int64_t changed_after,
            Visit&& visit) {
  std::optional<RowId> after = options.after;
  if (options.type && *options.type > 0) {
    const RowId below{static_cast<uint8_t>(*options.type - 1), std::numeric_limits<int64_t>::max()};
    after = after ? std::max(*after, below) : below;
  }
  size_t left = options.count;
  if (left == 0) return;
  const RowFilter filter{.changed_after = changed_after, .nonzero = options.nonzero};
  user.visit(after, filter, [&](const Row& row) {
    if (options.type && row.id.type > *options.type) return false;
    visit(row);
    return --left > 0;
  });
}

}  // namespace

Result<int64_t> ReadStates::ack(UserRef& ref, std::span<const ChannelId> pairs,
                                const AckOptions& options, int64_t now_us) {
  {
    const PackedUser& user = use(*index_, ref.slot_);
    const size_t limit = index_->options.max_channels;
    if (user.rows() + pairs.size() > limit) {
      const size_t added = count_new_channels(user, pairs, options.type);
      if (added > 0 && user.rows() + added > limit) return Errc::too_many_channels;
    }
  }
  int64_t version = 0;
  for (const ChannelId& pair : pairs) {
    PackedUser& user = UserIndex::user_of(*ref.slot_);
    const RowId id{options.type, pair.channel};
    const PackedUser::Place place = user.locate(id);
    const Row before = row_or_new(user, place, id);
    if (place.found && pair.id < before.mark) continue;
    Row row = before;
    row.mark = pair.id;
    row.mentions = options.mentions;
    row.unread = options.unread;
    row.flags = options.flags.value_or(before.flags);
    row.manual = false;
    if (place.found && row == before) continue;
    if (version == 0) version = index_->begin_change(user, now_us);
    row.version = version;
    change(*index_, *ref.slot_, place, row, ChangeOp::ack);
  }
  return version;
}

Result<std::optional<int64_t>> ReadStates::set(UserRef& ref, ChannelId target,
                                               const SetOptions& options, int64_t now_us) {
  PackedUser& user = use(*index_, ref.slot_);
  const RowId id{options.type, target.channel};
  const PackedUser::Place place = user.locate(id);
  const Row before = row_or_new(user, place, id);
  if (options.if_version && *options.if_version != before.version) {
    return std::optional<int64_t>();
  }
  if (!place.found && user.rows() >= index_->options.max_channels) {
    return Errc::too_many_channels;
  }
  Row row = before;
  row.mark = target.id;
  row.mentions = options.mentions.value_or(before.mentions);
  row.unread = options.unread.value_or(before.unread);
  row.flags = options.flags.value_or(before.flags);
  row.manual = options.manual;
  if (place.found && row == before) return std::optional(before.version);
  row.version = index_->begin_change(user, now_us);
  change(*index_, *ref.slot_, place, row, ChangeOp::set);
  return std::optional(row.version);
}

Result<bool> ReadStates::incr(UserRef& ref, ChannelId target, const IncrOptions& options,
                              int64_t now_us) {
  Delta delta{.id = {options.type, target.channel},
              .message_id = target.id,
              .mentions = options.mentions,
              .unread = options.unread};
  if (ref.residency_ != Residency::resident) {
    return accept_delta(*index_, ref.key_, ref.slot_, delta, now_us);
  }
  PackedUser& user = UserIndex::user_of(*ref.slot_);
  const PackedUser::Place place = user.locate(delta.id);
  Row row = row_or_new(user, place, delta.id);
  if (target.id <= row.mark) return false;
  if (!apply(delta, row)) return true;
  if (!place.found && user.rows() >= index_->options.max_channels) {
    return Errc::too_many_channels;
  }
  row.version = index_->begin_change(user, now_us);
  change(*index_, *ref.slot_, place, row, ChangeOp::incr);
  return true;
}

std::optional<Row> ReadStates::get(UserRef& ref, RowId id) {
  const PackedUser& user = use(*index_, ref.slot_);
  const PackedUser::Place place = user.locate(id);
  if (!place.found) return std::nullopt;
  return user.row_at(place);
}

void ReadStates::getall(UserRef& ref, const GetAllOptions& options, RowReceiver& receiver) {
  const PackedUser& user = use(*index_, ref.slot_);
  const PackedUser::Books& books = user.books;
  RowsHead head{.version = books.version,
                .partial = options.since != 0 && options.since <= books.version &&
                           options.since >= books.last_deletion};
  const int64_t changed_after = head.partial ? options.since : -1;
  if (!head.partial && !options.type && !options.nonzero && !options.after) {
    head.count = std::min(user.rows(), options.count);
  } else {
    select(user, options, changed_after, [&head](const Row&) { ++head.count; });
  }
  receiver.begin(head);
  select(user, options, changed_after, [&receiver](const Row& row) { receiver.row(row); });
}

void ReadStates::unread(UserRef& ref, std::span<const ChannelId> heads,
                        const UnreadOptions& options, std::vector<Row>& rows) {
  const PackedUser& user = use(*index_, ref.slot_);
  for (const ChannelId& head : heads) {
    const RowId id{options.type, head.channel};
    const PackedUser::Place place = user.locate(id);
    const Row row = place.found ? user.row_at(place) : Row{.id = id, .mark = options.default_mark};
    if (head.id > row.mark || row.mentions > 0 || row.unread > 0 || row.manual) {
      rows.push_back(row);
    }
  }
}

Total ReadStates::total(UserRef& ref, const TotalOptions& options) {
  const PackedUser& user = use(*index_, ref.slot_);
  Total total{.version = user.books.version};
  // Rows without counters, flags or the manual bit only count: the sum runs over the others.
  user.visit_blocks(options.type, [&](const RowBlock& block, size_t first, size_t last) {
    total.entries += static_cast<int64_t>(last - first);
    block.visit_extras([&](const RowBlock::Extra& extra) {
      if (extra.row < first || extra.row >= last) return;
      if ((extra.flags & options.exclude) != 0) {
        --total.entries;
        return;
      }
      total.mentions += extra.mentions;
      total.unread += extra.unread;
      total.channels += extra.mentions > 0 ? 1 : 0;
    });
  });
  return total;
}

namespace {

// All rows, or all of one type. A user may have a hundred thousand of them: no row is touched by
// itself, unless somebody listens.
size_t delete_rows(UserIndex& index, Slot& slot, std::optional<uint8_t> type, int64_t now_us) {
  std::vector<Row> heard_of;
  uint16_t types = 0;
  const uint8_t last = type.value_or(kTypes - 1);
  for (uint8_t t = type.value_or(0); t <= last; ++t) {
    if (!UserIndex::user_of(slot).has_type(t)) continue;
    types = static_cast<uint16_t>(types | 1U << t);
    if (index.listener != nullptr) UserIndex::user_of(slot).copy_type(t, heard_of);
  }
  if (types == 0) return 0;
  const size_t before = UserIndex::user_of(slot).rows();
  const int64_t version = index.begin_change(UserIndex::user_of(slot), now_us);
  UserIndex::user_of(slot).books.last_deletion = version;
  for (uint8_t t = 0; t < kTypes; ++t) {
    if ((types & 1U << t) == 0) continue;
    index.erase_type(slot, t);
    PackedUser& user = UserIndex::user_of(slot);
    if (user.books.unsaved == nullptr) continue;
    index.edit_unsaved(user, [&](Unsaved& unsaved) { unsaved.add_erasure_of_type(t, version); });
  }
  const PackedUser& user = UserIndex::user_of(slot);
  for (Row& row : heard_of) {
    row.version = version;
    index.notify(ChangeOp::del, user, row);
  }
  return before - user.rows();
}

}  // namespace

size_t ReadStates::del(UserRef& ref, std::optional<uint8_t> type, std::span<const int64_t> channels,
                       int64_t now_us) {
  use(*index_, ref.slot_);
  if (channels.empty()) return delete_rows(*index_, *ref.slot_, type, now_us);

  size_t deleted = 0;
  int64_t version = 0;
  for (const int64_t channel : channels) {
    PackedUser& user = UserIndex::user_of(*ref.slot_);
    const RowId id{type.value_or(0), channel};
    const PackedUser::Place place = user.locate(id);
    if (!place.found) continue;
    Row row = user.row_at(place);
    if (deleted++ == 0) {
      version = index_->begin_change(user, now_us);
      user.books.last_deletion = version;
    }
    index_->erase_row(*ref.slot_, place);
    PackedUser& after = UserIndex::user_of(*ref.slot_);
    if (after.books.unsaved != nullptr) {
      index_->edit_unsaved(after, [&](Unsaved& unsaved) { unsaved.add_erasure(id, version); });
    }
    row.version = version;
    index_->notify(ChangeOp::del, after, row);
  }
  return deleted;
}

}  // namespace tidemark::storage
