#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/config/settings.hpp"

namespace tidemark::server::log {

// The log of the process, in Redis's format:
//   PID:ROLE DD Mon YYYY HH:MM:SS.mmm LEVEL message
// One write(2) for each line, so lines of different threads never mix. CR, LF and other control
// characters of a message are escaped: a client cannot forge a line. Any thread may write; nothing
// is buffered, and a line is lost rather than waited for where the descriptor refuses it.

using Level = LogLevel;

// Starts to log as loglevel, logfile and syslog-* say; until then lines from level notice on go to
// standard output. Returns why the file cannot be opened ("Can't open the log file: ..."), and
// changes nothing then. May be called again, from any thread.
std::optional<std::string> open(const Settings& settings);

// Opens the file anew, for log rotation (SIGHUP). The old one stays in use where that fails.
std::optional<std::string> reopen();

void set_level(Level level);

// The letter after the process id: M master, S replica, C child or before start, X sentinel.
void set_role(char role);

// Whether a message of this level would be written; asked before building a costly one.
bool enabled(Level level);

void write(Level level, std::string_view message);

inline void debug(std::string_view message) { write(Level::debug, message); }
inline void verbose(std::string_view message) { write(Level::verbose, message); }
inline void notice(std::string_view message) { write(Level::notice, message); }
inline void warning(std::string_view message) { write(Level::warning, message); }

// For a signal handler, which must not call the above: where lines go at this moment, and the
// letter.
int descriptor();
char role();

// One line as it is written, with its end of line; for the log itself and its tests.
struct Line {
  int pid = 0;
  char role = 'M';
  Level level = Level::notice;
  int64_t unix_ms = 0;
  std::string_view message;
};
std::string format(const Line& line);

}  // namespace tidemark::server::log
