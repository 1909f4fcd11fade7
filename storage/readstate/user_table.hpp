#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/readstate/packed_user.hpp"
#include "storage/table/hash.hpp"
#include "storage/table/table.hpp"

namespace tidemark::storage {

// Users by key.
struct UserTableTraits {
  using Entry = PackedUser;
  using Key = Bytes;
  static bool equal(const Entry& user, const Key& key) { return user.key() == key; }
  static uint64_t hash(const Entry& user) { return hash_bytes(user.key()); }
};
using UserTable = Table<UserTableTraits>;

}  // namespace tidemark::storage
