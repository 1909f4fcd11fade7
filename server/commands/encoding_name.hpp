#pragma once

#include "server/config/settings.hpp"
#include "storage/keyspace/entry.hpp"

namespace tidemark::server {

// The name of a value's encoding, as clients are told it: that of the version of Redis that the
// setting asks for.
Bytes encoding_name(const Settings& settings, const storage::Entry& entry);

}  // namespace tidemark::server
