#include "server/log/log.hpp"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "storage/base/mutex.hpp"

namespace tidemark::server::log {
namespace {

// Where lines go. The writers read atomics only; `opening` serializes open() and reopen().
//
// A file is opened once and its number kept for good: reopen() puts the new file under the same
// number with dup3(2), which is atomic, so that a thread in the midst of write(2) has either the
// old or the new file and never a number that was closed.
struct State {
  std::atomic<Level> level = Level::notice;
  std::atomic<char> role = 'M';
  std::atomic<int> descriptor = STDOUT_FILENO;
  std::atomic<bool> syslog = false;

  Mutex opening;
  std::string file GUARDED_BY(opening);
  std::string syslog_ident GUARDED_BY(opening);  // syslog(3) keeps a pointer to it
};

State& state() {
  // Never destroyed: threads may log while the process ends.
  static State* const kState = new State;
  return *kState;
}

std::string open_error() { return std::string("Can't open the log file: ") + std::strerror(errno); }

int open_file(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

// Makes `path` the place of lines.
std::optional<std::string> switch_to(State& s, const std::string& path) REQUIRES(s.opening) {
  if (path.empty()) {
    const int old = s.descriptor.exchange(STDOUT_FILENO);
    // The old number is not closed, as a writer may be about to use it: it leads nowhere from now
    // on.
    if (old != STDOUT_FILENO) {
      const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
      if (nowhere >= 0) {
        ::dup3(nowhere, old, O_CLOEXEC);
        ::close(nowhere);
      }
    }
    return std::nullopt;
  }
  const int opened = open_file(path);
  if (opened < 0) return open_error();
  const int current = s.descriptor.load();
  if (current == STDOUT_FILENO) {
    s.descriptor.store(opened);
  } else {
    ::dup3(opened, current, O_CLOEXEC);
    ::close(opened);
  }
  return std::nullopt;
}

int facility_of(SyslogFacility facility) {
  static constexpr int kFacilities[] = {LOG_USER,   LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                        LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  return kFacilities[static_cast<size_t>(facility)];
}

int priority_of(Level level) {
  static constexpr int kPriorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_WARNING};
  return kPriorities[static_cast<size_t>(level)];
}

void append_escaped(std::string_view message, std::string& line) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (byte < ' ' && c != '\t') {
      line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      line += c;
    }
  }
}

}  // namespace

std::string format(const Line& line) {
  static constexpr char kLevels[] = {'.', '-', '*', '#', '#'};
  const std::time_t seconds = static_cast<std::time_t>(line.unix_ms / 1000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char when[32];
  std::strftime(when, sizeof when, "%d %b %Y %H:%M:%S", &local);
  char head[96];
  std::snprintf(head, sizeof head, "%d:%c %s.%03d %c ", line.pid, line.role, when,
                static_cast<int>(line.unix_ms % 1000), kLevels[static_cast<size_t>(line.level)]);
  std::string text = head;
  append_escaped(line.message, text);
  text += '\n';
  return text;
}

std::optional<std::string> open(const Settings& settings) {
  State& s = state();
  const MutexLock lock(s.opening);
  if (auto error = switch_to(s, settings.logfile)) return error;
  s.file = settings.logfile;
  s.level.store(settings.loglevel);
  if (settings.syslog_enabled) {
    s.syslog_ident = settings.syslog_ident;
    ::openlog(s.syslog_ident.c_str(), LOG_PID | LOG_NDELAY | LOG_NOWAIT,
              facility_of(settings.syslog_facility));
  }
  s.syslog.store(settings.syslog_enabled);
  return std::nullopt;
}

std::optional<std::string> reopen() {
  State& s = state();
  const MutexLock lock(s.opening);
  if (s.file.empty()) return std::nullopt;
  return switch_to(s, s.file);
}

void set_level(Level level) { state().level.store(level); }

void set_role(char role) { state().role.store(role); }

int descriptor() { return state().descriptor.load(std::memory_order_relaxed); }

char role() { return state().role.load(std::memory_order_relaxed); }

bool enabled(Level level) {
  const Level least = state().level.load(std::memory_order_relaxed);
  return level >= least && least != Level::nothing;
}

void write(Level level, std::string_view message) {
  if (!enabled(level)) return;
  State& s = state();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string line = format({
      .pid = static_cast<int>(::getpid()),
      .role = role(),
      .level = level,
      .unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count(),
      .message = message,
  });
  // What is not written at once is lost: waiting here would stall the loop that logs.
  ssize_t written;
  do {
    written = ::write(descriptor(), line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (s.syslog.load(std::memory_order_relaxed)) {
    ::syslog(priority_of(level), "%.*s", static_cast<int>(message.size()), message.data());
  }
}

}  // namespace tidemark::server::log
