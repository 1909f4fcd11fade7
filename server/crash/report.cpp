#include "server/crash/report.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <exception>
#include <new>

#include "server/config/version.hpp"
#include "server/crash/core_probe.hpp"
#include "server/crash/registers.hpp"
#include "server/crash/stack_trace.hpp"
#include "server/log/log.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server::crash {

namespace {

constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

std::atomic<const CrashFacts*> known_facts = nullptr;
int64_t started_ms = 0;
long utc_offset_s = 0;
// The thread that writes the report, of which there is one.
std::atomic<pid_t> reporting = 0;

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void section(Bytes name) {
  SafeText text;
  write_raw(text.add("\n------ ").add(name).add(" ------\n").view());
}

// ---- Its parts.

// Makes the calling thread the one that reports. Another one that crashes, too, waits for its end.
void begin_report() {
  pid_t nobody = 0;
  if (!reporting.compare_exchange_strong(nobody, gettid())) {
    if (nobody != gettid()) {
      for (;;) pause();
    }
    write_raw("\nCrashed while this was written: the rest of the report is missing.\n");
    _exit(1);
  }
  write_raw("\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n");
}

void write_info() {
  section("INFO OUTPUT");
  SafeText text;
  text.add("uptime_in_seconds:").number((now_ms() - started_ms) / 1000).add('\n');
  if (const CrashFacts* const facts = known_facts.load()) {
    write_raw(facts->info);
    text.add("connected_clients:").number(facts->clients->load());
    text.add("\nused_memory_peak:").number(facts->peak_memory->load()).add('\n');
  }
  write_raw(text.view());
  for (const auto& place : probes()) {
    const CoreProbe* const probe = place.load(std::memory_order_relaxed);
    if (probe == nullptr) continue;
    const char* const command = probe->command();
    text.clear();
    text.add("core").number(probe->core()).add(":thread=").number(probe->thread());
    text.add(",state=").add(probe->idle() ? "idle" : "busy").add(",callbacks=");
    text.number(probe->begun()).add(",cmd=").add(command == nullptr ? Bytes("none") : command);
    write_raw(text.add('\n').view());
  }
}

void write_client() {
  const CoreProbe* const probe = probe_here();
  if (probe == nullptr || probe->command() == nullptr) return;
  section("CURRENT CLIENT INFO");
  SafeText text;
  text.add("id=").number(probe->client()).add(" cmd=").add(probe->command());
  write_raw(text.add(" core=").number(probe->core()).add('\n').view());
}

// Ends the process by the signal, as if nobody had handled it.
[[noreturn]] void die(int signal) {
  ::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  raise(signal);
  _exit(1);
}

[[noreturn]] void end_report(int signal) {
  write_info();
  write_client();
  write_raw(
      "\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n\n"
      "       This is Tidemark, not Redis: please tell the project of it, with all of the above\n"
      "       and, where there is one, what gdb's `thread apply all bt` says of the core file.\n");
  const CrashFacts* const facts = known_facts.load();
  if (facts != nullptr && !facts->pid_file.empty()) unlink(facts->pid_file.c_str());
  die(signal);
}

void write_stack(const ucontext_t* interrupted) {
  section("STACK TRACE");
  SafeText text;
  if (interrupted != nullptr && instruction_of(*interrupted) != nullptr) {
    text.add("EIP:\n");
    describe_address(instruction_of(*interrupted), text);
    text.add("\n\n");
  }
  write_raw(text.add("Backtrace:\n").view());
  write_stack_here(write_raw);
}

// ---- Why.

void write_reason(int signal, const siginfo_t& info, const ucontext_t& context) {
  SafeText text;
  text.add("Tidemark ").add(kTidemarkVersion).add(" crashed by signal: ").number(signal);
  write_line(text.add(", si_code: ").number(info.si_code).view());
  text.clear();
  if (signal == SIGSEGV || signal == SIGBUS) {
    write_line(
        text.add("Accessing address: 0x").hex(reinterpret_cast<uintptr_t>(info.si_addr)).view());
    text.clear();
  }
  if (info.si_code <= SI_USER && info.si_pid != getpid()) {
    text.add("Killed by PID: ").number(info.si_pid).add(", UID: ").number(info.si_uid);
    write_line(text.view());
    text.clear();
  }
  if (const void* const at = instruction_of(context)) {
    text.add("Crashed running the instruction at: 0x").hex(reinterpret_cast<uintptr_t>(at));
    write_line(text.view());
  }
}

void on_fatal_signal(int signal, siginfo_t* info, void* context) {
  const auto* const interrupted = static_cast<const ucontext_t*>(context);
  begin_report();
  write_reason(signal, *info, *interrupted);
  write_stack(interrupted);
  section("REGISTERS");
  SafeText text;
  describe_registers(*interrupted, text);
  write_line(text.add('\n').view());
  end_report(signal);
}

void on_broken_invariant(const char* condition, const char* file, int line) {
  begin_report();
  write_line("=== ASSERTION FAILED ===");
  SafeText text;
  text.add("==> ").add(file).add(':').number(line).add(" '").add(condition);
  write_line(text.add("' is not true").view());
  write_stack(nullptr);
  end_report(SIGABRT);
}

[[noreturn]] void on_uncaught() {
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    panic("Out Of Memory: the system refuses what the server asks for");
  } catch (const std::exception& error) {
    panic(error.what());
  } catch (...) {
  }
  panic("std::terminate was called");
}

}  // namespace

void write_raw(Bytes text) {
  while (!text.empty()) {
    const ssize_t written = ::write(log::descriptor(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void add_line_head(SafeText& text) {
  using std::chrono::milliseconds;
  static constexpr Bytes kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // As the C library has it, which must not be asked here: the offset is the one at the start.
  const std::chrono::sys_time<milliseconds> now(milliseconds(now_ms() + utc_offset_s * 1000));
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<milliseconds> time(now - day);
  text.number(getpid()).add(':').add(log::role()).add(' ');
  text.padded(static_cast<unsigned>(date.day()), 2).add(' ');
  text.add(kMonths[static_cast<unsigned>(date.month()) - 1]).add(' ');
  text.number(static_cast<int>(date.year())).add(' ');
  text.padded(static_cast<uint64_t>(time.hours().count()), 2).add(':');
  text.padded(static_cast<uint64_t>(time.minutes().count()), 2).add(':');
  text.padded(static_cast<uint64_t>(time.seconds().count()), 2).add('.');
  text.padded(static_cast<uint64_t>(time.subseconds().count()), 3).add(" # ");
}

void write_line(Bytes message) {
  SafeText text;
  add_line_head(text);
  write_raw(text.add(message).add('\n').view());
}

void tell_in_reports(const CrashFacts* facts) { known_facts = facts; }

void report_crashes() {
  started_ms = now_ms();
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  utc_offset_s = localtime_r(&now, &local) == nullptr ? 0 : local.tm_gmtoff;
  prepare_stack_traces();
  set_ensure_report(on_broken_invariant);
  std::set_terminate(on_uncaught);
}

void set_signal_reports(bool wanted) {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  if (wanted) {
    action.sa_sigaction = on_fatal_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  } else {
    action.sa_handler = SIG_DFL;
  }
  for (const int signal : kFatal) sigaction(signal, &action, nullptr);
}

void panic(const char* why) {
  begin_report();
  write_line("------------------------------------------------");
  write_line("!!! Software Failure. Press left mouse button to continue");
  SafeText text;
  write_line(text.add("Guru Meditation: ").add(why).view());
  write_stack(nullptr);
  end_report(SIGABRT);
}

}  // namespace tidemark::server::crash
