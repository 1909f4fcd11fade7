#include "storage/readstate/user_index.hpp"

#include <algorithm>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {

namespace {

// For the coin of a clock of one's own; any will do.
constexpr uint64_t kSeed = 0x9e3779b97f4a7c15;

}  // namespace

UserIndex::UserIndex(const ReadStatesOptions& given)
    : options(given),
      own_clock_(given.clock == nullptr ? std::make_unique<RecencyClock>(kSeed) : nullptr),
      clock_(given.clock == nullptr ? *own_clock_ : *given.clock) {
  clock_.attach(users_.core());
}

UserIndex::~UserIndex() {
  clock_.detach(users_.core());
  const auto free_user = [this](PackedUser* user) {
    delete user->books.unsaved;
    PackedUser::destroy(user, user_bytes_);
  };
  while (users_.drain(1024, free_user)) {
  }
}

Slot* UserIndex::insert(Bytes user, PackedUser::State state) {
  size_t bytes = 0;
  PackedUser* const created = PackedUser::create(user, state, bytes);
  created->cost = static_cast<uint32_t>(bytes);
  user_bytes_ += bytes;
  ENSURE(state != PackedUser::State::resident);
  return users_.insert(hash_bytes(user), created);
}

void UserIndex::erase(Slot& slot) {
  PackedUser& user = user_of(slot);
  drop_unsaved(user);
  entries_ -= user.rows();
  empty_users_ -= static_cast<size_t>(is_empty(user));
  users_.erase(hash_bytes(user.key()), &slot);
  PackedUser::destroy(&user, user_bytes_);
}

void UserIndex::set_state(Slot& slot, PackedUser::State state) {
  PackedUser& user = user_of(slot);
  empty_users_ -= static_cast<size_t>(is_empty(user));
  user.set_state(state);
  empty_users_ += static_cast<size_t>(is_empty(user));
  const bool resident = state == PackedUser::State::resident;
  users_.set_mark(hash_bytes(user.key()), &slot, resident ? Mark::on : Mark::off);
}

template <typename Mutate>
void UserIndex::mutate(Slot& slot, Mutate&& mutate) {
  PackedUser* user = &user_of(slot);
  const size_t rows = user->rows();
  size_t bytes = user->cost;
  const size_t bytes_before = bytes;
  PackedUser* const moved = mutate(user, bytes);
  if (moved != user) {
    user = moved;
    slot.set_entry(user);
    if (user->books.unsaved != nullptr) user->books.unsaved->set_user(user);
  }
  entries_ += user->rows() - rows;
  if ((rows == 0) != (user->rows() == 0)) empty_users_ += rows == 0 ? size_t{0} - 1 : 1;
  if (bytes == bytes_before) return;
  user->cost = static_cast<uint32_t>(bytes);
  user_bytes_ += bytes - bytes_before;
  if (user->books.unsaved != nullptr) dirty_bytes_ += bytes - bytes_before;
}

void UserIndex::put(Slot& slot, PackedUser::Place place, const Row& row) {
  mutate(slot,
         [&](PackedUser* user, size_t& bytes) { return PackedUser::put(user, place, row, bytes); });
}

void UserIndex::erase_row(Slot& slot, PackedUser::Place place) {
  mutate(slot,
         [&](PackedUser* user, size_t& bytes) { return PackedUser::erase(user, place, bytes); });
}

void UserIndex::erase_type(Slot& slot, uint8_t type) {
  mutate(slot, [type](PackedUser* user, size_t& bytes) {
    return PackedUser::erase_type(user, type, bytes);
  });
}

void UserIndex::assign(Slot& slot, const PackedRows& rows) {
  mutate(slot,
         [&](PackedUser* user, size_t& bytes) { return PackedUser::assign(user, rows, bytes); });
}

int64_t UserIndex::begin_change(PackedUser& user, int64_t now_us) {
  // Above the deltas that were given to anybody, which only matters while the clock is behind them:
  // a commit of deltas that takes effect late, and found this user changed since, has to be
  // recognized by the user's version although some of its deltas changed nothing when they were
  // merged.
  const int64_t version = std::max({now_us, user.books.version + 1, last_delta_version_ + 1});
  if (options.backing == ReadStatesOptions::Backing::store) {
    // The usual change of a user who is dirty already costs one comparison.
    Unsaved* unsaved = user.books.unsaved;
    if (unsaved == nullptr || unsaved->since_ms == Unsaved::kNever) {
      edit_unsaved(user, [now_us](Unsaved& made) { made.since_ms = now_us / 1000; });
      if (user.books.unsaved->queue() == Unsaved::Queue::none) fresh.push(*user.books.unsaved);
    }
  }
  user.books.version = version;
  observe_version(version);
  return version;
}

