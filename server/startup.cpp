#include "server/startup.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "server/config/version.hpp"
#include "server/crash/report.hpp"
#include "server/crash/watchdog.hpp"
#include "server/file_limit.hpp"
#include "server/info/sections.hpp"
#include "server/log/log.hpp"
#include "server/renamed_commands.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

void daemonize() {
  if (fork() != 0) std::_Exit(0);
  setsid();
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
}

// Lets the process have a descriptor for each client, or lowers maxclients to what it gets.
void raise_file_limit(Settings& settings) {
  const int64_t clients = allow_clients(settings.maxclients);
  if (clients >= settings.maxclients) return;
  const int64_t wanted = settings.maxclients + kReservedFiles;
  if (clients == 0) {
    throw std::runtime_error(fmt::format(
        "Your current 'ulimit -n' is not enough for the server to start. Please increase your open "
        "file limit to at least {}. Exiting.",
        wanted));
  }
  log::warning(fmt::format(
      "You requested maxclients of {} requiring at least {} max file descriptors. Server can't set "
      "maximum open files to {} because of OS error: {}. Current maximum open files is {}. "
      "maxclients has been reduced to {} to compensate for low ulimit. If you need higher "
      "maxclients increase 'ulimit -n'.",
      settings.maxclients, wanted, wanted, std::strerror(errno), clients + kReservedFiles,
      clients));
  settings.maxclients = clients;
}

// Empty: none is wanted.
std::string pid_file(const Settings& settings) {
  if (settings.pidfile.empty() && settings.daemonize) return "/var/run/tidemark.pid";
  return settings.pidfile;
}

void write_pid_file(const Settings& settings) {
  const std::string path = pid_file(settings);
  if (path.empty()) return;
  if (std::FILE* file = std::fopen(path.c_str(), "w")) {
    std::fprintf(file, "%d\n", static_cast<int>(getpid()));
    std::fclose(file);
  } else {
    log::warning(fmt::format("Failed to write PID file {}: {}", path, std::strerror(errno)));
  }
}

// What a report says of a server that is ready.
void prepare_last_words(const Server& server) {
  static crash::CrashFacts facts;
  InfoText info;
  write_identity(server, info);
  facts = {.info = info.take(),
           .clients = &server.clients(),
           .peak_memory = &server.peak_memory_seen(),
           .pid_file = pid_file(server.settings())};
  crash::tell_in_reports(&facts);
}

// sd_notify's protocol: one datagram to the socket that the supervisor named.
void tell_systemd(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) return;
  std::strcpy(address.sun_path, path);
  const socklen_t length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  if (path[0] == '@') address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  (void)!sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
                length);
  close(fd);
}

bool supervised_by_systemd(const Settings& settings) {
  if (settings.supervised == Supervised::systemd) return true;
  return settings.supervised == Supervised::auto_detect && std::getenv("NOTIFY_SOCKET") != nullptr;
}

}  // namespace

void prepare_process(LoadedConfig& config) {
  Settings& settings = config.settings;
  // A mistake there has to be told before the process leaves the terminal.
  (void)names_of_commands(config);
  if (settings.daemonize && settings.supervised == Supervised::no) daemonize();
  if (!settings.dir.empty()) {
    if (chdir(settings.dir.c_str()) != 0) {
      throw std::runtime_error(
          fmt::format("Can't chdir to '{}': {}", settings.dir, std::strerror(errno)));
    }
  }
  settings.dir = std::filesystem::current_path().string();
  if (const auto error = log::open(settings))
    throw std::runtime_error(*error + " (" + settings.logfile + ")");
  crash::report_crashes();
  crash::set_signal_reports(settings.crash_log_enabled);
  crash::set_watchdog(settings.watchdog_period);
  log::notice("oO0OoO0OoO0Oo Tidemark is starting oO0OoO0OoO0Oo");
  log::notice(fmt::format("Tidemark version={}, Redis version={}, bits=64, pid={}, just started",
                          kTidemarkVersion, kRedisVersion, getpid()));
  if (!config.given) {
    log::warning(
        "Warning: no config file specified, using the default config. In order to specify a config "
        "file use tidemark-server /path/to/tidemark.conf");
  } else {
    log::notice("Configuration loaded");
  }
  if (!config.without_effect.empty()) {
    log::warning(fmt::format("These options are accepted and have no effect here: {}",
                             fmt::join(config.without_effect, " ")));
  }
  raise_file_limit(settings);
}

void announce(const Server& server) {
  const Settings& settings = server.settings();
  write_pid_file(settings);
  prepare_last_words(server);
  if (settings.always_show_logo) {
    log::notice(fmt::format("Tidemark {} on {} cores\n Port: {}\n PID: {}\n", kTidemarkVersion,
                            server.core_count(), server.port(), getpid()));
  } else {
    log::notice(fmt::format("Running mode=standalone, port={}, cores={}. PID: {}", server.port(),
                            server.core_count(), getpid()));
  }
  log::notice("Server initialized");
  if (supervised_by_systemd(settings))
    tell_systemd("STATUS=Ready to accept connections\nREADY=1\n");
}

void announce_end(const Settings& settings) {
  if (supervised_by_systemd(settings)) tell_systemd("STOPPING=1\n");
}

void tidy_up(const Settings& settings) {
  log::warning("Tidemark is now ready to exit, bye bye...");
  crash::tell_in_reports(nullptr);
  const std::string path = pid_file(settings);
  if (!path.empty()) unlink(path.c_str());
}

}  // namespace tidemark::server
