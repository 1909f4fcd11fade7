#include "server/command/key_spec.hpp"

namespace tidemark::server {

namespace {

constexpr Bytes kInspect[] = {"RO"};
constexpr Bytes kRead[] = {"RO", "access"};
constexpr Bytes kInsert[] = {"RW", "insert"};
constexpr Bytes kUpdate[] = {"RW", "update"};
constexpr Bytes kErase[] = {"RW", "delete"};
constexpr Bytes kAccessWrite[] = {"RW", "access"};
constexpr Bytes kAccessInsert[] = {"RW", "access", "insert"};
constexpr Bytes kAccessUpdate[] = {"RW", "access", "update"};
constexpr Bytes kAccessDelete[] = {"RW", "access", "delete"};
constexpr Bytes kOverwrite[] = {"OW", "update"};
constexpr Bytes kOverwriteInsert[] = {"OW", "insert"};
constexpr Bytes kRemove[] = {"RM", "delete"};
constexpr Bytes kChannel[] = {"not_key"};

}  // namespace

std::span<const Bytes> words_of(Access access) {
  switch (access) {
    case Access::inspect:
      return kInspect;
    case Access::read:
      return kRead;
    case Access::insert:
      return kInsert;
    case Access::update:
      return kUpdate;
    case Access::erase:
      return kErase;
    case Access::access_write:
      return kAccessWrite;
    case Access::access_insert:
      return kAccessInsert;
    case Access::access_update:
      return kAccessUpdate;
    case Access::access_delete:
      return kAccessDelete;
    case Access::overwrite:
      return kOverwrite;
    case Access::overwrite_insert:
      return kOverwriteInsert;
    case Access::remove:
      return kRemove;
    case Access::channel:
      return kChannel;
  }
  return {};
}

}  // namespace tidemark::server
