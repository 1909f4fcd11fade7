#pragma once

#include "server/command/context.hpp"
#include "storage/keyspace/entry.hpp"

namespace tidemark::server {

// The string of an entry, borrowed where it lies; null for no entry, an error for another type.
Reply string_reply(const storage::Entry* entry);
// The same, owned: for what changes the key before the reply is encoded.
Reply string_copy(const storage::Entry* entry);

}  // namespace tidemark::server
