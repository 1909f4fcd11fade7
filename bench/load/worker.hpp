#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/base/clock.hpp"
#include "bench/base/endpoint.hpp"
#include "bench/base/histogram.hpp"
#include "bench/base/reply_counter.hpp"
#include "bench/load/request_source.hpp"

namespace tidemark::bench {

// How long and how fast a worker is to send.
struct PhaseLimits {
  uint64_t start_ns = 0;  // intervals are counted from here
  uint64_t duration_ns = 0;
  uint64_t requests = UINT64_MAX;
  uint64_t interval_ns = 1'000'000'000;
  double rate = 0;        // of this worker alone; 0: closed loop
  uint32_t pipeline = 1;  // a batch; open loop: the most that one connection has in flight
  uint64_t stall_ns = 0;
};

struct CommandResult {
  Histogram latency_ns;
  uint64_t nulls = 0;
  uint64_t errors = 0;
};

struct PhaseResult {
  std::vector<CommandResult> commands;
  std::vector<Histogram> intervals;  // all commands together, by the time of the reply
  uint64_t sent = 0;
  uint64_t never_sent = 0;  // open loop: due, but still waiting for a reply's place at the end
  std::string first_error;
};

// One thread's connections and the loop that keeps them busy, on epoll.
//
// Closed loop: every connection sends a batch of `pipeline` requests, waits for all the replies,
// and sends the next; latency counts from the batch's send to the read that brought the reply. Open
// loop: request k of the worker is due at start + k / rate, on connection k mod n, whatever the
// server does; latency counts from then, so that a stall shows in every request that it held up.
class Worker {
 public:
  struct Options {
    Endpoint endpoint;
    uint32_t connections = 1;
  };
  // Connects; throws BenchError.
  explicit Worker(const Options& options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs until the limits are reached and every reply is in. Throws BenchError where the server
  // closes a connection, speaks something else or falls silent. Adds replies to `progress` as they
  // come.
  PhaseResult run(RequestSource& source, const PhaseLimits& limits,
                  std::atomic<uint64_t>& progress);

 private:
  struct Pending {
    uint64_t since_ns;
    uint8_t command;
  };
  struct Connection {
    explicit Connection(Socket connected) : socket(std::move(connected)) {}
    Socket socket;
    ReplyCounter counter;
    std::vector<char> out;  // room for one full pipeline
    size_t out_begin = 0;
    size_t out_end = 0;
    bool awaits_writable = false;
    std::vector<Pending> pending;  // a ring of a power of two
    uint64_t sent = 0;
    uint64_t answered = 0;
    uint64_t due = 0;  // open loop
    uint64_t sent_at_start = 0;
    uint64_t in_flight() const { return sent - answered; }
  };
  class Phase;

  int epoll_;
  std::vector<Connection> connections_;
  std::vector<char> in_;
};

}  // namespace tidemark::bench
