#include "bench/replay/lane_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/base/clock.hpp"

namespace tidemark::bench {

namespace {

constexpr size_t kReadBytes = 256 * 1024;
constexpr int kPollMs = 100;
constexpr int kEventsMax = 64;

}  // namespace

LaneLoop::LaneLoop(const Options& options)
    : options_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBytes) {
  lanes_.reserve(options.lanes);
  for (uint32_t i = 0; i < options.lanes; ++i) {
    const Lane& lane = lanes_.emplace_back(connect_to(options.endpoint));
    epoll_event event{.events = EPOLLIN, .data = {.u32 = i}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, lane.socket.fd(), &event) != 0) {
      throw BenchError(std::string("epoll_ctl: ") + std::strerror(errno));
    }
  }
}

LaneLoop::~LaneLoop() { close(epoll_); }

void LaneLoop::run(const Hooks& hooks) {
  for (uint32_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i].dry = false;
    fill_pipeline(i, hooks);
  }
  const auto stall_ns = static_cast<uint64_t>(options_.stall_seconds * 1e9);
  uint64_t last_reply_ns = now_ns();
  epoll_event events[kEventsMax];
  while (true) {
    if (hooks.abandon()) return;
    if (std::all_of(lanes_.begin(), lanes_.end(),
                    [](const Lane& lane) { return lane.dry && lane.in_flight.empty(); })) {
      return;
    }
    const int ready = epoll_wait(epoll_, events, kEventsMax, kPollMs);
    for (int i = 0; i < ready; ++i) {
      const uint32_t index = events[i].data.u32;
      if ((events[i].events & EPOLLOUT) != 0) flush(index);
      if ((events[i].events & ~uint32_t{EPOLLOUT}) == 0) continue;
      const Received received = receive(lanes_[index], hooks);
      if (received == Received::closed) throw BenchError("the server closed a connection");
      if (received == Received::something) last_reply_ns = now_ns();
      fill_pipeline(index, hooks);
    }
    if (now_ns() > last_reply_ns + stall_ns) throw BenchError("the server has fallen silent");
  }
}

void LaneLoop::fill_pipeline(uint32_t index, const Hooks& hooks) {
  Lane& lane = lanes_[index];
  // Half a pipeline at a time: one send for many requests.
  if (lane.dry || lane.in_flight.size() > options_.depth / 2) return;
  const uint64_t now = now_ns();
  while (lane.in_flight.size() < options_.depth) {
    Operation operation;
    if (!hooks.next(index, operation)) {
      lane.dry = true;
      break;
    }
    const int64_t since =
        operation.kind == OperationKind::getall_since ? hooks.version_of(operation.user) : 0;
    append_operation(lane.out, operation, since);
    lane.in_flight.push_back({std::move(operation), now});
  }
  flush(index);
}

void LaneLoop::flush(uint32_t index) {
  Lane& lane = lanes_[index];
  bool full = false;
  while (lane.out_sent != lane.out.size() && !full) {
    const ssize_t put = send(lane.socket.fd(), lane.out.data() + lane.out_sent,
                             lane.out.size() - lane.out_sent, MSG_NOSIGNAL);
    if (put >= 0) {
      lane.out_sent += static_cast<size_t>(put);
    } else if (errno == EAGAIN) {
      full = true;
    } else if (errno != EINTR) {
      throw BenchError(std::string("send: ") + std::strerror(errno));
    }
  }
  if (!full) {
    lane.out.clear();
    lane.out_sent = 0;
  }
  if (full == lane.awaits_writable) return;
  lane.awaits_writable = full;
  epoll_event event{.events = full ? uint32_t{EPOLLIN | EPOLLOUT} : uint32_t{EPOLLIN},
                    .data = {.u32 = index}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, lane.socket.fd(), &event);
}

LaneLoop::Received LaneLoop::receive(Lane& lane, const Hooks& hooks) {
  const ssize_t got = recv(lane.socket.fd(), buffer_.data(), buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Received::nothing;
  if (got <= 0) return Received::closed;
  const Bytes bytes(buffer_.data(), static_cast<size_t>(got));
  lane.in.append(bytes);
  // The counter says how many replies are complete, so that a long one is decoded once and not anew
  // after every read.
  const size_t complete = lane.counter.feed(bytes);
  if (lane.counter.broken()) throw BenchError("a reply is not RESP");
  Bytes rest(lane.in);
  const uint64_t now = now_ns();
  for (size_t i = 0; i < complete; ++i) {
    protocol::DecodedReply reply;
    if (decode_reply(rest, reply) != protocol::DecodeStatus::complete) {
      throw BenchError("a reply cannot be decoded");
    }
    if (lane.in_flight.empty()) throw BenchError("more replies than requests");
    const InFlight answered = std::move(lane.in_flight.front());
    lane.in_flight.pop_front();
    hooks.settle(answered.operation, reply, now - answered.sent_ns);
  }
  lane.in.erase(0, lane.in.size() - rest.size());
  return Received::something;
}

std::vector<Operation> LaneLoop::drain_dead(const Hooks& hooks) {
  std::vector<Operation> unanswered;
  for (Lane& lane : lanes_) {
    // The peer is gone: what the kernel still holds comes first, then the end of the stream.
    fcntl(lane.socket.fd(), F_SETFL, 0);
    while (receive(lane, hooks) != Received::closed) {
    }
    for (InFlight& waiting : lane.in_flight) unanswered.push_back(std::move(waiting.operation));
    lane.in_flight.clear();
  }
  return unanswered;
}

}  // namespace tidemark::bench
