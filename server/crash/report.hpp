#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "server/crash/safe_text.hpp"

namespace tidemark::server::crash {

// The report that a dying process leaves in its log, in the form that readers of Redis's reports
// know: why, where, the registers, what the server was like and what each core was doing.
//
//   === REDIS BUG REPORT START: Cut & paste starting from here ===
//   PID:M DATE # Tidemark 0.1.0 crashed by signal: 11, si_code: 2
//   ------ STACK TRACE ------
//   ------ REGISTERS ------
//   ------ INFO OUTPUT ------
//   ------ CURRENT CLIENT INFO ------
//   === REDIS BUG REPORT END ...
//
// Names and data of keys are left out: reports are sent around.

// What a report can tell about the server without asking it.
struct CrashFacts {
  // Lines of "name:value", as INFO has them.
  std::string info;
  const std::atomic<uint32_t>* clients = nullptr;
  const std::atomic<uint64_t>* peak_memory = nullptr;
  // Removed with the last line of the report; empty for none.
  std::string pid_file;
};

// Reports on fatal signals, broken invariants (ENSURE) and uncaught exceptions from now on.
// Handlers are the process's, so this is for main(), once.
void report_crashes();
// The facts live as long as the process, or until others replace them; null for none.
void tell_in_reports(const CrashFacts* facts);
// `crash-log-enabled`: fatal signals are reported, or end the process as they would without us.
void set_signal_reports(bool wanted);

// Ends the process with a report, like Redis's serverPanic().
[[noreturn]] void panic(const char* why);

// "PID:M DATE # ", as the log begins a line.
void add_line_head(SafeText& text);
void write_line(Bytes message);
// As it is; for what is no line of the log.
void write_raw(Bytes text);

}  // namespace tidemark::server::crash
