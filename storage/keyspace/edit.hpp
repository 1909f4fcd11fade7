#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "storage/base/result.hpp"
#include "storage/keyspace/database.hpp"
#include "storage/keyspace/string_edit.hpp"

namespace tidemark::storage {

// A value that is being changed. The destructor closes the books: bytes, the removal of a
// collection that was left empty, and one change event, unless the handler said that nothing
// changed. While it lives, nothing else may be done with the database.
//
//   Result<Edit<Set>> set = database.edit<Set>(key, IfAbsent::create);
//   if (!set) return error_reply(set.error());
//   if ((*set)->insert(member)) ... else set->nothing_changed();
template <typename T>
class Edit {
 public:
  Edit(Edit&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)),
        key_(other.key_),
        found_(other.found_),
        bytes_before_(other.bytes_before_),
        origin_(other.origin_),
        changed_(other.changed_) {}
  Edit& operator=(Edit&&) = delete;
  ~Edit() {
    if (database_ != nullptr) close();
  }

  // False where the key is absent and was not to be created.
  explicit operator bool() const { return database_ != nullptr; }
  T* operator->() const { return static_cast<T*>(found_.entry->object()); }
  T& operator*() const { return *operator->(); }
  // Whether the key was absent before.
  Origin origin() const { return origin_; }
  // No event is due: the value is as it was.
  void nothing_changed() { changed_ = false; }
  // Frees what was cut out of the value; in slices where that is much.
  void dispose(T part) { dispose(make_object<T>(std::move(part))); }
  // The same for what is an object already, which is taken over.
  void dispose(T* part) { database_->books_.disposal.add(T::kType, part); }

 private:
  friend class Database;
  Edit() = default;
  Edit(Database& database, const HashedKey& key, Database::Found found, Origin origin)
      : database_(&database), key_(key), found_(found), origin_(origin) {
    bytes_before_ = object_functions(T::kType).memory_bytes(found.entry->object());
  }

  void close() {
    const ObjectFunctions& functions = object_functions(T::kType);
    const size_t bytes = functions.memory_bytes(found_.entry->object());
    database_->entry_bytes_ += bytes - bytes_before_;
    database_->books_.entry_bytes += bytes - bytes_before_;
    const bool emptied = functions.size(found_.entry->object()) == 0;
    if (emptied && origin_ == Origin::created) {
      database_->discard(key_.hash, found_.slot);
    } else if (emptied) {
      database_->drop(key_.hash, found_.slot, ChangeKind::emptied, Free::now);
    } else {
      if (functions.schedule != nullptr) database_->list(key_.hash, *found_.entry);
      if (changed_) database_->announce(key_.bytes, ChangeKind::written, T::kType, origin_);
    }
  }

  Database* database_ = nullptr;
  HashedKey key_;
  Database::Found found_;
  size_t bytes_before_ = 0;
  Origin origin_ = Origin::existed;
  bool changed_ = true;
};

// A string that is being changed: see String for what can be done with it.
template <>
class Edit<String> {
 public:
  Edit(Edit&& other) noexcept : string_(other.string_), open_(std::exchange(other.open_, false)) {}
  Edit& operator=(Edit&&) = delete;
  ~Edit() {
    if (open_) string_.close();
  }

  explicit operator bool() const { return open_; }
  String* operator->() { return &string_; }
  String& operator*() { return string_; }

 private:
  friend class Database;
  Edit() = default;
  explicit Edit(const String& string) : string_(string), open_(true) {}

  String string_;
  bool open_ = false;
};

template <typename T>
Result<Edit<T>> Database::edit(const HashedKey& key, IfAbsent if_absent) {
  Found found = locate_and_touch(key, Touch::yes);
  if (found.entry != nullptr) {
    if (found.entry->type() != T::kType) return Errc::wrong_type;
    keep(*found.slot);
    return Edit<T>(*this, key, found, Origin::existed);
  }
  if (if_absent == IfAbsent::leave) return Edit<T>();
  found.slot = add(key, Entry::make_object(key.bytes, T::kType, make_object<T>()));
  found.entry = EntryTable::entry_of(*found.slot);
  return Edit<T>(*this, key, found, Origin::created);
}

template <>
inline Result<Edit<String>> Database::edit<String>(const HashedKey& key, IfAbsent if_absent) {
  Found found = locate_and_touch(key, Touch::yes);
  if (found.entry != nullptr) {
    if (found.entry->type() != ValueType::string) return Errc::wrong_type;
    keep(*found.slot);
    return Edit<String>(String(*this, key, found, Origin::existed));
  }
  if (if_absent == IfAbsent::leave) return Edit<String>();
  found.slot = add(key, Entry::make_string(key.bytes, {}));
  found.entry = EntryTable::entry_of(*found.slot);
  return Edit<String>(String(*this, key, found, Origin::created));
}

}  // namespace tidemark::storage
