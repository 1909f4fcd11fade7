#include "server/client/client_limits.hpp"

#include <fmt/format.h>

#include "server/client/client.hpp"
#include "server/client/describe.hpp"
#include "server/core/core.hpp"
#include "server/log/log.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

size_t with_unlimited(uint64_t limit) {
  return limit > SIZE_MAX - kUnlimitedOutputBytes ? SIZE_MAX : limit + kUnlimitedOutputBytes;
}

const OutputLimit& limit_of(const Settings& settings, const Client& client) {
  const OutputLimits& limits = settings.client_output_buffer_limit;
  return client.is_subscriber() ? limits.pubsub : limits.normal;
}

size_t max_of(const OutputLimit& limit) {
  return limit.hard_bytes == 0 ? SIZE_MAX : with_unlimited(limit.hard_bytes);
}

}  // namespace

size_t output_bytes_max(const Settings& settings) {
  return max_of(settings.client_output_buffer_limit.normal);
}

size_t output_bytes_max(const Settings& settings, const Client& client) {
  if (!client.facts().authenticated) return with_unlimited(kUnauthenticatedOutputBytes);
  return max_of(limit_of(settings, client));
}

bool output_limit_exceeded(const OnCore& here, const Client& client, int64_t& over_soft_since_ms) {
  const Settings& settings = here.server().settings();
  const OutputLimit& limit = limit_of(settings, client);
  const size_t waiting = client.output_bytes();
  if (waiting > output_bytes_max(settings, client)) return true;
  if (limit.soft_bytes == 0 || waiting <= with_unlimited(limit.soft_bytes)) {
    over_soft_since_ms = 0;
    return false;
  }
  if (over_soft_since_ms == 0) over_soft_since_ms = here.now_ms();
  return here.now_ms() - over_soft_since_ms > limit.soft_seconds * 1000;
}

void check_query_buffer(const OnCore& here, Client& client) {
  if (client.closed()) return;
  if (client.query_buffer_bytes() <= here.server().settings().client_query_buffer_limit) return;
  log::warning(fmt::format("Closing client that reached max query buffer length: {}",
                           describe(client, here.now_ms())));
  ++here.data().statistics.query_buffer_limit_disconnections;
  client.close(here);
}

bool idle_too_long(const OnCore& here, const Client& client) {
  const int64_t timeout = here.server().settings().timeout;
  if (timeout == 0 || client.waiting() || client.facts().monitor || client.is_subscriber()) {
    return false;
  }
  return here.now_ms() - client.facts().last_interaction_ms > timeout * 1000;
}

}  // namespace tidemark::server
