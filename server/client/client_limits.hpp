#pragma once

#include <cstdint>

namespace tidemark::server {

class Client;
class OnCore;

// What a client may use up.

// Whether its replies that wait are above the hard limit, or have been above the soft one for too
// long; `over_soft_since_ms` remembers since when (0: they are not).
bool output_limit_exceeded(const OnCore& here, const Client& client, int64_t& over_soft_since_ms);
// Closes a client that sent more than client-query-buffer-limit without a whole request in it.
void check_query_buffer(const OnCore& here, Client& client);
bool idle_too_long(const OnCore& here, const Client& client);

}  // namespace tidemark::server
