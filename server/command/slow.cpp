#include "server/command/slow.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "server/client/client.hpp"
#include "server/command/redact.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

void add_to_log(const OnCore& here, SlowCommand command) {
  here.data().slow_log.add(std::move(command),
                           static_cast<size_t>(here.server().settings().slowlog_max_len));
}

void describe_client(const Client& client, SlowCommand& command) {
  command.peer = client.facts().peer;
  command.client_name = client.facts().name;
}

void log_slow(const OnCore& here, const Call& call, int64_t took_us) {
  SlowCommand command{.id = here.server().next_slow_id(),
                      .unix_seconds = here.now_ms() / 1000,
                      .duration_us = took_us,
                      .args = shorten_args(without_secrets(call.entry, call.args)),
                      .peer = {},
                      .client_name = {}};
  if (call.client != nullptr) {
    describe_client(*call.client, command);
    return add_to_log(here, std::move(command));
  }
  const Session& session = call.caller.session();
  const auto finish = [id = session.client_id, command = std::move(command)](OnCore& home) {
    SlowCommand described = command;
    if (const Client* client = home.data().clients.find(id)) describe_client(*client, described);
    add_to_log(home, std::move(described));
  };
  // Leaves before the reply does, so that whoever has the reply finds the entry.
  here.post(session.home, std::make_unique<WorkMessage>(finish));
}

}  // namespace

uint64_t slow_cycles(const Settings& settings) {
  int64_t limit_us = std::numeric_limits<int64_t>::max();
  if (settings.slowlog_log_slower_than >= 0) limit_us = settings.slowlog_log_slower_than;
  if (settings.latency_monitor_threshold > 0) {
    limit_us = std::min(limit_us, settings.latency_monitor_threshold * 1000);
  }
  if (limit_us == std::numeric_limits<int64_t>::max()) return std::numeric_limits<uint64_t>::max();
  return CycleClock::cycles(limit_us);
}

void note_slow(const OnCore& here, const Call& call, uint64_t cycles) {
  const Settings& settings = here.server().settings();
  const Command& command = *call.entry.command;
  const auto took_us = static_cast<int64_t>(CycleClock::microseconds(cycles));
  note_event(here, has(command.flags, Flag::fast) ? "fast-command" : "command", took_us);
  if (settings.slowlog_log_slower_than < 0 || took_us < settings.slowlog_log_slower_than) return;
  if (settings.slowlog_max_len == 0 || has(command.flags, Flag::skip_slowlog)) return;
  log_slow(here, call, took_us);
}

void note_event(const OnCore& here, Bytes event, int64_t took_us) {
  const int64_t threshold_ms = here.server().settings().latency_monitor_threshold;
  if (threshold_ms == 0 || took_us < threshold_ms * 1000) return;
  here.data().latency.add(event, {.unix_seconds = here.now_ms() / 1000, .ms = took_us / 1000});
}

}  // namespace tidemark::server
