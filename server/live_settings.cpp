#include "server/live_settings.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "server/command/slow.hpp"
#include "server/core/client_memory.hpp"
#include "server/core/eviction.hpp"
#include "server/core/work_message.hpp"
#include "server/crash/report.hpp"
#include "server/crash/watchdog.hpp"
#include "server/file_limit.hpp"
#include "server/log/log.hpp"
#include "server/oom_score.hpp"
#include "server/process_title.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

using Refusal = std::optional<std::string>;

template <typename Tell>
void tell_cores(Server& server, Tell&& tell) {
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    tell(server.core(CoreId(static_cast<uint16_t>(i))).data());
  }
}

void follow_memory(Server& server) {
  server.config().on_change(
      {"maxmemory-policy", "maxmemory-samples", "lfu-log-factor", "lfu-decay-time"},
      [&server](const Settings&, const Settings& after) {
        tell_cores(server,
                   [&](CoreData& data) { data.keyspace.configure(eviction_options(after)); });
        return Refusal();
      });
  server.config().on_change({"maxmemory"}, [&server](const Settings&, const Settings& after) {
    if (after.maxmemory == 0) return Refusal();
    if (server.used_memory() > after.maxmemory) {
      log::warning(
          fmt::format("WARNING: the new maxmemory value set via CONFIG SET ({}) is smaller than "
                      "the current memory usage ({}). This will result in key eviction and/or the "
                      "inability to accept new write commands depending on the maxmemory-policy.",
                      after.maxmemory, server.used_memory()));
    }
    for (uint32_t i = 0; i < server.core_count(); ++i) {
      server.core(CoreId(static_cast<uint16_t>(i)))
          .post(std::make_unique<WorkMessage>(
              [](OnCore& here) { (void)here.server().make_room(here); }));
    }
    return Refusal();
  });
}

void follow_client_limits(Server& server) {
  server.config().on_change({"maxmemory-clients", "maxmemory"},
                            [&server](const Settings&, const Settings&) {
                              evict_clients(server);
                              return Refusal();
                            });
}

void follow_read_states(Server& server) {
  server.config().on_change(
      {"commit-delay", "dirty-limit", "load-queue-limit"},
      [&server](const Settings&, const Settings& after) {
        tell_cores(server, [&](CoreData& data) {
          if (data.write_behind == nullptr) return;
          data.write_behind->set_commit_delay_ms(after.commit_delay);
          data.write_behind->set_dirty_bytes_max(after.dirty_limit / server.core_count());
          data.write_behind->set_load_waiters_max(static_cast<size_t>(after.load_queue_limit));
        });
        return Refusal();
      });
  server.config().on_change(
      {"readstate-max-channels"}, [&server](const Settings&, const Settings& after) {
        tell_cores(server, [&](CoreData& data) {
          data.read_states.set_max_channels(static_cast<uint32_t>(after.readstate_max_channels));
        });
        return Refusal();
      });
}

void follow_network(Server& server) {
  const auto follow = [&server](std::string_view option, const char* refusal) {
    server.config().on_change(
        {option}, [&server, option, refusal](const Settings&, const Settings& after) {
          if (!server.entrance().change(after)) return Refusal();
          log::warning(
              fmt::format("Failed applying new configuration. Possibly related to new {} setting. "
                          "Restoring previous settings.",
                          option));
          return Refusal(refusal);
        });
  };
  const auto show_title = [&server](const Settings&, const Settings& after) {
    set_process_title(after, server.port(), server.config().loaded().file);
    return Refusal();
  };
  follow("port", "Unable to listen on this port. Check server logs.");
  follow("bind", "Failed to bind to specified addresses.");
  (void)show_title(server.settings(), server.settings());
  server.config().on_change({"proc-title-template", "port", "bind"}, show_title);
}

void follow_process(Server& server) {
  server.config().on_change({"loglevel"}, [](const Settings&, const Settings& after) {
    log::set_level(after.loglevel);
    return Refusal();
  });
  server.config().on_change({"crash-log-enabled"}, [](const Settings&, const Settings& after) {
    crash::set_signal_reports(after.crash_log_enabled);
    return Refusal();
  });
  server.config().on_change({"watchdog-period"}, [](const Settings&, const Settings& after) {
    crash::set_watchdog(after.watchdog_period);
    return Refusal();
  });
  server.config().on_change({"activedefrag"}, [](const Settings&, const Settings& after) {
    if (!after.activedefrag) return Refusal();
    return Refusal(
        "Active defragmentation cannot be enabled: it requires a Redis server compiled with a "
        "modified Jemalloc like the one shipped by default with the Redis source distribution");
  });
  const auto oom_score = std::make_shared<OomScore>();
  if (const Refusal why = oom_score->apply(server.settings())) log::warning(*why);
  server.config().on_change(
      {"oom-score-adj", "oom-score-adj-values"},
      [oom_score](const Settings&, const Settings& after) { return oom_score->apply(after); });
  server.config().on_change({"dir"}, [](const Settings&, const Settings& after) {
    if (chdir(after.dir.c_str()) == 0) return Refusal();
    return Refusal(std::strerror(errno));
  });
  server.config().on_change({"maxclients"}, [](const Settings&, const Settings& after) {
    const int64_t possible = allow_clients(after.maxclients);
    if (possible >= after.maxclients) return Refusal();
    return Refusal(
        fmt::format("The operating system is not able to handle the specified number of clients, "
                    "try with {}",
                    possible));
  });
}

void follow_scripts(Server& server) {
  const auto apply = [&server](const Settings&, const Settings& after) {
    server.router().set_scripts_use_any_key(after.lua_undeclared_keys);
    return Refusal();
  };
  (void)apply(server.settings(), server.settings());
  server.config().on_change({"lua-undeclared-keys"}, apply);
}

void follow_slowness(Server& server) {
  const auto apply = [&server](const Settings&, const Settings& after) {
    tell_cores(server, [&](CoreData& data) {
      data.slow_cycles = slow_cycles(after);
      data.slow_log.trim(static_cast<size_t>(after.slowlog_max_len));
    });
    return Refusal();
  };
  (void)apply(server.settings(), server.settings());
  server.config().on_change(
      {"slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold"}, apply);
}

void follow_notifications(Server& server) {
  const auto apply = [&server](const Settings&, const Settings& after) {
    tell_cores(server, [&](CoreData& data) {
      data.notifier.set_classes(after.notify_keyspace_events);
      data.read_state_notifier.set_events(after.readstate_notify);
    });
    return Refusal();
  };
  (void)apply(server.settings(), server.settings());
  server.config().on_change({"notify-keyspace-events", "readstate-notify"}, apply);
}

void follow_tracking(Server& server) {
  server.config().on_change(
      {"tracking-table-max-keys"}, [&server](const Settings&, const Settings&) {
        for (uint32_t i = 0; i < server.core_count(); ++i) {
          server.core(CoreId(static_cast<uint16_t>(i)))
              .post(std::make_unique<WorkMessage>(
                  [](OnCore& here) { here.data().tracking.apply_limit(here); }));
        }
        return Refusal();
      });
}

}  // namespace

void follow_live_settings(Server& server) {
  follow_memory(server);
  follow_client_limits(server);
  follow_read_states(server);
  follow_network(server);
  follow_process(server);
  follow_scripts(server);
  follow_slowness(server);
  follow_notifications(server);
  follow_tracking(server);
}

}  // namespace tidemark::server
