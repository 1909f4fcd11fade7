// INFO: the process, who is connected, and what it costs in time.

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "server/client/client.hpp"
#include "server/config/version.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/info/sections.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

constexpr int64_t kSecondsOfDay = 24 * 60 * 60;
// The bits of Redis's clock of seconds for LRU.
constexpr int64_t kLruClockMask = (1 << 24) - 1;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

Bytes supervision(const Settings& settings) {
  switch (settings.supervised) {
    case Supervised::upstart:
      return "upstart";
    case Supervised::systemd:
      return "systemd";
    case Supervised::auto_detect:
      return std::getenv("NOTIFY_SOCKET") != nullptr ? "systemd" : "no";
    case Supervised::no:
      return "no";
  }
  return "no";
}

// The path of the program, also when it was replaced on disk while it runs.
std::string executable() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

std::string operating_system() {
  utsname name{};
  if (uname(&name) != 0) return "unknown";
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

// What clients can connect to, by kind.
void write_listeners(const Server& server, InfoText& text) {
  const Settings& settings = server.settings();
  int number = 0;
  const auto add = [&](const std::string& what) {
    text.line(fmt::format("listener{}", number++), "name={}", what);
  };
  if (server.port() != 0 && !settings.bind.empty()) {
    std::string addresses;
    for (const std::string& address : settings.bind) addresses += ",bind=" + address;
    add(fmt::format("tcp{},port={}", addresses, server.port()));
  }
  if (!settings.unixsocket.empty()) add("unix,bind=" + settings.unixsocket);
}

}  // namespace

void write_identity(const Server& server, InfoText& text) {
  text.field("redis_version", kRedisVersion);
  text.field("redis_git_sha1", "00000000");
  text.field("redis_git_dirty", 0);
  text.field("redis_build_id", "0");
  text.field("tidemark_version", kTidemarkVersion);
  text.field("redis_mode", "standalone");
  text.field("os", operating_system());
  text.field("arch_bits", sizeof(void*) * 8);
  text.field("monotonic_clock", "POSIX clock_gettime");
  text.field("multiplexing_api", "epoll");
  text.field("atomicvar_api", "c11-builtin");
  text.line("gcc_version", "{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
  text.field("process_id", getpid());
  text.field("process_supervised", supervision(server.settings()));
  text.field("run_id", server.run_id());
  text.field("tcp_port", server.port());
  text.field("executable", executable());
  text.field("config_file", server.config().loaded().file);
  text.field("cores", server.core_count());
}

void write_server_section(const InfoSource& source, InfoText& text) {
  Server& server = source.ctx.server();
  const Settings& settings = server.settings();
  const int64_t now_us = source.ctx.now_us();
  const int64_t uptime = (now_us - server.started_us()) / 1'000'000;
  write_identity(server, text);
  text.field("server_time_usec", now_us);
  text.field("uptime_in_seconds", uptime);
  text.field("uptime_in_days", uptime / kSecondsOfDay);
  text.field("hz", settings.hz);
  text.field("configured_hz", settings.hz);
  text.field("lru_clock", (now_us / 1'000'000) & kLruClockMask);
  text.field("io_threads_active", server.core_count() > 1 ? 1 : 0);
  write_listeners(server, text);
}

void write_clients_section(const InfoSource& source, InfoText& text) {
  const Totals& totals = source.totals;
  text.field("connected_clients", totals.clients);
  text.field("cluster_connections", 0);
  text.field("maxclients", source.ctx.settings().maxclients);
  text.field("client_recent_max_input_buffer", totals.input_bytes_max);
  text.field("client_recent_max_output_buffer", totals.output_bytes_max);
  text.field("blocked_clients", totals.clients_blocked);
  text.field("tracking_clients", totals.clients_tracking);
  text.field("clients_in_timeout_table", totals.clients_timed);
  text.field("total_blocking_keys", totals.keys_waited_for);
  text.field("total_blocking_keys_on_nokey", totals.keys_needed);
}

void write_cpu_section(const InfoSource&, InfoText& text) {
  rusage self{};
  rusage children{};
  rusage thread{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_THREAD, &thread);
  text.line("used_cpu_sys", "{:.6f}", seconds(self.ru_stime));
  text.line("used_cpu_user", "{:.6f}", seconds(self.ru_utime));
  text.line("used_cpu_sys_children", "{:.6f}", seconds(children.ru_stime));
  text.line("used_cpu_user_children", "{:.6f}", seconds(children.ru_utime));
  text.line("used_cpu_sys_main_thread", "{:.6f}", seconds(thread.ru_stime));
  text.line("used_cpu_user_main_thread", "{:.6f}", seconds(thread.ru_utime));
}

void write_cores_section(const InfoSource& source, InfoText& text) {
  for (const CoreId core : source.ctx.all_cores()) {
    const CoreData& data = source.ctx.data(core);
    const Statistics& statistics = data.statistics;
    size_t keys = 0;
    for (size_t db = 0; db < data.keyspace.database_count(); ++db) {
      keys += data.keyspace.database(DbIndex(static_cast<uint16_t>(db))).size();
    }
    text.line(
        fmt::format("core{}", core.value()),
        "clients={},keys={},users={},commands={},ops_per_sec={:.0f},hops={},exclusive_runs={},"
        "memory={},evicted_keys={},evicted_users={}",
        data.clients.size(), keys, data.read_states.resident_users(), statistics.commands_processed,
        data.command_rate.per_second(), statistics.hops, statistics.exclusive_runs,
        data.keyspace.used_bytes() + data.read_states.bytes(), data.keyspace.stats().evicted_keys,
        statistics.evicted_users);
  }
}

}  // namespace tidemark::server
