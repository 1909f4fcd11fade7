#pragma once

#include <cstdint>
#include <string>

#include "storage/base/bytes.hpp"

namespace tidemark::server {

class Client;

// One line about a client without its end, as CLIENT LIST, CLIENT INFO and the log have it. On the
// client's core, or while that is stopped.
std::string describe(const Client& client, int64_t now_ms);

// The id of the client that invalidations go to: 0 for itself, -1 where there are none.
int64_t redirect_of(const Client& client);
// Whether such a line can carry it and still be taken apart: names and the like must.
bool fits_a_list(Bytes text);

}  // namespace tidemark::server
