#include <algorithm>

#include "storage/base/ensure.hpp"
#include "storage/readstate/read_states.hpp"
#include "storage/readstate/user_index.hpp"

// What ReadStates tells those who write to the store.
namespace tidemark::storage {

using State = PackedUser::State;

namespace {

void add_changed_rows(const PackedUser& user, int64_t committed, std::vector<Row>& rows) {
  // Counted first: a vector of a hundred thousand rows that grows step by step is copied as often.
  size_t changed = 0;
  user.visit_blocks(std::nullopt, [&](const RowBlock& block, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) changed += block.version(i) > committed ? 1 : 0;
  });
  rows.reserve(changed);
  if (changed == 0) return;
  user.visit(std::nullopt, RowFilter{.changed_after = committed}, [&rows](const Row& row) {
    rows.push_back(row);
    return true;
  });
}

// The rows that were deleted and have not come back.
void add_erased_rows(const PackedUser& user, const Unsaved& unsaved, std::vector<RowId>& erased) {
  for (const Unsaved::Erasure& gone : unsaved.erasures->rows) {
    if (!user.locate(gone.id).found) erased.push_back(gone.id);
  }
  std::ranges::sort(erased);
  // Not std::ranges::unique: clang 14 cannot compile GCC 12's subrange.
  erased.erase(std::unique(erased.begin(), erased.end()), erased.end());
}

// Writes down all that the store may lack, and puts it in flight.
UserCommit snapshot(UserIndex& index, PackedUser& user) {
  Unsaved& unsaved = *user.books.unsaved;
  UserCommit commit{.user = std::string(user.key())};
  unsaved.in_flight_version = 0;
  if (user.state() == State::resident) {
    commit.version = user.books.version;
    commit.last_deletion = user.books.last_deletion;
    add_changed_rows(user, unsaved.committed, commit.rows);
    if (unsaved.erasures) {
      commit.erased_types = unsaved.erased_types();
      add_erased_rows(user, unsaved, commit.erased);
    }
    unsaved.in_flight_version = user.books.version;
  } else {
    commit.deltas = unsaved.deltas;
    unsaved.deltas_sent = static_cast<uint32_t>(unsaved.deltas.size());
  }
  index.dequeue(unsaved);
  unsaved.in_flight = true;
  unsaved.in_flight_since_ms = std::exchange(unsaved.since_ms, Unsaved::kNever);
  return commit;
}

PackedUser& user_in_flight(const UserIndex& index, Bytes user) {
  Slot* const slot = index.find(user);
  ENSURE(slot != nullptr);
  PackedUser& known = UserIndex::user_of(*slot);
  ENSURE(known.books.unsaved != nullptr && known.books.unsaved->in_flight);
  return known;
}

const Unsaved* find_unsaved(const UserIndex& index, Bytes user) {
  const Slot* const slot = index.find(user);
  return slot == nullptr ? nullptr : UserIndex::user_of(*slot).books.unsaved;
}

}  // namespace

size_t ReadStates::collect(int64_t now_ms, const CollectLimits& limits,
                           std::vector<UserCommit>& out) {
  size_t collected = 0;
  for (UnsavedQueue* queue : {&index_->retry, &index_->fresh}) {
    while (collected < limits.max_users && queue->front() != nullptr) {
      Unsaved& unsaved = *queue->front();
      const int64_t waited_ms = now_ms - unsaved.since_ms;
      const bool due = queue == &index_->retry || waited_ms >= limits.delay_ms || waited_ms < 0;
      if (!due) break;
      if (unsaved.in_flight) {
        queue->remove(unsaved);  // the end of that commit puts it among those to retry
        continue;
      }
      out.push_back(snapshot(*index_, *unsaved.user()));
      ++collected;
    }
  }
  return collected;
}

CollectOutcome ReadStates::collect_user(Bytes user, std::vector<UserCommit>& out) {
  const Unsaved* const unsaved = find_unsaved(*index_, user);
  if (unsaved == nullptr) return CollectOutcome::clean;
  if (unsaved->in_flight) return CollectOutcome::in_flight;
  out.push_back(snapshot(*index_, *unsaved->user()));
  return CollectOutcome::collected;
}

void ReadStates::commit_done(Bytes user) {
  PackedUser& known = user_in_flight(*index_, user);
  index_->edit_unsaved(known, [](Unsaved& unsaved) {
    unsaved.in_flight = false;
    unsaved.deltas.erase(unsaved.deltas.begin(), unsaved.deltas.begin() + unsaved.deltas_sent);
    unsaved.deltas_sent = 0;
    unsaved.committed = std::max(unsaved.committed, unsaved.in_flight_version);
    unsaved.prune_erasures();
  });
  index_->settle(known, index_->retry);
}

void ReadStates::commit_failed(Bytes user) {
  PackedUser& known = user_in_flight(*index_, user);
  index_->edit_unsaved(known, [this](Unsaved& unsaved) {
    unsaved.in_flight = false;
    unsaved.since_ms = unsaved.in_flight_since_ms;
    index_->dequeue(unsaved);
  });
  index_->settle(known, index_->retry);
}

bool ReadStates::is_dirty(Bytes user) const { return find_unsaved(*index_, user) != nullptr; }

int64_t ReadStates::uncommitted_version(Bytes user) const {
  const Unsaved* const unsaved = find_unsaved(*index_, user);
  if (unsaved == nullptr) return 0;
  if (!unsaved->deltas.empty()) return unsaved->deltas.back().version;
  return unsaved->user()->books.version;
}

int64_t ReadStates::committed_version(Bytes user) const {
  const Unsaved* const unsaved = find_unsaved(*index_, user);
  if (unsaved == nullptr) return kAllCommitted;
  if (!unsaved->deltas.empty()) return unsaved->deltas.front().version - 1;
  return unsaved->committed;
}

size_t ReadStates::dirty_users() const { return index_->dirty_users(); }
size_t ReadStates::dirty_bytes() const { return index_->dirty_bytes(); }
size_t ReadStates::pending_users() const { return index_->pending_users(); }

std::optional<int64_t> ReadStates::oldest_dirty_ms() const {
  const Unsaved* const retry = index_->retry.front();
  const Unsaved* const fresh = index_->fresh.front();
  if (retry == nullptr && fresh == nullptr) return std::nullopt;
  return std::min(retry == nullptr ? Unsaved::kNever : retry->since_ms,
                  fresh == nullptr ? Unsaved::kNever : fresh->since_ms);
}

}  // namespace tidemark::storage
