// The load generator against a server in the same process that answers as it is told.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "bench/load/options.hpp"
#include "bench/load/report.hpp"
#include "bench/load/run.hpp"

using namespace tidemark::bench;

namespace {

// Answers every `request_bytes` with `reply`, but withholds all replies until `held` requests of a
// connection are in.
class CannedServer {
 public:
  struct Options {
    size_t request_bytes;
    std::string reply = "+OK\r\n";
    uint64_t held = 0;
    uint64_t close_after = UINT64_MAX;  // requests
  };
  explicit CannedServer(const Options& options)
      : options_(options), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener_.fd(), generic, size) == 0);
    REQUIRE(listen(listener_.fd(), 16) == 0);
    REQUIRE(getsockname(listener_.fd(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~CannedServer() {
    stop_ = true;
    thread_.join();
  }
  uint16_t port() const { return port_; }
  uint64_t requests() const { return requests_; }

 private:
  struct Peer {
    Socket socket;
    size_t bytes = 0;
    uint64_t answered = 0;
  };

  void serve() {
    std::vector<Peer> peers;
    while (!stop_) {
      std::vector<pollfd> polled{{.fd = listener_.fd(), .events = POLLIN, .revents = 0}};
      for (const Peer& peer : peers) {
        polled.push_back({.fd = peer.socket.fd(), .events = POLLIN, .revents = 0});
      }
      if (poll(polled.data(), polled.size(), 10) <= 0) continue;
      for (size_t i = peers.size(); i > 0; --i) {
        if (polled[i].revents != 0) answer(peers[i - 1]);
      }
      if (polled[0].revents != 0) {
        peers.push_back({Socket(accept(listener_.fd(), nullptr, nullptr))});
      }
    }
  }

  void answer(Peer& peer) {
    char buffer[16 * 1024];
    const ssize_t got = recv(peer.socket.fd(), buffer, sizeof buffer, 0);
    if (got <= 0) return;
    peer.bytes += static_cast<size_t>(got);
    const uint64_t arrived = peer.bytes / options_.request_bytes;
    if (arrived >= options_.close_after) {
      shutdown(peer.socket.fd(), SHUT_RDWR);
      return;
    }
    if (arrived < options_.held) return;
    std::string replies;
    for (; peer.answered < arrived; ++peer.answered, ++requests_) replies += options_.reply;
    send(peer.socket.fd(), replies.data(), replies.size(), MSG_NOSIGNAL);
  }

  Options options_;
  Socket listener_;
  uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> requests_{0};
  std::thread thread_;
};

constexpr size_t kGetBytes = 36;  // GET and a key of 16 bytes

LoadPlan plan_for(const CannedServer& server) {
  LoadPlan plan;
  plan.endpoint.port = server.port();
  plan.commands = {{.line = "GET __key__"}};
  plan.fill_line = "GET __key__";
  plan.connections = 3;
  plan.keys = 100;
  plan.duration_seconds = 60;
  plan.requests = 1000;
  plan.progress = Progress::hidden;
  return plan;
}

}  // namespace

TEST_CASE("the closed loop sends as many requests as asked for, and sees every reply") {
  for (const uint32_t pipeline : {1U, 7U, 64U}) {
    for (const uint32_t threads : {1U, 2U}) {
      CAPTURE(pipeline);
      CannedServer server({.request_bytes = kGetBytes});
      LoadPlan plan = plan_for(server);
      plan.pipeline = pipeline;
      plan.threads = threads;
      const RunReport report = run_load(plan);
      CHECK(report.measurement.replies == 1000);
      CHECK(server.requests() == 1000);
      CHECK(report.measurement.commands.at(0).name == "GET");
      uint64_t in_series = 0;
      for (const Histogram& interval : report.measurement.intervals) in_series += interval.count();
      CHECK(in_series == 1000);
    }
  }
}

TEST_CASE(
    "the open loop counts latency from the intended start, however long replies are held back") {
  // The replies to the first 100 requests come when the last of them has arrived, 99 ms after the
  // first one was due at the earliest.
  CannedServer server({.request_bytes = kGetBytes, .held = 100});
  LoadPlan plan = plan_for(server);
  plan.connections = 1;
  plan.pipeline = kOpenLoopInFlight;
  plan.rate = 1000;
  plan.requests = 150;
  const PhaseReport report = run_load(plan).measurement;
  CHECK(report.replies == 150);
  CHECK(report.never_sent == 0);
  CHECK(report.latency_ns.max() >= 99'000'000);
  // So it was for half of them: the 50th waited for 50 more.
  CHECK(report.latency_ns.percentile(66) >= 40'000'000);
}

TEST_CASE("requests that waited for their turn until the end are reported") {
  CannedServer server({.request_bytes = kGetBytes, .held = 4});
  LoadPlan plan = plan_for(server);
  plan.connections = 1;
  plan.pipeline = 4;
  plan.rate = 1e7;
  plan.requests = 0;
  plan.duration_seconds = 0.05;
  const PhaseReport report = run_load(plan).measurement;
  CHECK(report.never_sent > 0);
  CHECK(report.never_sent + report.replies == 500'000);
}

TEST_CASE("nulls and errors are laid at their command's door") {
  CannedServer nulls({.request_bytes = kGetBytes, .reply = "$-1\r\n"});
  CHECK(run_load(plan_for(nulls)).measurement.commands.at(0).nulls == 1000);
  CannedServer errors({.request_bytes = kGetBytes, .reply = "-ERR no\r\n"});
  const PhaseReport report = run_load(plan_for(errors)).measurement;
  CHECK(report.commands.at(0).errors == 1000);
  CHECK(report.first_error == "ERR no");
}

TEST_CASE("a fill runs once over every key of every channel") {
  CannedServer server({.request_bytes = kGetBytes});
  LoadPlan plan = plan_for(server);
  plan.fill = FillMode::only;
  plan.channels = 3;
  CHECK(run_load(plan).fill.replies == 300);
  CHECK(server.requests() == 300);
}

TEST_CASE("a server that closes, or speaks something else, ends the run") {
  CannedServer closing({.request_bytes = kGetBytes, .close_after = 5});
  CHECK_THROWS_AS(run_load(plan_for(closing)), BenchError);
  CannedServer babbling({.request_bytes = kGetBytes, .reply = "HTTP/1.1 200\r\n"});
  CHECK_THROWS_AS(run_load(plan_for(babbling)), BenchError);
}

TEST_CASE("a server that falls silent ends the run") {
  CannedServer server({.request_bytes = kGetBytes, .held = 1'000'000});
  LoadPlan plan = plan_for(server);
  plan.stall_seconds = 0.1;
  CHECK_THROWS_AS(run_load(plan), BenchError);
}

TEST_CASE("targets that are not this machine are refused unless allowed") {
  LoadPlan plan;
  plan.endpoint.host = "192.0.2.1";
  plan.commands = {{.line = "PING"}};
  CHECK_THROWS_WITH_AS(
      run_load(plan), "192.0.2.1 is not this machine; --allow-remote if that is meant", BenchError);
}

TEST_CASE("options become a plan, and wrong ones are refused") {
  const auto parse = [](std::vector<std::string> words) {
    std::vector<char*> argv;
    words.insert(words.begin(), "tidemark-benchmark");
    for (std::string& word : words) argv.push_back(word.data());
    return parse_options(static_cast<int>(argv.size()), argv.data());
  };
  const auto plan = parse({"--scenario", "readstate-mixed", "-P", "16", "--keys", "10", "--ratio",
                           "5:4:3:2:1", "--format", "json"});
  REQUIRE(plan);
  CHECK(plan->pipeline == 16);
  CHECK(plan->channels == 50);
  CHECK(plan->commands.size() == 5);
  CHECK(plan->commands[4].weight == 1);
  CHECK(plan->format.key_prefix == "user:");
  CHECK(parse({"--rate", "100"})->pipeline == kOpenLoopInFlight);
  CHECK(parse({"-n", "5"})->duration_seconds == 600);
  const std::vector<std::vector<std::string>> wrong{{"--nonsense"},
                                                    {"-c"},
                                                    {"-c", "0"},
                                                    {"-P", "x"},
                                                    {"-d", "0"},
                                                    {"-d", "1e9"},
                                                    {"--ratio", "1"},
                                                    {"--ratio", "1:2:3"},
                                                    {"--ratio", "0:0"},
                                                    {"--resp", "4"},
                                                    {"--format", "xml"},
                                                    {"--distribution", "normal"},
                                                    {"--command", " ", "--ratio", "1:1"},
                                                    {"--scenario", "none"}};
  for (const auto& words : wrong) {
    CAPTURE(words.front());
    CHECK_THROWS_AS(parse(words), BenchError);
  }
}

TEST_CASE("reports say what was measured, in each format") {
  CannedServer server({.request_bytes = kGetBytes});
  LoadPlan plan = plan_for(server);
  const RunReport report = run_load(plan);
  CHECK(format_report(plan, report).starts_with("run: 1000 replies in "));
  plan.report = ReportFormat::csv;
  CHECK(format_report(plan, report).find("\nGET,1000,") != std::string::npos);
  plan.report = ReportFormat::json;
  const std::string json = format_report(plan, report);
  CHECK(json.starts_with("{\"connections\":3,"));
  CHECK(json.find("\"name\":\"GET\",\"replies\":1000,") != std::string::npos);
  CHECK(json.ends_with("]}}\n"));
  CHECK(format_series(report.measurement).starts_with("seconds,replies,p50_us"));
}
