#include "storage/readstate/read_states.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "storage/base/ensure.hpp"
#include "storage/readstate/packed_rows.hpp"
#include "storage/readstate/user_index.hpp"

// Residency and memory. The commands are in commands.cpp, the side of the store in commits.cpp.
namespace tidemark::storage {

using State = PackedUser::State;

namespace {

// Merges what waits for a user who was just loaded (the rules are told in read_states.hpp).
void merge_deltas(UserIndex& index, Slot& slot, std::span<const Delta> deltas, size_t sent) {
  const int64_t loaded_version = UserIndex::user_of(slot).books.version;
  for (size_t i = 0; i < deltas.size(); ++i) {
    if (i < sent && deltas[i].version <= loaded_version) continue;
    PackedUser& user = UserIndex::user_of(slot);
    const PackedUser::Place place = user.locate(deltas[i].id);
    Row row = place.found ? user.row_at(place) : Row{.id = deltas[i].id};
    Delta delta = deltas[i];
    delta.version = std::max(delta.version, user.books.version + 1);
    if (!apply(delta, row)) continue;
    user.books.version = delta.version;
    index.observe_version(delta.version);
    index.put(slot, place, row);
    index.notify(ChangeOp::incr, UserIndex::user_of(slot), row);
  }
}

}  // namespace

ReadStates::ReadStates(ReadStatesOptions options) : index_(std::make_unique<UserIndex>(options)) {}

ReadStates::~ReadStates() = default;

void ReadStates::set_max_channels(uint32_t limit) { index_->options.max_channels = limit; }
void ReadStates::observe_version(int64_t version) { index_->observe_version(version); }
void ReadStates::set_listener(ChangeListener* listener) { index_->listener = listener; }

uint64_t ReadStates::hash(Bytes user) { return hash_bytes(user); }
void ReadStates::prefetch_slot(uint64_t hash) const { index_->users().prefetch_bucket(hash); }
void ReadStates::prefetch_user(uint64_t hash) const { index_->users().prefetch_entry(hash); }

UserRef ReadStates::find(Bytes user, uint64_t hash) const {
  UserRef found;
  found.key_ = user;
  found.slot_ = index_->users().find(hash, user);
  if (found.slot_ == nullptr) return found;
  switch (UserIndex::user_of(*found.slot_).state()) {
    case State::resident:
      found.residency_ = Residency::resident;
      break;
    case State::loading:
      found.residency_ = Residency::loading;
      break;
    case State::absent:
      break;
  }
  return found;
}

void ReadStates::begin_load(Bytes user) {
  if (Slot* const slot = index_->find(user)) {
    PackedUser& known = UserIndex::user_of(*slot);
    ENSURE(known.state() == State::absent);
    index_->set_state(*slot, State::loading);
  } else {
    index_->insert(user, State::loading);
  }
}

void ReadStates::install(Bytes user, const LoadedUser& loaded, int64_t now_us) {
  install(user, loaded, PackedRows(loaded.rows), now_us);
}

void ReadStates::install(Bytes user, const LoadedUser& loaded, const PackedRows& rows,
                         int64_t now_us) {
  Slot* slot = index_->find(user);
  if (slot == nullptr) {
    ENSURE(index_->options.backing == ReadStatesOptions::Backing::none);
    slot = index_->insert(user, State::loading);
  }
  ENSURE(UserIndex::user_of(*slot).state() == State::loading);
  index_->set_state(*slot, State::resident);
  UserIndex::user_of(*slot).books.version = loaded.version;
  UserIndex::user_of(*slot).books.last_deletion = loaded.last_deletion;
  index_->observe_version(loaded.version);
  index_->assign(*slot, rows);
  index_->use_first(*slot);
  if (UserIndex::user_of(*slot).books.unsaved == nullptr) return;

  std::vector<Delta> deltas;
  size_t sent = 0;
  index_->edit_unsaved(UserIndex::user_of(*slot), [&](Unsaved& unsaved) {
    deltas.swap(unsaved.deltas);
    sent = std::exchange(unsaved.deltas_sent, 0);
    unsaved.committed = loaded.version;
    // What is in flight may have to be committed again with the rows.
    if (unsaved.since_ms == Unsaved::kNever) unsaved.since_ms = now_us / 1000;
  });
  merge_deltas(*index_, *slot, deltas, sent);
  index_->settle(UserIndex::user_of(*slot), index_->fresh);
}

void ReadStates::load_failed(Bytes user) {
  Slot* const slot = index_->find(user);
  ENSURE(slot != nullptr);
  PackedUser& known = UserIndex::user_of(*slot);
  ENSURE(known.state() == State::loading);
  if (known.books.unsaved == nullptr) {
    index_->erase(*slot);
  } else {
    index_->set_state(*slot, State::absent);
  }
}

UserInfo ReadStates::info(const UserRef& ref, int64_t now_us) const {
  UserInfo info{.residency = ref.residency_};
  if (ref.slot_ == nullptr) return info;
  const PackedUser& user = UserIndex::user_of(*ref.slot_);
  const UserIndex::Users& users = index_->users();
  info.entries = user.rows();
  info.bytes = user.cost + users.memory_bytes() / users.size();
  info.version = user.books.version;
  info.last_deletion = user.books.last_deletion;
  info.idle_ms = index_->idle_ms(user);
  if (const Unsaved* const unsaved = user.books.unsaved) {
    info.bytes += unsaved->memory_bytes();
    info.pending = unsaved->deltas.size();
    const int64_t since = unsaved->in_flight ? unsaved->in_flight_since_ms : unsaved->since_ms;
    info.dirty_ms = std::max<int64_t>(1, now_us / 1000 - since);
  }
  return info;
}

size_t ReadStates::resident_users() const { return index_->resident_users(); }
size_t ReadStates::empty_users() const { return index_->empty_users(); }
size_t ReadStates::entries() const { return index_->entries(); }
size_t ReadStates::bytes() const { return index_->bytes(); }

std::optional<EvictionCandidate> ReadStates::eviction_candidate(Bytes spared) {
  const auto best = index_->pool.best(index_->users(), index_->clock(), {spared, held_});
  if (!best) return std::nullopt;
  return EvictionCandidate{.user = std::string(best->user->key()),
                           .age = best->age,
                           .dirty = best->user->books.unsaved != nullptr};
}

bool ReadStates::evict(Bytes user) {
  Slot* const slot = index_->find(user);
  if (slot == nullptr || held_.contains(user)) return false;
  const PackedUser& known = UserIndex::user_of(*slot);
  if (known.state() != State::resident || known.books.unsaved != nullptr) return false;
  index_->erase(*slot);
  return true;
}

size_t ReadStates::forget_empty(size_t count, Bytes spared) {
  // One in so many users has to be empty for the search to be worth while, and so many lines of the
  // table are looked at for each that is wanted.
  constexpr size_t kRare = 32;
  constexpr size_t kLinesForOne = 16;
  const bool has_store = index_->options.backing == ReadStatesOptions::Backing::store;
  size_t forgotten = 0;
  for (size_t lines = 0; forgotten < count && lines < count * kLinesForOne; ++lines) {
    if (index_->empty_users() * kRare <= index_->resident_users()) break;
    std::array<PackedUser*, TableCore::kSlots> found{};
    size_t found_count = 0;
    empty_hand_ = index_->users().sweep_step(empty_hand_, Sweep::marked, [&](const Slot& slot) {
      PackedUser& user = UserIndex::user_of(slot);
      const bool known = user.books.unsaved != nullptr || (!has_store && user.books.version != 0);
      if (user.rows() > 0 || known || user.key() == spared || held_.contains(user.key())) return;
      found[found_count++] = &user;
    });
    for (size_t i = 0; i < found_count; ++i) {
      index_->erase(*index_->users().find_entry(hash_bytes(found[i]->key()), found[i]));
    }
    forgotten += found_count;
  }
  return forgotten;
}

uint64_t ReadStates::scan(uint64_t cursor, size_t count,
                          const std::function<void(Bytes user)>& visit) const {
  size_t visited = 0;
  // Buckets of users who are not resident count too, so that a step is always short.
  do {
    cursor = index_->users().scan_step(cursor, [&](const PackedUser& user) {
      ++visited;
      if (user.state() == State::resident) visit(user.key());
    });
  } while (cursor != 0 && visited < count);
  return cursor;
}

void ReadStates::check() const { index_->check(); }

}  // namespace tidemark::storage
