#include "bench/load/worker.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tidemark::bench {

namespace {

constexpr size_t kReadBytes = 256 * 1024;
constexpr uint64_t kPollMaxNs = 100'000'000;
constexpr size_t kEventsMax = 256;

timespec to_timespec(uint64_t ns) {
  return {.tv_sec = static_cast<time_t>(ns / 1'000'000'000),
          .tv_nsec = static_cast<long>(ns % 1'000'000'000)};
}

}  // namespace

Worker::Worker(const Options& options) : epoll_(epoll_create1(EPOLL_CLOEXEC)), in_(kReadBytes) {
  if (epoll_ < 0) throw BenchError(std::string("epoll: ") + std::strerror(errno));
  connections_.reserve(options.connections);
  for (uint32_t i = 0; i < options.connections; ++i) {
    const Connection& connection = connections_.emplace_back(connect_to(options.endpoint));
    epoll_event event{.events = EPOLLIN, .data = {.u32 = i}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket.fd(), &event) != 0) {
      throw BenchError(std::string("epoll_ctl: ") + std::strerror(errno));
    }
  }
}

Worker::~Worker() { close(epoll_); }

// The state of one run(): what is still to send, and what came back.
class Worker::Phase {
 public:
  Phase(Worker& worker, RequestSource& source, const PhaseLimits& limits,
        std::atomic<uint64_t>& progress)
      : worker_(worker), source_(source), limits_(limits), progress_(progress) {
    result_.commands.resize(source.command_count());
    end_ns_ = limits.start_ns + limits.duration_ns;
    if (limits.rate > 0) ns_per_request_ = 1e9 / limits.rate;
    for (Connection& connection : worker_.connections_) {
      // No reply is outstanding between phases, so that the ring may change its size.
      connection.pending.resize(std::bit_ceil(limits.pipeline));
      connection.out.resize(limits.pipeline * source.bytes_max());
      connection.due = 0;
      connection.sent_at_start = connection.sent;
    }
  }

  PhaseResult run();

 private:
  bool open_loop() const { return ns_per_request_ > 0; }
  bool may_send() const {
    return !ended_ && result_.sent < limits_.requests && !source_.exhausted();
  }
  bool backlog() const;
  void make_due();
  void top_up(uint32_t index);
  void add_request(Connection& connection, uint64_t since_ns);
  void flush(uint32_t index);
  void await(uint32_t index, uint32_t events);
  void receive(uint32_t index);
  void record(Connection& connection, ReplyKind kind);
  uint64_t poll_timeout_ns() const;
  void check_progress();

  Worker& worker_;
  RequestSource& source_;
  const PhaseLimits& limits_;
  std::atomic<uint64_t>& progress_;
  PhaseResult result_;
  uint64_t end_ns_ = 0;
  double ns_per_request_ = 0;
  uint64_t scheduled_ = 0;         // open loop: how many requests have become due
  Histogram* interval_ = nullptr;  // that of now_
  uint64_t now_ = 0;
  uint64_t replies_ = 0;
  uint64_t last_reply_ns_ = 0;
  bool ended_ = false;
};

PhaseResult Worker::run(RequestSource& source, const PhaseLimits& limits,
                        std::atomic<uint64_t>& progress) {
  // Wake up when asked, not up to 50 microseconds later: the open loop's schedule depends on it.
  prctl(PR_SET_TIMERSLACK, 1);
  return Phase(*this, source, limits, progress).run();
}

PhaseResult Worker::Phase::run() {
  epoll_event events[kEventsMax];
  now_ = now_ns();
  last_reply_ns_ = now_;
  const auto count = static_cast<uint32_t>(worker_.connections_.size());
  if (!open_loop()) {
    for (uint32_t i = 0; i < count; ++i) top_up(i);
  }
  while (true) {
    if (open_loop()) make_due();
    if (!may_send() && replies_ == result_.sent) break;
    const timespec timeout = to_timespec(poll_timeout_ns());
    const int ready = epoll_pwait2(worker_.epoll_, events, kEventsMax, &timeout, nullptr);
    if (ready < 0 && errno != EINTR)
      throw BenchError(std::string("epoll: ") + std::strerror(errno));
    now_ = now_ns();
    if (now_ >= end_ns_) ended_ = true;
    for (int i = 0; i < ready; ++i) {
      const uint32_t index = events[i].data.u32;
      if ((events[i].events & EPOLLOUT) != 0) flush(index);
      if ((events[i].events & ~uint32_t{EPOLLOUT}) != 0) receive(index);
    }
    check_progress();
  }
  for (const Connection& connection : worker_.connections_) {
    if (!connection.counter.first_error().empty() && result_.first_error.empty()) {
      result_.first_error = connection.counter.first_error();
    }
  }
  result_.never_sent = open_loop() ? scheduled_ - result_.sent : 0;
  return std::move(result_);
}

bool Worker::Phase::backlog() const {
  return open_loop() && may_send() && scheduled_ > result_.sent;
}

// Open loop: requests whose time has come are sent, or wait their turn at their connection.
void Worker::Phase::make_due() {
  const uint64_t until = std::min(now_, end_ns_);
  if (until < limits_.start_ns) return;
  const double elapsed = static_cast<double>(until - limits_.start_ns);
  const auto due =
      std::min(limits_.requests, static_cast<uint64_t>(std::ceil(elapsed / ns_per_request_)));
  const auto count = static_cast<uint32_t>(worker_.connections_.size());
  const uint64_t first = scheduled_;
  while (scheduled_ < due) {
    ++worker_.connections_[scheduled_ % count].due;
    ++scheduled_;
  }
  const uint64_t touched = std::min<uint64_t>(scheduled_ - first, count);
  for (uint64_t i = 0; i < touched; ++i) top_up(static_cast<uint32_t>((first + i) % count));
}

// Sends what this connection may send now.
void Worker::Phase::top_up(uint32_t index) {
  Connection& connection = worker_.connections_[index];
  if (connection.out_begin != connection.out_end) return;  // the socket is full
  if (open_loop()) {
    const auto count = static_cast<double>(worker_.connections_.size());
    while (connection.in_flight() < limits_.pipeline && may_send()) {
      const uint64_t nth = connection.sent - connection.sent_at_start;
      if (nth >= connection.due) break;
      const double k = static_cast<double>(nth) * count + static_cast<double>(index);
      add_request(connection, limits_.start_ns + static_cast<uint64_t>(k * ns_per_request_));
    }
  } else {
    if (connection.in_flight() != 0) return;
    const uint64_t since = now_ns();
    while (connection.in_flight() < limits_.pipeline && may_send()) add_request(connection, since);
  }
  if (connection.out_end != 0) flush(index);
}

void Worker::Phase::add_request(Connection& connection, uint64_t since_ns) {
  const auto written = source_.write_next(connection.out.data() + connection.out_end);
  connection.out_end += written.bytes;
  connection.pending[connection.sent & (connection.pending.size() - 1)] = {since_ns,
                                                                           written.command};
  ++connection.sent;
  ++result_.sent;
}

void Worker::Phase::flush(uint32_t index) {
  Connection& connection = worker_.connections_[index];
  while (connection.out_begin != connection.out_end) {
    const ssize_t put = send(connection.socket.fd(), connection.out.data() + connection.out_begin,
                             connection.out_end - connection.out_begin, MSG_NOSIGNAL);
    if (put < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) throw BenchError(std::string("send: ") + std::strerror(errno));
      if (!connection.awaits_writable) await(index, EPOLLIN | EPOLLOUT);
      connection.awaits_writable = true;
      return;
    }
    connection.out_begin += static_cast<size_t>(put);
  }
  connection.out_begin = 0;
  connection.out_end = 0;
  if (!connection.awaits_writable) return;
  connection.awaits_writable = false;
  await(index, EPOLLIN);
  if (open_loop()) top_up(index);
}

void Worker::Phase::await(uint32_t index, uint32_t events) {
  epoll_event event{.events = events, .data = {.u32 = index}};
  epoll_ctl(worker_.epoll_, EPOLL_CTL_MOD, worker_.connections_[index].socket.fd(), &event);
}

void Worker::Phase::receive(uint32_t index) {
  Connection& connection = worker_.connections_[index];
  const ssize_t got = recv(connection.socket.fd(), worker_.in_.data(), worker_.in_.size(), 0);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    throw BenchError(std::string("recv: ") + std::strerror(errno));
  }
  if (got == 0) throw BenchError("the server closed a connection");
  now_ = now_ns();
  last_reply_ns_ = now_;
  const Bytes bytes(worker_.in_.data(), static_cast<size_t>(got));
  const uint64_t interval = (now_ - std::min(now_, limits_.start_ns)) / limits_.interval_ns;
  if (interval >= result_.intervals.size()) result_.intervals.resize(interval + 1);
  interval_ = &result_.intervals[interval];
  const uint64_t before = replies_;
  if (!connection.counter.feed(bytes, [&](ReplyKind kind) { record(connection, kind); })) {
    throw BenchError("a reply is not RESP");
  }
  progress_.fetch_add(replies_ - before, std::memory_order_relaxed);
  top_up(index);
}

