#include "server/crash/watchdog.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <ctime>

#include "server/crash/core_probe.hpp"
#include "server/crash/registers.hpp"
#include "server/crash/report.hpp"
#include "server/crash/stack_trace.hpp"

namespace tidemark::server::crash {

namespace {

// What the last looks saw of a core; by the place of its probe.
struct Seen {
  uint64_t begun = 0;
  uint32_t times = 0;  // looks that saw the same callback, after the first
  std::atomic<bool> wanted = false;
};

std::array<Seen, kProbesMax> seen;
std::atomic_flag looking;

// "config|set" runs in a function that Redis calls configSetCommand: the word to search a log for.
void add_function_name(const char* command, SafeText& text) {
  bool upper = false;
  for (; *command != '\0'; ++command) {
    const char c = *command;
    if (c == '|' || c == '-' || c == '.') {
      upper = true;
    } else {
      text.add(upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
      upper = false;
    }
  }
  text.add("Command");
}

void add_head(SafeText& text) {
  text.number(getpid()).add(":signal-handler (").number(time(nullptr)).add(") ");
}

void tell(const CoreProbe& probe, const ucontext_t& interrupted) {
  SafeText text;
  add_head(text);
  text.add("\n--- WATCHDOG TIMER EXPIRED ---\nCore ").number(probe.core());
  if (const char* const command = probe.command()) {
    text.add(" is in ");
    add_function_name(command, text);
    text.add(", for client ").number(probe.client());
  } else {
    text.add(" runs no command");
  }
  text.add("\n\n------ STACK TRACE ------\nEIP:\n");
  describe_address(instruction_of(interrupted), text);
  write_raw(text.add("\n\nBacktrace:\n").view());
  write_stack_here(write_raw);
  text.clear();
  add_head(text);
  write_raw(text.add("--------\n").view());
}

void look() {
  if (looking.test_and_set()) return;
  for (size_t i = 0; i < kProbesMax; ++i) {
    const CoreProbe* const probe = probes()[i].load(std::memory_order_relaxed);
    if (probe == nullptr) continue;
    Seen& before = seen[i];
    if (probe->idle() || probe->begun() != before.begun) {
      before.begun = probe->begun();
      before.times = 0;
    } else if (std::has_single_bit(++before.times)) {
      before.wanted = true;
      syscall(SYS_tgkill, getpid(), probe->thread(), SIGALRM);
    }
  }
  looking.clear();
}

void on_alarm(int, siginfo_t*, void* context) {
  const int error = errno;
  bool told = false;
  for (size_t i = 0; i < kProbesMax && !told; ++i) {
    const CoreProbe* const probe = probes()[i].load(std::memory_order_relaxed);
    if (probe == nullptr || probe->thread() != gettid()) continue;
    told = seen[i].wanted.exchange(false);
    if (told) tell(*probe, *static_cast<const ucontext_t*>(context));
  }
  if (!told) look();
  errno = error;
}

}  // namespace

void set_watchdog(int64_t period_ms) {
  itimerval timer{};
  if (period_ms > 0) {
    prepare_stack_traces();
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = on_alarm;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigaction(SIGALRM, &action, nullptr);
    timer.it_interval.tv_sec = period_ms / 1000;
    timer.it_interval.tv_usec = period_ms % 1000 * 1000;
    timer.it_value = timer.it_interval;
  }
  setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace tidemark::server::crash
