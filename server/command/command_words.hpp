#pragma once

#include <span>

#include "server/command/command.hpp"
#include "storage/base/bytes.hpp"

// What COMMAND INFO, COMMAND DOCS and ACL rules call the flags, categories and groups.

namespace tidemark::server {

// Without the '@': "read", "sortedset".
struct CategoryName {
  Category category;
  Bytes name;
};
std::span<const CategoryName> category_names();

// As COMMAND INFO lists them, in its order; without those that are derived or ours.
struct FlagName {
  Flag flag;
  Bytes name;
};
std::span<const FlagName> flag_names();

// "sorted-set", as COMMAND DOCS says.
Bytes name_of(Group group);

}  // namespace tidemark::server
