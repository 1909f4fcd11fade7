#pragma once

#include <cstdint>

#include "storage/rdb/reader.hpp"

namespace tidemark::storage::rdb {

// Steps over a value of this type, without a look at what is in its strings. False where that is
// not possible.
bool skip_value(Reader& reader, uint8_t type);

}  // namespace tidemark::storage::rdb
