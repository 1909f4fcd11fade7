#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "storage/base/bytes.hpp"
#include "storage/readstate/packed_user.hpp"
#include "storage/readstate/read_states.hpp"
#include "storage/readstate/unsaved.hpp"
#include "storage/readstate/user_pool.hpp"
#include "storage/table/recency_clock.hpp"

namespace tidemark::storage {

// The users that ReadStates knows in any way, and the books about them: what they cost, who is
// dirty and in which order. Every mutation of a user goes through here, so that the books are
// closed in one place. Absent users are here only while deltas of theirs wait.
class UserIndex {
 public:
  using Users = UserTable;

  explicit UserIndex(const ReadStatesOptions& given);
  ~UserIndex();
  UserIndex(const UserIndex&) = delete;
  UserIndex& operator=(const UserIndex&) = delete;

  static PackedUser& user_of(const Slot& slot) { return *Users::entry_of(slot); }

  Slot* find(Bytes user) const { return users_.find(hash_bytes(user), user); }
  Slot* insert(Bytes user, PackedUser::State state);
  // Frees the user and forgets what is unsaved. Ends the validity of all slots.
  void erase(Slot& slot);
  const Users& users() const { return users_; }

  // The slots of resident users are marked: they are the ones that can be evicted.
  void set_state(Slot& slot, PackedUser::State state);
  // A user who has become resident counts as used; and whenever a command has a use for them.
  void use_first(Slot& slot) { note_use(slot, clock_.stamp_new()); }
  void use_again(Slot& slot) { note_use(slot, clock_.stamp_touched(slot.stamp())); }
  int64_t idle_ms(const PackedUser& user) const {
    return static_cast<uint32_t>(static_cast<uint32_t>(clock_.now_ms()) - user.last_use_ms);
  }
  const RecencyClock& clock() const { return clock_; }
  void put(Slot& slot, PackedUser::Place place, const Row& row);
  void erase_row(Slot& slot, PackedUser::Place place);
  void erase_type(Slot& slot, uint8_t type);
  void assign(Slot& slot, const PackedRows& rows);

  // Gives the user a new version, which a change now has to use, and makes the user dirty.
  int64_t begin_change(PackedUser& user, int64_t now_us);
  void observe_version(int64_t version);
  int64_t next_delta_version(int64_t now_us);

  // Changes what is unsaved of the user, which comes to exist if it does not.
  template <typename Edit>
  void edit_unsaved(PackedUser& user, Edit&& edit);
  // Puts the user where its unsaved changes say: in a queue, or if it has none and no commit is in
  // flight, out of the books (and out of the table, if nothing else is known of it, which ends the
  // validity of all slots). `queue` is where it goes if it has to be queued now.
  void settle(PackedUser& user, UnsavedQueue& queue);
  void dequeue(Unsaved& unsaved);

  void notify(ChangeOp op, const PackedUser& user, const Row& row) const {
    if (listener != nullptr) [[unlikely]]
      listener->on_change(op, user.key(), row);
  }

  size_t resident_users() const { return users_.marked(); }
  size_t pending_users() const { return pending_users_; }
  size_t dirty_users() const { return dirty_users_; }
  size_t dirty_bytes() const { return dirty_bytes_; }
  size_t entries() const { return entries_; }
  // Resident users without rows.
  size_t empty_users() const { return empty_users_; }
  size_t bytes() const { return user_bytes_ + unsaved_bytes_ + users_.memory_bytes(); }
  void check() const;

  ReadStatesOptions options;
  ChangeListener* listener = nullptr;
  UserPool pool;
  UnsavedQueue fresh{Unsaved::Queue::fresh};
  UnsavedQueue retry{Unsaved::Queue::retry};

 private:
  template <typename Mutate>
  void mutate(Slot& slot, Mutate&& mutate);
  static bool is_empty(const PackedUser& user) {
    return user.rows() == 0 && user.state() == PackedUser::State::resident;
  }
  void drop_unsaved(PackedUser& user);
  void note_use(Slot& slot, uint16_t stamp) {
    slot.set_stamp(stamp);
    user_of(slot).last_use_ms = static_cast<uint32_t>(clock_.now_ms());
  }
  static bool has_deltas(const PackedUser& user) {
    return user.books.unsaved != nullptr && !user.books.unsaved->deltas.empty();
  }

  Users users_;
  std::unique_ptr<RecencyClock> own_clock_;  // where no other is given
  RecencyClock& clock_;
  size_t user_bytes_ = 0;
  size_t unsaved_bytes_ = 0;
  size_t entries_ = 0;
  size_t empty_users_ = 0;
  size_t pending_users_ = 0;
  size_t dirty_users_ = 0;
  size_t dirty_bytes_ = 0;
  int64_t highest_version_ = 0;
  int64_t last_delta_version_ = 0;
};

template <typename Edit>
void UserIndex::edit_unsaved(PackedUser& user, Edit&& edit) {
  const bool had_deltas = has_deltas(user);
  size_t before = 0;
  if (user.books.unsaved == nullptr) {
    user.books.unsaved = new Unsaved(&user);
    user.books.unsaved->committed = user.books.version;
    ++dirty_users_;
    dirty_bytes_ += user.cost;
  } else {
    before = user.books.unsaved->memory_bytes();
  }
  edit(*user.books.unsaved);
  const size_t after = user.books.unsaved->memory_bytes();
  unsaved_bytes_ += after - before;
  dirty_bytes_ += after - before;
  pending_users_ += static_cast<size_t>(has_deltas(user)) - static_cast<size_t>(had_deltas);
}

}  // namespace tidemark::storage
