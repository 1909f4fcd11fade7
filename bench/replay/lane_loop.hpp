#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "bench/base/endpoint.hpp"
#include "bench/workload/operation.hpp"
#include "protocol/reply_parser.hpp"

namespace tidemark::bench {

// One pipelined connection for each lane, on one thread. Replies are handed over in the order of
// the lane's requests, so that whoever applies them sees each user's history in its order.
class LaneLoop {
 public:
  struct Options {
    Endpoint endpoint;
    uint32_t lanes = 8;
    uint32_t depth = 32;        // requests in flight on one lane
    double stall_seconds = 60;  // without any reply: the run fails
  };
  // Connects; throws BenchError.
  explicit LaneLoop(const Options& options);
  ~LaneLoop();
  LaneLoop(const LaneLoop&) = delete;
  LaneLoop& operator=(const LaneLoop&) = delete;

  struct Hooks {
    // The next operation of a lane; false where there is none any more.
    std::function<bool(uint32_t lane, Operation& operation)> next;
    // The `since` of a getall_since about to be sent.
    std::function<int64_t(uint32_t user)> version_of;
    // A reply, with the time from sending to reading it.
    std::function<void(const Operation& operation, const protocol::DecodedReply& reply,
                       uint64_t latency_ns)>
        settle;
    // Asked after every wake-up: true leaves the loop at once, with requests in flight.
    std::function<bool()> abandon = [] { return false; };
  };
  // Returns when every lane has run dry and all replies are in, or where the hooks abandon it.
  // Throws BenchError where the server closes a connection or falls silent.
  void run(const Hooks& hooks);

  // After the server died: settles the replies that it had sent, then returns the operations that
  // were sent and never answered, in each lane's order. No run() afterwards.
  std::vector<Operation> drain_dead(const Hooks& hooks);

 private:
  struct InFlight {
    Operation operation;
    uint64_t sent_ns;
  };
  struct Lane {
    explicit Lane(Socket connected) : socket(std::move(connected)) {}
    Socket socket;
    std::deque<InFlight> in_flight;
    std::string out;
    size_t out_sent = 0;
    std::string in;
    protocol::ReplyCounter counter;
    bool dry = false;
    bool awaits_writable = false;
  };
  enum class Received : uint8_t { something, nothing, closed };

  void fill_pipeline(uint32_t index, const Hooks& hooks);
  void flush(uint32_t index);
  Received receive(Lane& lane, const Hooks& hooks);

  Options options_;
  int epoll_;
  std::vector<Lane> lanes_;
  std::vector<char> buffer_;
};

}  // namespace tidemark::bench
