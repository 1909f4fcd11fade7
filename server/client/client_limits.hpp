#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark::server {

class Client;
class OnCore;
struct Settings;

// What a client may use up.

// The first replies that wait do not count: Redis keeps so much in a buffer that is part of the
// client, and limits what lies beyond. A limit that is set too low therefore locks nobody out.
inline constexpr size_t kUnlimitedOutputBytes = size_t{16} << 10;
// What Redis reads at once, and so answers with one write. Where replies have a limit, those of so
// many bytes of requests are measured together, not of all that one of our reads brings.
inline constexpr size_t kRequestBytesPerWrite = size_t{16} << 10;

// What may wait for somebody who has a password to give and has not, whatever is configured.
inline constexpr size_t kUnauthenticatedOutputBytes = 1024;

// What may wait for a client before its hard limit is exceeded; SIZE_MAX where it has none. Without
// a client: for one that has no subscriptions.
size_t output_bytes_max(const Settings& settings);
size_t output_bytes_max(const Settings& settings, const Client& client);
// Whether its replies that wait are above the hard limit, or have been above the soft one for too
// long; `over_soft_since_ms` remembers since when (0: they are not).
bool output_limit_exceeded(const OnCore& here, const Client& client, int64_t& over_soft_since_ms);
// Closes a client that sent more than client-query-buffer-limit without a whole request in it.
void check_query_buffer(const OnCore& here, Client& client);
bool idle_too_long(const OnCore& here, const Client& client);

}  // namespace tidemark::server