void Worker::Phase::record(Connection& connection, ReplyKind kind) {
  if (connection.in_flight() == 0) throw BenchError("more replies than requests");
  const Pending& pending =
      connection.pending[connection.answered & (connection.pending.size() - 1)];
  ++connection.answered;
  ++replies_;
  const uint64_t latency = now_ > pending.since_ns ? now_ - pending.since_ns : 0;
  CommandResult& command = result_.commands[pending.command];
  command.latency_ns.record(latency);
  command.nulls += kind == ReplyKind::null ? 1 : 0;
  command.errors += kind == ReplyKind::error ? 1 : 0;
  interval_->record(latency);
}

uint64_t Worker::Phase::poll_timeout_ns() const {
  if (!open_loop() || ended_ || scheduled_ >= limits_.requests) return kPollMaxNs;
  const double next = static_cast<double>(scheduled_) * ns_per_request_;
  const uint64_t at = limits_.start_ns + static_cast<uint64_t>(next);
  const uint64_t now = now_ns();
  return at <= now ? 0 : std::min(at - now, kPollMaxNs);
}

void Worker::Phase::check_progress() {
  if (replies_ == result_.sent && !backlog()) {
    last_reply_ns_ = now_;
    return;
  }
  if (now_ > last_reply_ns_ + limits_.stall_ns) {
    throw BenchError("no reply for " + std::to_string(limits_.stall_ns / 1'000'000'000) +
                     " seconds; " + std::to_string(result_.sent - replies_) + " requests wait");
  }
}

}  // namespace tidemark::bench
