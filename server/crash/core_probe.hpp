#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace tidemark::server::crash {

// What a signal handler may know of a core. Written by the core's thread with plain stores, read in
// the midst of anything.
class CoreProbe {
 public:
  // ---- The core's thread.
  // A callback of its loop.
  void begin() {
    begun_.store(begun_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    idle_.store(false, std::memory_order_relaxed);
  }
  // It waits: for events, or for other cores.
  void rest() { idle_.store(true, std::memory_order_relaxed); }
  void go_on() { idle_.store(false, std::memory_order_relaxed); }

  // ---- Anybody.
  uint32_t core() const { return core_.load(std::memory_order_relaxed); }
  pid_t thread() const { return thread_.load(std::memory_order_relaxed); }
  uint64_t begun() const { return begun_.load(std::memory_order_relaxed); }
  bool idle() const { return idle_.load(std::memory_order_relaxed); }
  // The name of the command that runs, ending with a zero; null for none.
  const char* command() const { return command_.load(std::memory_order_relaxed); }
  uint64_t client() const { return client_.load(std::memory_order_relaxed); }

 private:
  friend class CommandAtHand;
  friend class CoreThread;
  std::atomic<uint32_t> core_ = 0;
  std::atomic<pid_t> thread_ = 0;
  std::atomic<uint64_t> begun_ = 0;  // callbacks
  std::atomic<bool> idle_ = true;
  std::atomic<const char*> command_ = nullptr;
  std::atomic<uint64_t> client_ = 0;
};

// A command runs, from here to the end of the block; perhaps within another one.
class CommandAtHand {
 public:
  // The name lives as long as the probe.
  CommandAtHand(CoreProbe& probe, const char* name, uint64_t client)
      : probe_(probe),
        outer_(probe.command_.load(std::memory_order_relaxed)),
        outer_client_(probe.client_.load(std::memory_order_relaxed)) {
    set(name, client);
  }
  ~CommandAtHand() { set(outer_, outer_client_); }
  CommandAtHand(const CommandAtHand&) = delete;
  CommandAtHand& operator=(const CommandAtHand&) = delete;

 private:
  void set(const char* name, uint64_t client) {
    probe_.command_.store(name, std::memory_order_relaxed);
    probe_.client_.store(client, std::memory_order_relaxed);
  }
  CoreProbe& probe_;
  const char* const outer_;
  const uint64_t outer_client_;
};

// Makes a core's thread one that reports tell about, with a stack of its own for handlers, so that
// one which has used up its stack can say so. On that thread, for as long as it serves.
class CoreThread {
 public:
  CoreThread(CoreProbe& probe, uint32_t core);
  ~CoreThread();
  CoreThread(const CoreThread&) = delete;
  CoreThread& operator=(const CoreThread&) = delete;

 private:
  struct HandlerStack;
  CoreProbe& probe_;
  std::unique_ptr<HandlerStack> stack_;
};

// The probes of all cores there are, in the order of their start; null where there is none. Cores
// beyond these run without.
constexpr size_t kProbesMax = 1024;
using Probes = std::array<std::atomic<CoreProbe*>, kProbesMax>;
const Probes& probes();
// Of the calling thread; null for one that is no core's.
CoreProbe* probe_here();

}  // namespace tidemark::server::crash