void UserIndex::observe_version(int64_t version) {
  highest_version_ = std::max(highest_version_, version);
}

int64_t UserIndex::next_delta_version(int64_t now_us) {
  highest_version_ = std::max(now_us, highest_version_ + 1);
  last_delta_version_ = highest_version_;
  return highest_version_;
}

void UserIndex::dequeue(Unsaved& unsaved) {
  if (unsaved.queue() == Unsaved::Queue::fresh) fresh.remove(unsaved);
  if (unsaved.queue() == Unsaved::Queue::retry) retry.remove(unsaved);
}

void UserIndex::settle(PackedUser& user, UnsavedQueue& queue) {
  Unsaved& unsaved = *user.books.unsaved;
  const bool resident = user.state() == PackedUser::State::resident;
  const bool waiting = resident
                           ? user.books.version > unsaved.committed
                           : unsaved.deltas.size() > (unsaved.in_flight ? unsaved.deltas_sent : 0);
  if (waiting) {
    ENSURE(unsaved.since_ms != Unsaved::kNever);
    if (unsaved.queue() == Unsaved::Queue::none) queue.push(unsaved);
    return;
  }
  dequeue(unsaved);
  unsaved.since_ms = Unsaved::kNever;
  if (unsaved.in_flight) return;
  drop_unsaved(user);
  if (user.state() == PackedUser::State::absent) {
    erase(*users_.find_entry(hash_bytes(user.key()), &user));
  }
}

void UserIndex::drop_unsaved(PackedUser& user) {
  Unsaved* const unsaved = user.books.unsaved;
  if (unsaved == nullptr) return;
  dequeue(*unsaved);
  if (!unsaved->deltas.empty()) --pending_users_;
  const size_t bytes = unsaved->memory_bytes();
  unsaved_bytes_ -= bytes;
  dirty_bytes_ -= bytes + user.cost;
  --dirty_users_;
  user.books.unsaved = nullptr;
  delete unsaved;
}

void UserIndex::check() const {
  users_.check();
  size_t user_bytes = 0, unsaved_bytes = 0, dirty_bytes = 0, entries = 0;
  size_t resident = 0, empty = 0, pending = 0, dirty = 0;
  uint64_t cursor = 0;
  do {
    cursor = users_.scan_step(cursor, [&](const PackedUser& user) {
      user.check();
      ENSURE(user.memory_bytes() == user.cost);
      user_bytes += user.cost;
      entries += user.rows();
      resident += user.state() == PackedUser::State::resident ? 1 : 0;
      empty += is_empty(user) ? 1 : 0;
      const Unsaved* const unsaved = user.books.unsaved;
      ENSURE(unsaved != nullptr || user.state() != PackedUser::State::absent);
      ENSURE(user.rows() == 0 || user.state() == PackedUser::State::resident);
      if (unsaved == nullptr) return;
      ENSURE(unsaved->user() == &user);
      ENSURE(unsaved->in_flight || unsaved->queue() != Unsaved::Queue::none);
      ENSURE(unsaved->queue() == Unsaved::Queue::none || unsaved->since_ms != Unsaved::kNever);
      ENSURE(unsaved->deltas_sent <= unsaved->deltas.size());
      ENSURE(unsaved->deltas.empty() || user.state() != PackedUser::State::resident);
      unsaved_bytes += unsaved->memory_bytes();
      dirty_bytes += unsaved->memory_bytes() + user.cost;
      pending += unsaved->deltas.empty() ? 0 : 1;
      ++dirty;
    });
  } while (cursor != 0);
  ENSURE(user_bytes == user_bytes_ && unsaved_bytes == unsaved_bytes_);
  ENSURE(dirty_bytes == dirty_bytes_ && entries == entries_ && dirty == dirty_users_);
  ENSURE(resident == resident_users() && pending == pending_users_ && empty == empty_users_);
}

}  // namespace tidemark::storage
